package api

import (
	"context"
	"encoding/csv"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// ErrorLedger is the record of errors by what they have in common.
type ErrorLedger interface {
	ErrorGroups(ctx context.Context, f job.ErrorFilter) ([]job.ErrorGroup, error)
	// ErrorGroup and GroupErrors take the name of a client, or none for all.
	ErrorGroup(ctx context.Context, fingerprint, client string) (job.ErrorGroup, error)
	// GroupErrors returns errors newest first, from behind the cursor before.
	GroupErrors(ctx context.Context, fingerprint, client, before string, limit int) ([]job.GroupedError, error)
}

// errorGroups serves GET /api/v1/errors: last seen first.
func (a *API) errorGroups(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	f := job.ErrorFilter{
		Task: q.text("task"), Client: q.text("client"), Text: q.text("q"),
		From: q.time("from"), To: q.time("to"), Before: q.text("before"), Limit: q.limit(),
	}
	if q.err != nil {
		return q.err
	}
	groups, err := a.Ledger.ErrorGroups(r.Context(), f)
	if err != nil {
		return err
	}
	list := client.ErrorGroupList{Groups: orEmpty(groups)}
	if len(groups) == f.Limit {
		list.Next = groups[len(groups)-1].Cursor()
	}
	return reply(w, http.StatusOK, list)
}

// errorGroup serves GET /api/v1/errors/{fingerprint}: the group with a page of
// its errors, or all of them as a file for a spreadsheet.
func (a *API) errorGroup(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	of, before, limit, format := q.text("client"), q.text("before"), q.limit(), q.text("format")
	if format != "" && format != "json" && format != "csv" {
		q.refuse("format", "must be json or csv, not %q", format)
	}
	if q.err != nil {
		return q.err
	}
	group, err := a.Ledger.ErrorGroup(r.Context(), r.PathValue("fingerprint"), of)
	if err != nil {
		return err
	}
	if format == "csv" {
		return a.groupFile(w, r, group, of)
	}
	list, err := a.Ledger.GroupErrors(r.Context(), group.Fingerprint, of, before, limit)
	if err != nil {
		return err
	}
	page := client.ErrorGroupPage{Group: group, Errors: orEmpty(list)}
	if len(list) == limit {
		page.Next = list[len(list)-1].Cursor()
	}
	return reply(w, http.StatusOK, page)
}

// groupFile sends all errors of a group that were kept, newest first. What goes
// wrong after the first row cuts the connection: half a file must not look
// whole.
func (a *API) groupFile(w http.ResponseWriter, r *http.Request, g job.ErrorGroup, of string) error {
	list, err := a.Ledger.GroupErrors(r.Context(), g.Fingerprint, of, "", maxLimit)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="errors-`+fileName(g.Fingerprint)+`.csv"`)
	file := csv.NewWriter(w)
	_ = file.Write([]string{"job", "client", "number", "attempt", "record", "code", "message", "at"})
	for len(list) > 0 {
		_ = goOn(w) // a reader who has gone is told nothing
		for _, e := range list {
			_ = file.Write(append([]string{inert(e.JobID), inert(e.Client)}, errorRow(e.RecordError)...))
		}
		if list, err = a.Ledger.GroupErrors(r.Context(), g.Fingerprint, of, list[len(list)-1].Cursor(), maxLimit); err != nil {
			a.Log.ErrorContext(r.Context(), "download of errors broken off", "fingerprint", g.Fingerprint, "err", err)
			panic(http.ErrAbortHandler)
		}
	}
	file.Flush()
	return nil
}
