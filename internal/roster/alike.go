package roster

import (
	"fmt"
	"slices"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// lookalikes finds the sections that are gone and look like a new one, without
// comparing each with each: all keys of a university may change at once.
type lookalikes struct {
	at       map[string]int      // of those that are gone: their places
	lost     []*section          // in order
	named    map[name][]int      // by class code and title
	students map[string][]int    // by student
	rosters  map[string][]string // who is, or was, a student of each section
}

type name struct{ code, title string }

// alikeEnough is how much of their people two sections must share to look like
// one: |both| / |either|.
const alikeEnough = 0.8

func (p *planner) lookalikes(lost, fresh []*section) *lookalikes {
	l := &lookalikes{lost: lost, at: map[string]int{}, named: map[name][]int{}, students: map[string][]int{}, rosters: map[string][]string{}}
	for i, s := range lost {
		l.at[s.Key] = i
		if s.Code != "" {
			at := name{s.Code, s.Title}
			l.named[at] = append(l.named[at], i)
		}
	}
	wanted := map[string]bool{}
	for _, s := range slices.Concat(lost, fresh) {
		wanted[s.Key] = true
	}
	for _, row := range p.campus.Registrations {
		r := row.Record
		if r.Role != sis.Student || !wanted[r.Section] {
			continue
		}
		l.rosters[r.Section] = append(l.rosters[r.Section], r.Person)
		if i, is := l.at[r.Section]; is {
			l.students[r.Person] = append(l.students[r.Person], i)
		}
	}
	return l
}

// of returns the sections that may look like s, in order.
func (l *lookalikes) of(s *section) (all []*section) {
	meant := slices.Clone(l.named[name{s.Code, s.Title}])
	for i, n := range l.shared(s) {
		if n >= 3 {
			meant = append(meant, i)
		}
	}
	slices.Sort(meant)
	for _, i := range slices.Compact(meant) {
		all = append(all, l.lost[i])
	}
	return all
}

// shared returns how many students of s each of the lost sections has.
func (l *lookalikes) shared(s *section) map[int]int {
	counts := map[int]int{}
	for _, person := range l.rosters[s.Key] {
		for _, i := range l.students[person] {
			counts[i]++
		}
	}
	return counts
}

// same returns why two sections look like one, or nothing.
func (l *lookalikes) same(old, s *section) string {
	n := l.shared(s)[l.at[old.Key]]
	either := len(l.rosters[old.Key]) + len(l.rosters[s.Key]) - n
	if n >= 3 && float64(n)/float64(either) >= alikeEnough {
		return fmt.Sprintf("%d students are in both", n)
	}
	if old.Code != "" && old.Code == s.Code && old.Title == s.Title {
		return fmt.Sprintf("both are %s, %s", s.Code, s.Title)
	}
	return ""
}
