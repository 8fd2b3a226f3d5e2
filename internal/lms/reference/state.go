package reference

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A State is what a platform holds, without its ids and in an order of its
// own, so that two of them are equal if what they hold is. People are named by
// their keys, or their user names if they have none; courses by their short
// names.
type State struct {
	Users   []sis.User   // ID is empty
	Courses []sis.Course // ID is empty
	Places  []Place
	Groups  []Group
	Cohorts []Group // Course is empty
}

// A Place is a user's place in a course.
type Place struct {
	Course, User string
	Roles        []sis.Role // in alphabetical order
	Start, End   time.Time
	Suspended    bool
}

// A Group is a group of a course, or a cohort.
type Group struct {
	Course, Key, Name string
	Members           []string // in alphabetical order
}

// Sort brings a state that was made by hand into the order of [Target.State].
func (s *State) Sort() {
	slices.SortFunc(s.Users, func(a, b sis.User) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Username, b.Username)) })
	slices.SortFunc(s.Courses, func(a, b sis.Course) int { return cmp.Compare(a.Shortname, b.Shortname) })
	slices.SortFunc(s.Places, func(a, b Place) int { return cmp.Or(cmp.Compare(a.Course, b.Course), cmp.Compare(a.User, b.User)) })
	for _, groups := range [][]Group{s.Groups, s.Cohorts} {
		slices.SortFunc(groups, func(a, b Group) int { return cmp.Or(cmp.Compare(a.Course, b.Course), cmp.Compare(a.Key, b.Key)) })
	}
	for _, p := range s.Places {
		slices.Sort(p.Roles)
	}
}

// State returns a copy of what the platform holds.
func (t *Target) State() State {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var s State
	for _, u := range t.users {
		one := *u
		one.ID = ""
		s.Users = append(s.Users, one)
	}
	for _, c := range t.courses {
		one := *c
		one.ID = ""
		s.Courses = append(s.Courses, one)
	}
	s.Places = t.allPlaces()
	for _, g := range t.groups {
		s.Groups = append(s.Groups, Group{t.courses[g.Course].Shortname, g.Key, g.Name, t.names(g.members)})
	}
	for _, c := range t.cohorts {
		s.Cohorts = append(s.Cohorts, Group{"", c.Key, c.Name, t.names(c.members)})
	}
	s.Sort()
	return s
}

func (t *Target) allPlaces() []Place {
	var all []Place
	for course, places := range t.rosters {
		for user, p := range places {
			all = append(all, Place{t.courses[course].Shortname, t.name(user), slices.Clone(p.roles), p.Start, p.End, p.Suspended})
		}
	}
	return all
}

func (t *Target) name(user string) string {
	u := t.users[user]
	return cmp.Or(u.Key, u.Username)
}

func (t *Target) names(members map[string]bool) []string {
	var list []string
	for user := range maps.Keys(members) {
		list = append(list, t.name(user))
	}
	slices.Sort(list)
	return list
}
