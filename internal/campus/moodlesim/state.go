package moodlesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// A State is all that a site holds, as /simulator/state.json shows it and
// [Site.Save] keeps it. The accounts and the course that every Moodle has by
// itself are left out.
type State struct {
	Simulator  string         `json:"simulator"`
	Categories []Category     `json:"categories"`
	Users      []User         `json:"users"`
	Courses    []Course       `json:"courses"`
	Enrolments []Enrolment    `json:"enrolments"`
	Groups     []Group        `json:"groups,omitempty"`
	Cohorts    []Cohort       `json:"cohorts,omitempty"`
	Messages   []Message      `json:"messages,omitempty"`
	WriteCalls map[string]int `json:"write_calls"`
}

const label = "Simulated Moodle — not a real LMS"

// State returns a copy of what the site holds.
func (s *Site) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := State{
		Simulator:  label,
		Categories: slices.Clone(s.categories),
		Users:      []User{},
		Courses:    []Course{},
		Enrolments: []Enrolment{},
		WriteCalls: map[string]int{},
	}
	for _, u := range s.sortedUsers() {
		if u.ID > serviceID {
			state.Users = append(state.Users, *u)
		}
	}
	for _, c := range s.sortedCourses() {
		if c.ID > 1 {
			state.Courses = append(state.Courses, *c)
		}
	}
	for _, e := range s.sortedEnrolments() {
		state.Enrolments = append(state.Enrolments, e.clone())
	}
	for _, g := range s.groups {
		state.Groups = append(state.Groups, g.clone())
	}
	for _, c := range s.cohorts {
		state.Cohorts = append(state.Cohorts, c.clone())
	}
	state.Messages = slices.Clone(s.messages)
	for name, count := range s.calls {
		if s.functions[name].writes {
			state.WriteCalls[name] = count
		}
	}
	return state
}

func (e Enrolment) clone() Enrolment {
	e.Roles = slices.Clone(e.Roles)
	return e
}

func (g Group) clone() Group {
	g.Members = slices.Clone(g.Members)
	return g
}

func (c Cohort) clone() Cohort {
	c.Members = slices.Clone(c.Members)
	return c
}

// Save writes the state to a file, whole or not at all.
func (s *Site) Save(path string) error {
	text, err := json.MarshalIndent(s.State(), "", " ")
	if err != nil {
		return fmt.Errorf("write the state of the simulated Moodle: %w", err)
	}
	part := path + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return fmt.Errorf("save the simulated Moodle: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("save the simulated Moodle: %w", err)
	}
	return nil
}

// Load replaces what the site holds by what was saved. The error is
// [os.ErrNotExist] if nothing was.
func (s *Site) Load(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("load the simulated Moodle: %w", err)
	}
	var state State
	if err := json.Unmarshal(text, &state); err != nil {
		return fmt.Errorf("load the simulated Moodle from %s: %w", path, err)
	}
	s.restore(state)
	return nil
}

func (s *Site) restore(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset(state.Categories)
	for _, u := range state.Users {
		s.put(u)
	}
	for _, c := range state.Courses {
		s.courses[c.ID] = &c
	}
	for _, e := range state.Enrolments {
		s.putEnrolment(e)
	}
	for _, g := range state.Groups {
		s.groups = append(s.groups, &g)
	}
	for _, c := range state.Cohorts {
		s.cohorts = append(s.cohorts, &c)
	}
	s.messages = state.Messages
	clear(s.calls)
	maps.Copy(s.calls, state.WriteCalls)
}

func (s *Site) sortedUsers() []*User {
	return sorted(s.users, func(a, b *User) int { return a.ID - b.ID })
}

func (s *Site) sortedCourses() []*Course {
	return sorted(s.courses, func(a, b *Course) int { return a.ID - b.ID })
}

func (s *Site) sortedEnrolments() []*Enrolment {
	return sorted(s.enrolments, func(a, b *Enrolment) int {
		return cmp.Or(a.Course-b.Course, a.User-b.User)
	})
}

func sorted[K comparable, V any](rows map[K]V, order func(a, b V) int) []V {
	list := make([]V, 0, len(rows))
	for _, row := range rows {
		list = append(list, row)
	}
	slices.SortFunc(list, order)
	return list
}

// fromUnix reads one of Moodle's times, of which zero means none.
func fromUnix(seconds int) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// toUnix is the way back.
func toUnix(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return int(t.Unix())
}
