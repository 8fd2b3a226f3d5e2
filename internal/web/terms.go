package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
)

type termsPage struct {
	frame
	Syncs    []link // one for each sync; none if there is only one
	Sync     string
	Sentence string
	Rows     []termRow
	Operates bool
	Begun    *begun
}

// A termRow is a term and whether it is synced.
type termRow struct {
	sync.Term
	Chip     chip
	Why      string
	Job      string // URL of the job that kept a person's word; empty: the settings say
	Sections string // URLs
	Choose   string
	Drop     string
}

// terms serves GET /terms: the terms of the SIS, and which of them are synced.
func (s *server) terms(w http.ResponseWriter, r *http.Request) (err error) {
	page := termsPage{}
	if page.Sync, err = s.syncOf(r.Context(), r.URL.Query()); err != nil {
		return err
	}
	if page.Begun, err = s.begun(r); err != nil {
		return err
	}
	if page.frame, err = s.frame(r.Context(), "Terms", "terms"); err != nil {
		return err
	}
	if page.Sync != "" {
		terms, err := s.Campus.SISTerms(r.Context(), page.Sync)
		if err != nil {
			return fmt.Errorf("list terms: %w", err)
		}
		page.Syncs, page.Operates = switcher("/terms", s.syncs(r.Context())), s.Campus.OperatesSync(r.Context(), page.Sync)
		page.fill(terms)
	}
	return s.render(w, r, http.StatusOK, "terms", page)
}

func (p *termsPage) fill(terms []sync.Term) {
	var chosen int64
	for _, t := range terms {
		if t.Selected && !t.Gone {
			chosen++
		}
		p.Rows = append(p.Rows, termRowOf(p.Sync, t))
	}
	p.Sentence = "The SIS has sent no terms yet."
	if len(terms) > 0 {
		p.Sentence = number(chosen) + " of " + counted(int64(len(terms)), "term is", "terms are") + " synced: who is registered in their sections is enrolled in the LMS."
	}
}

func termRowOf(name string, t sync.Term) termRow {
	row := termRow{Term: t, Chip: chip{"Left out", "pause", "aborted"}, Why: "the settings", Sections: with("/sections", nil, "sync", name, "term", t.Key)}
	at := "/terms/" + url.PathEscape(name) + "/" + url.PathEscape(t.Key)
	row.Choose, row.Drop = at+"/choose", ""
	if t.Selected {
		row.Chip, row.Choose, row.Drop = chip{"Synced", "check", "succeeded"}, "", at+"/drop"
	}
	if c := t.Choice; c != nil {
		row.Why = join(": ", "a person", c.Reason)
		if isJobID(c.By) {
			row.Job = jobPath(c.By)
		}
	}
	if t.Gone {
		row.Chip, row.Choose, row.Drop = chip{"Gone", "aborted", "aborted"}, "", ""
	}
	return row
}

// termWords are what a person can say about a term.
var termWords = []word{
	{
		path: "/terms/{sync}/{term}/choose", Asks: "Sync this term?", Button: "Choose it",
		Says:  "Whatever the settings say. A plan is made at once of what waited for the term; what is unusual in it waits for approval as always.",
		about: aboutTerm, start: sayOfTerm(false),
	},
	{
		path: "/terms/{sync}/{term}/drop", Asks: "Leave this term out?", Button: "Leave it out", Danger: true,
		Says:  "Whatever the settings say. Who is enrolled stays where they are, and nobody more is added.",
		about: aboutTerm, start: sayOfTerm(true),
	},
}

func aboutTerm(s *server, r *http.Request) (topic, error) {
	name, key := r.PathValue("sync"), r.PathValue("term")
	terms, err := s.Campus.SISTerms(r.Context(), name)
	if err != nil {
		return topic{}, fmt.Errorf("list terms: %w", err)
	}
	for _, t := range terms {
		if t.Key == key {
			return topic{What: firstText(t.Title, t.Key), Note: counted(t.Sections, "section", "sections") + ".", Back: with("/terms", nil, "sync", name)}, nil
		}
	}
	return topic{}, fault.New(fault.NotFound, "The SIS has sent no term “%s” for sync %s.", key, name)
}

func sayOfTerm(drop bool) func(s *server, r *http.Request, _, reason string) (job.Job, error) {
	return func(s *server, r *http.Request, _, reason string) (job.Job, error) {
		name := r.PathValue("sync")
		args := map[string]any{"sync": name, "term": r.PathValue("term"), "reason": reason}
		if drop {
			args["drop"] = true
		}
		return s.Campus.StartSIS(r.Context(), name, sync.TermTask, args)
	}
}
