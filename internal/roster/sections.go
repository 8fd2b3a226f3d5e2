package roster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// linkSections links the sections of the selected terms to courses that are
// there: to the one course whose idnumber is the section's key, or to the one
// course that the section's class code names, if no other section has that
// code. It never chooses among several.
func linkSections(ctx context.Context, s *step) error {
	campus, err := s.store.SISCampus(ctx, s.sync.Name)
	if err != nil {
		return err
	}
	sections, available := candidates(s.sync, campus)
	m := &matcher{step: s, codes: codeCounts(sections)}
	links, err := m.match(ctx, available)
	if err != nil {
		return s.targetError(err)
	}
	if err := s.store.PutSISLinks(ctx, s.sync.Name, links); err != nil {
		return err
	}
	n := int64(len(sections))
	s.Progress(tasks.Progress{Stage: "sections", Done: n, Total: n, Created: int64(len(links))})
	s.Log.Info("sections available", "sections", n, "linked_now", len(links), "not_linked", len(available)-len(links))
	return nil
}

// candidates returns the sections of the selected terms, and which of these
// may be linked automatically.
func candidates(s sync.Sync, campus sync.Campus) (all, available []sis.Section) {
	for _, row := range campus.Sections {
		section := *row.Record.Section
		if row.Gone || len(selectedTerms(s, campus.Terms, section)) == 0 {
			continue
		}
		all = append(all, section)
		if _, decided := campus.Links[section.Key]; !decided {
			available = append(available, section)
		}
	}
	return all, available
}

// selectedTerms returns those terms of a section that are synced, the earliest
// first.
func selectedTerms(s sync.Sync, terms map[string]sis.Term, section sis.Section) (selected []sis.Term) {
	for _, key := range section.Terms {
		if t, ok := terms[key]; ok && s.Selects(key) {
			selected = append(selected, t)
		}
	}
	slices.SortStableFunc(selected, func(a, b sis.Term) int { return a.Start.In(time.UTC).Compare(b.Start.In(time.UTC)) })
	return selected
}

func codeCounts(sections []sis.Section) map[string]int {
	counts := map[string]int{}
	for _, s := range sections {
		counts[s.Code]++
	}
	return counts
}

// A matcher finds courses for sections.
type matcher struct {
	*step
	codes map[string]int // how many sections have a class code
}

func (m *matcher) match(ctx context.Context, sections []sis.Section) ([]sync.Link, error) {
	var keys, codes []string
	for _, s := range sections {
		keys = append(keys, s.Key)
		if m.unique(s.Code) {
			codes = append(codes, s.Code)
		}
	}
	byKey, err := courses(ctx, m.target, sis.CourseByKey, slices.Concat(keys, codes))
	if err != nil {
		return nil, err
	}
	byName, err := courses(ctx, m.target, sis.CourseByShortname, codes)
	if err != nil {
		return nil, err
	}
	var links []sync.Link
	for _, s := range sections {
		found := byKey[s.Key]
		if len(found) == 0 && m.unique(s.Code) {
			found = distinct(byKey[s.Code], byName[s.Code])
		}
		if link, ok := m.choose(s, found); ok {
			links = append(links, link)
		}
	}
	return links, nil
}

func (m *matcher) unique(code string) bool { return code != "" && m.codes[code] == 1 }

func (m *matcher) choose(s sis.Section, found []sis.Course) (sync.Link, bool) {
	switch len(found) {
	case 0:
		return sync.Link{}, false
	case 1:
		c := found[0]
		return sync.Link{Section: s.Key, Course: c.ID, Shortname: c.Shortname, How: sync.Auto, Linked: true, Changed: time.Now().UTC()}, true
	}
	m.Error(s.Key, "ID_AMBIGUOUS", fmt.Sprintf("%d courses of the LMS could be meant. Link the section to one of them by hand.", len(found)))
	return sync.Link{}, false
}

// lookup is how many values a target is asked for at once.
const lookup = 500

// courses returns the courses that have exactly one of the values, by value.
func courses(ctx context.Context, target sis.Target, by sis.CourseField, values []string) (map[string][]sis.Course, error) {
	found := map[string][]sis.Course{}
	for some := range slices.Chunk(values, lookup) {
		list, err := target.Courses(ctx, by, some)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			value := c.Key
			switch by {
			case sis.CourseByShortname:
				value = c.Shortname
			case sis.CourseByID:
				value = c.ID
			}
			found[value] = distinct(found[value], []sis.Course{c})
		}
	}
	return found, nil
}

func distinct(a, b []sis.Course) []sis.Course {
	all := slices.Clone(a)
	for _, c := range b {
		if !slices.ContainsFunc(all, func(other sis.Course) bool { return other.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all
}
