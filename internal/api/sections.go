package api

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// sections serves GET /api/v1/syncs/{name}/sections: by title.
func (a *API) sections(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	q := queryOf(r)
	f := sync.SectionFilter{
		Sync: s.Name, State: oneOf(q, "state", sync.SectionStates), Term: q.text("term"), Text: q.text("q"), After: q.text("after"), Limit: q.limit(),
	}
	if q.err != nil {
		return q.err
	}
	found, err := a.Ledger.SISSections(r.Context(), f)
	if err != nil {
		return err
	}
	counts, err := a.Ledger.SISSectionCounts(r.Context(), s.Name, f.Term)
	if err != nil {
		return err
	}
	list := client.SectionList{Sections: orEmpty(found), Counts: counts}
	if len(found) == f.Limit {
		list.Next = found[len(found)-1].Key
	}
	return reply(w, http.StatusOK, list)
}

// section serves GET /api/v1/syncs/{name}/sections/{section}: with its
// registrations by person, and what the SIS said of it, newest first.
func (a *API) section(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	q := queryOf(r)
	after, limit := q.text("after"), q.limit()
	if q.err != nil {
		return q.err
	}
	section, err := a.Ledger.SISSection(r.Context(), s.Name, r.PathValue("section"))
	if err != nil {
		return err
	}
	registered, err := a.Ledger.SISRegistered(r.Context(), s.Name, section.Key, after, limit)
	if err != nil {
		return err
	}
	history, err := a.Ledger.SISMessages(r.Context(), sync.MessageFilter{Sync: s.Name, Stream: "sections", Record: section.Key, Limit: defaultLimit})
	if err != nil {
		return err
	}
	page := client.SectionPage{Section: section, Registrations: orEmpty(registered), Messages: orEmpty(history)}
	if len(registered) == limit {
		page.Next = sync.RegistrationKey(registered[limit-1].Registration)
	}
	return reply(w, http.StatusOK, page)
}

// terms serves GET /api/v1/syncs/{name}/terms.
func (a *API) terms(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	terms, err := a.Ledger.SISTerms(r.Context(), s.Name)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.TermList{Terms: orEmpty(terms)})
}

// rekeys serves GET /api/v1/syncs/{name}/rekeys.
func (a *API) rekeys(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	all, err := a.Ledger.SISRekeys(r.Context(), s.Name)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.RekeyList{Rekeys: orEmpty(all)})
}

// link serves POST /api/v1/syncs/{name}/link.
func (a *API) link(w http.ResponseWriter, r *http.Request) error {
	var ask client.LinkSection
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if err := required("section", ask.Section, "course", ask.Course); err != nil {
		return err
	}
	return a.startForSync(w, r, sync.LinkTask, func(s sync.Sync) any {
		return struct {
			Sync string `json:"sync"`
			client.LinkSection
		}{s.Name, ask}
	})
}

// unlink serves POST /api/v1/syncs/{name}/unlink.
func (a *API) unlink(w http.ResponseWriter, r *http.Request) error {
	var ask client.UnlinkSection
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if err := required("section", ask.Section); err != nil {
		return err
	}
	return a.startForSync(w, r, sync.UnlinkTask, func(s sync.Sync) any {
		return struct {
			Sync string `json:"sync"`
			client.UnlinkSection
		}{s.Name, ask}
	})
}

// chooseTerm serves POST /api/v1/syncs/{name}/term.
func (a *API) chooseTerm(w http.ResponseWriter, r *http.Request) error {
	var ask client.ChooseTerm
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if err := required("term", ask.Term); err != nil {
		return err
	}
	return a.startForSync(w, r, sync.TermTask, func(s sync.Sync) any {
		return struct {
			Sync string `json:"sync"`
			client.ChooseTerm
		}{s.Name, ask}
	})
}

// rekey serves POST /api/v1/syncs/{name}/rekey.
func (a *API) rekey(w http.ResponseWriter, r *http.Request) error {
	var ask client.JudgeRekeys
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if err := required("stream", string(ask.Stream)); err != nil {
		return err
	}
	return a.startForSync(w, r, sync.RekeyTask, func(s sync.Sync) any {
		return struct {
			Sync string `json:"sync"`
			client.JudgeRekeys
		}{s.Name, ask}
	})
}

// skip serves POST /api/v1/syncs/{name}/skip.
func (a *API) skip(w http.ResponseWriter, r *http.Request) error {
	var ask client.SkipMessages
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	return a.startForSync(w, r, sync.SkipTask, func(s sync.Sync) any {
		return struct {
			Sync string `json:"sync"`
			client.SkipMessages
		}{s.Name, ask}
	})
}
