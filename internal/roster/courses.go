package roster

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// planCourses plans a course for each section that is to get one.
func (p *planner) planCourses(ctx context.Context) error {
	var wanted []*section
	for _, row := range p.campus.Sections {
		if s := p.sections[row.Key]; s.create {
			wanted = append(wanted, s)
		}
	}
	names, err := p.shortnames(ctx, wanted)
	if err != nil {
		return err
	}
	for i, s := range wanted {
		p.creates = append(p.creates, sync.Effect{
			Op: sync.CreateCourse, Key: courseEffect(s.Key), Section: s.Key, After: asJSON(sis.Course{
				Key: s.Key, Shortname: names[i], Fullname: cmp.Or(s.Title, s.Code, s.Key), Start: s.begin, End: s.end,
			}),
		})
	}
	return nil
}

// shortnames returns a name for each section's course that no other section
// and no course of the target has: the class code, or the title; with the
// term where that is not enough; with part of the section's key where that is
// not enough either. It depends on nothing but what there is.
func (p *planner) shortnames(ctx context.Context, wanted []*section) ([]string, error) {
	names := make([]string, len(wanted))
	open := make([]int, len(wanted))
	for i := range wanted {
		open[i] = i
	}
	for _, form := range nameForms {
		rivals := p.rivals(form)
		var asked []string
		for _, i := range open {
			names[i] = form(wanted[i])
			asked = append(asked, names[i])
		}
		taken, err := p.takenNames(ctx, asked)
		if err != nil {
			return nil, err
		}
		open = slices.DeleteFunc(open, func(i int) bool {
			name := strings.ToLower(names[i])
			return rivals[name] == 1 && !taken[name]
		})
		if len(open) == 0 {
			break
		}
	}
	return names, nil
}

// nameForms are the forms of a course's short name, the most readable first.
var nameForms = []func(*section) string{
	baseName,
	func(s *section) string { return baseName(s) + termSuffix(s) },
	func(s *section) string { return baseName(s) + termSuffix(s) + " · " + s.Key[:min(len(s.Key), 8)] },
	func(s *section) string { return baseName(s) + termSuffix(s) + " · " + s.Key },
}

func baseName(s *section) string { return cmp.Or(s.Code, s.Title, s.Key) }

func termSuffix(s *section) string {
	if len(s.selected) == 0 {
		return ""
	}
	return " (" + cmp.Or(s.selected[0].Title, s.selected[0].Key) + ")"
}

// rivals counts the sections that would have each name, those with a course
// included: names do not depend on which section came first.
func (p *planner) rivals(form func(*section) string) map[string]int {
	counts := map[string]int{}
	for _, s := range p.sections {
		if len(s.selected) > 0 && !s.gone {
			counts[strings.ToLower(form(s))]++
		}
	}
	return counts
}

func (p *planner) takenNames(ctx context.Context, names []string) (map[string]bool, error) {
	found, err := courses(ctx, p.target, sis.CourseByShortname, names)
	taken := map[string]bool{}
	for name := range found {
		taken[strings.ToLower(name)] = true
	}
	return taken, err
}
