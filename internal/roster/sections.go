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
	campus, err := s.store.SISSectionLinks(ctx, s.sync.Name)
	if err != nil {
		return err
	}
	sections, available := candidates(s.sync, campus)
	found, err := matches(ctx, s.target, campus, sections, available)
	if err != nil {
		return s.targetError(err)
	}
	links := s.choose(available, found, campus.Links)
	if err := s.store.PutSISLinks(ctx, s.sync.Name, links); err != nil {
		return err
	}
	linked := int64(0)
	for _, k := range links {
		if k.Linked {
			linked++
		}
	}
	n := int64(len(sections))
	s.Progress(tasks.Progress{Stage: "sections", Done: n, Total: n, Created: linked})
	s.Log.Info("sections available", "sections", n, "linked_now", linked, "not_linked", int64(len(available))-linked)
	return nil
}

// candidates returns the sections of the selected terms, and which of these
// may be linked automatically.
func candidates(s sync.Sync, campus sync.Campus) (all, available []sis.Section) {
	for _, row := range campus.Sections {
		section := row.Record
		if row.Gone || len(selectedTerms(s, campus, section)) == 0 || notForUs(s, section) != (verdict{}) {
			continue
		}
		all = append(all, section)
		if !campus.Links[section.Key].Decided() {
			available = append(available, section)
		}
	}
	return all, available
}

// selectedTerms returns those terms of a section that are synced, the earliest
// first.
func selectedTerms(s sync.Sync, campus sync.Campus, section sis.Section) (selected []sis.Term) {
	for _, key := range section.Terms {
		if t, ok := campus.Terms[key]; ok && campus.Selects(s, key) {
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

// matches returns the courses that could be meant for each of the sections
// that want one, by section. A class code counts only if one section has it,
// and does not mean a course that has the key of another section.
func matches(ctx context.Context, target sis.Target, campus sync.Campus, all, wanting []sis.Section) (map[string][]sis.Course, error) {
	counts := codeCounts(all)
	unique := func(code string) bool { return code != "" && counts[code] == 1 }
	var keys, codes []string
	for _, s := range wanting {
		keys = append(keys, s.Key)
		if unique(s.Code) {
			codes = append(codes, s.Code)
		}
	}
	byKey, err := courses(ctx, target, sis.CourseByKey, slices.Concat(keys, codes))
	if err != nil {
		return nil, err
	}
	byName, err := courses(ctx, target, sis.CourseByShortname, codes)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, row := range campus.Sections {
		known[row.Key] = true
	}
	found := map[string][]sis.Course{}
	for _, s := range wanting {
		found[s.Key] = byKey[s.Key]
		if len(found[s.Key]) == 0 && unique(s.Code) {
			meant := distinct(byKey[s.Code], byName[s.Code])
			found[s.Key] = slices.DeleteFunc(meant, func(c sis.Course) bool { return known[c.Key] })
		}
	}
	return found, nil
}

// choose links each section for which exactly one course was found, and
// returns what is new about links.
func (s *step) choose(sections []sis.Section, found map[string][]sis.Course, known map[string]sync.Link) (links []sync.Link) {
	for _, section := range sections {
		link := sync.Link{Section: section.Key, Changed: time.Now().UTC()}
		switch list := found[section.Key]; len(list) {
		case 0:
		case 1:
			link.Course, link.Shortname, link.How, link.Linked = list[0].ID, list[0].Shortname, sync.Auto, true
		default:
			link.How = sync.Several
			link.Reason = fmt.Sprintf("%d courses of the LMS could be meant. Link the section to one of them by hand.", len(list))
			s.Error(section.Key, "ID_AMBIGUOUS", link.Reason)
		}
		if link.How != known[section.Key].How {
			links = append(links, link)
		}
	}
	return links
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
