package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// Sections is what the pages read of sections and of the courses they are linked to.
type Sections interface {
	SISSections(ctx context.Context, f sync.SectionFilter) ([]sync.Section, error)
	SISSectionCounts(ctx context.Context, name, term string) (map[sync.SectionState]int64, error)
	SISSection(ctx context.Context, name, key string) (sync.Section, error)
	SISRegistered(ctx context.Context, name, section, after string, limit int) ([]sync.Registered, error)
	SISTerms(ctx context.Context, name string) ([]sync.Term, error)
	SISRekeys(ctx context.Context, name string) ([]sync.Rekey, error)
}

type sectionsPage struct {
	frame
	Syncs     []link // one for each sync; none if there is only one
	Sync      string
	Sentence  string
	Tabs      []tab
	Filter    sync.SectionFilter
	Terms     []sync.Term
	Filtered  bool
	Questions []question
	Rows      []sectionRow
	Newest    string // URLs; empty: nowhere to go
	Older     string
	Operates  bool
	Begun     *begun
}

// A sectionRow is a section as lists show it.
type sectionRow struct {
	sync.Section
	Chip   chip
	URL    string
	IDs    string // its id, and its class code if that says more
	Course string // empty: none
	Why    string // how it came by its course, or why it has none
	Link   string // URL of the page that links it; empty: it cannot be linked now
}

var sectionChips = map[sync.SectionState]chip{
	sync.SectionLinked:    {"Linked", "check", "succeeded"},
	sync.SectionAvailable: {"To be linked", "alert", "waiting"},
	sync.SectionSuspected: {"New id?", "held", "held"},
	sync.SectionWaiting:   {"Waiting", "waiting", "queued"},
	sync.SectionUnlinked:  {"Unlinked", "x", "aborted"},
	sync.SectionGone:      {"Gone", "aborted", "aborted"},
}

func sectionPath(name, key string) string {
	return "/sections/" + url.PathEscape(name) + "/" + url.PathEscape(key)
}

func sectionRowOf(name string, s sync.Section, operates bool) sectionRow {
	row := sectionRow{Section: s, Chip: sectionChips[s.State], URL: sectionPath(name, s.Key), Why: s.Reason}
	row.IDs = s.Key
	if !strings.HasPrefix(s.Key, s.Code) {
		row.IDs += " · " + s.Code
	}
	if k := s.Link; k != nil {
		if k.Linked {
			row.Course = firstText(k.Shortname, k.Course)
		}
		row.Why = firstText(s.Reason, join(": ", howWords[k.How], k.Reason))
	}
	if operates && (s.State == sync.SectionAvailable || s.State == sync.SectionUnlinked) {
		row.Link = row.URL + "/link"
	}
	return row
}

var howWords = map[sync.LinkHow]string{
	sync.Auto:     "its id or class code names the course",
	sync.Manual:   "a person said so",
	sync.Created:  "the course was made for it",
	sync.Rekeyed:  "it is the same section under a new id",
	sync.Several:  "several courses could be meant",
	sync.Orphaned: "its course is gone from the LMS",
}

// sections serves GET /sections: by title, with the courses they are linked to.
func (s *server) sections(w http.ResponseWriter, r *http.Request) (err error) {
	q := r.URL.Query()
	page := sectionsPage{Filter: sync.SectionFilter{
		Term: strings.TrimSpace(q.Get("term")), Text: strings.TrimSpace(q.Get("q")), After: q.Get("after"), Limit: perPage + 1,
	}}
	if page.Filter.Sync, err = s.syncOf(r.Context(), q); err != nil {
		return err
	}
	if page.Filter.State, err = oneOf(q, "state", sync.SectionStates, "Sections are never “%s”."); err != nil {
		return err
	}
	if page.Begun, err = s.begun(r); err != nil {
		return err
	}
	if page.frame, err = s.frame(r.Context(), "Sections", "sections"); err != nil {
		return err
	}
	if page.Sync = page.Filter.Sync; page.Sync != "" {
		q.Del("job")
		err = page.fill(r.Context(), s, q)
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "sections", page)
}

// fill reads what the filter chooses, and what is asked about all of the sync.
func (p *sectionsPage) fill(ctx context.Context, s *server, q url.Values) error {
	p.Syncs, p.Operates = switcher("/sections", s.syncs(ctx)), s.Campus.OperatesSync(ctx, p.Sync)
	p.Filtered = p.Filter.Term != "" || p.Filter.Text != ""
	counts, err := s.Campus.SISSectionCounts(ctx, p.Sync, p.Filter.Term)
	if err != nil {
		return fmt.Errorf("count sections: %w", err)
	}
	found, err := s.Campus.SISSections(ctx, p.Filter)
	if err != nil {
		return fmt.Errorf("list sections: %w", err)
	}
	if p.Terms, err = s.Campus.SISTerms(ctx, p.Sync); err != nil {
		return fmt.Errorf("list terms: %w", err)
	}
	rekeys, err := s.Campus.SISRekeys(ctx, p.Sync)
	if err != nil {
		return fmt.Errorf("list changed ids: %w", err)
	}
	p.Questions = questions(p.Sync, rekeys, p.Operates)
	p.Tabs, p.Sentence = sectionTabs(counts, p.Filter.State, q), sectionSentence(counts)
	p.list(found, q)
	return nil
}

func (p *sectionsPage) list(found []sync.Section, q url.Values) {
	if p.Filter.After != "" {
		p.Newest = with("/sections", q, "after", "")
	}
	if len(found) > perPage {
		found = found[:perPage]
		p.Older = with("/sections", q, "after", found[perPage-1].Key)
	}
	for _, one := range found {
		p.Rows = append(p.Rows, sectionRowOf(p.Sync, one, p.Operates))
	}
}

func sectionTabs(counts map[sync.SectionState]int64, open sync.SectionState, q url.Values) []tab {
	var total int64
	for _, n := range counts {
		total += n
	}
	tabs := []tab{{"All", total, with("/sections", q, "after", "", "state", ""), open == ""}}
	for _, state := range sync.SectionStates {
		if counts[state] > 0 || open == state || state == sync.SectionLinked || state == sync.SectionAvailable {
			tabs = append(tabs, tab{sectionChips[state].Word, counts[state], with("/sections", q, "after", "", "state", string(state)), open == state})
		}
	}
	return tabs
}

// sectionSentence is the state of all sections in one sentence.
func sectionSentence(counts map[sync.SectionState]int64) string {
	var known int64
	for state, n := range counts {
		if state != sync.SectionGone {
			known += n
		}
	}
	switch n := counts[sync.SectionAvailable]; {
	case known == 0:
		return "The SIS has sent no sections yet."
	case n > 0:
		return counted(n, "section", "sections") + " of " + number(known) + either(n == 1, " has", " have") + " no course yet: nobody in " + either(n == 1, "it", "them") + " is enrolled."
	}
	return number(counts[sync.SectionLinked]) + " of " + counted(known, "section has", "sections have") + " a course."
}
