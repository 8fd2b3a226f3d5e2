package api

import (
	"context"
	"encoding/csv"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// InboxLedger is the record of what an SIS sent, and of what became of it.
type InboxLedger interface {
	SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error)
	SISMessageCounts(ctx context.Context, name string) ([]sync.MessageCount, error)
	SISMessage(ctx context.Context, name, id string) (sync.MessageDetail, error)

	SISSections(ctx context.Context, f sync.SectionFilter) ([]sync.Section, error)
	SISSectionCounts(ctx context.Context, name, term string) (map[sync.SectionState]int64, error)
	SISSection(ctx context.Context, name, key string) (sync.Section, error)
	SISRegistered(ctx context.Context, name, section, after string, limit int) ([]sync.Registered, error)

	SISTerms(ctx context.Context, name string) ([]sync.Term, error)
	SISRekeys(ctx context.Context, name string) ([]sync.Rekey, error)

	// SISWhy finds the person also by part of a username, if that is wanted.
	SISWhy(ctx context.Context, name, person, section string, usernames bool) (sync.Facts, error)
}

// messages serves GET /api/v1/syncs/{name}/messages: newest first.
func (a *API) messages(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	q := queryOf(r)
	f, err := messageFilter(s.Name, q)
	if err != nil {
		return err
	}
	switch format := q.text("format"); format {
	case "":
	case "csv":
		return a.messagesFile(w, r, f)
	default:
		return fault.New(fault.Invalid, "Parameter format must be csv, not %q.", format).In("format")
	}
	found, err := a.Ledger.SISMessages(r.Context(), f)
	if err != nil {
		return err
	}
	counts, err := a.Ledger.SISMessageCounts(r.Context(), s.Name)
	if err != nil {
		return err
	}
	list := client.MessageList{Messages: orEmpty(found), Counts: orEmpty(counts)}
	if len(found) == f.Limit {
		list.Next = found[len(found)-1].ID
	}
	return reply(w, http.StatusOK, list)
}

func messageFilter(name string, q *query) (sync.MessageFilter, error) {
	f := sync.MessageFilter{
		Sync:    name,
		Stream:  oneOf(q, "stream", sis.Streams),
		State:   oneOf(q, "state", sync.MessageStates),
		Code:    q.text("code"),
		Text:    q.text("q"),
		Run:     q.text("run"),
		Term:    q.text("term"),
		Section: q.text("section"),
		Person:  q.text("person"),
		Before:  q.text("before"),
		Limit:   q.limit(),
	}
	return f, q.err
}

// messagesFile sends all messages that f chooses, newest first, without their
// records. What goes wrong after the first row cuts the connection: half a file
// must not look whole.
func (a *API) messagesFile(w http.ResponseWriter, r *http.Request, f sync.MessageFilter) error {
	f.Limit = maxLimit
	found, err := a.Ledger.SISMessages(r.Context(), f)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="messages.csv"`)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	file := csv.NewWriter(w)
	_ = file.Write([]string{"id", "received", "stream", "key", "says", "where", "state", "code", "reason", "changed", "run"})
	for {
		if err := goOn(w); err != nil {
			return err
		}
		for _, m := range found {
			if err := file.Write(messageRow(m)); err != nil {
				return nil // the caller has gone
			}
		}
		if file.Flush(); len(found) < f.Limit {
			return file.Error()
		}
		f.Before = found[len(found)-1].ID
		if found, err = a.Ledger.SISMessages(r.Context(), f); err != nil {
			a.Log.WarnContext(r.Context(), "download of messages broken off", "err", err)
			panic(http.ErrAbortHandler)
		}
	}
}

func messageRow(m sync.Message) []string {
	row := []string{
		m.ID, fileTime(&m.Received), string(m.Stream), m.Key, string(m.Op), m.Where,
		string(m.State), m.Code, m.Reason, fileTime(&m.Changed), m.Run,
	}
	for i := range row {
		row[i] = inert(row[i])
	}
	return row
}

// message serves GET /api/v1/syncs/{name}/messages/{id}.
func (a *API) message(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	d, err := a.Ledger.SISMessage(r.Context(), s.Name, r.PathValue("id"))
	if err != nil {
		return err
	}
	d.Fields, d.History = orEmpty(d.Fields), orEmpty(d.History)
	return reply(w, http.StatusOK, d)
}

// why serves GET /api/v1/syncs/{name}/why.
func (a *API) why(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	q := queryOf(r)
	person, section := q.text("person"), q.text("section")
	if q.err != nil {
		return q.err
	}
	answer, err := a.Why(r.Context(), s.Name, person, section)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, answer)
}

// Why answers why a person is, or is not, in the course of a section. Both are
// keys of the SIS, or what people know instead: part of a username, a class code.
func (a *API) Why(ctx context.Context, name, person, section string) (sync.Answer, error) {
	if err := required("person", person, "section", section); err != nil {
		return sync.Answer{}, err
	}
	facts, err := a.Ledger.SISWhy(ctx, name, person, section, true)
	if err != nil {
		return sync.Answer{}, err
	}
	for _, s := range a.Syncs {
		if s.Name == name {
			return sync.Explain(s, facts, a.Now()), nil
		}
	}
	return sync.Answer{}, fault.New(fault.NotFound, "There is no sync %s.", name)
}
