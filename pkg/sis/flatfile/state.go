package flatfile

import (
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A state is what the platform is to hold, by the keys of the SIS, which are
// the ids here.
type state struct {
	users   map[string]sis.User
	courses map[string]sis.Course
	places  map[at]place

	usernames, emails, shortnames map[string]string // keys, by the folded text
}

type at struct{ course, user string }

// A place is somebody's place in a course.
type place struct {
	Course    string     `json:"course"`
	User      string     `json:"user"`
	Roles     []sis.Role `json:"roles"`
	Start     time.Time  `json:"start,omitzero"`
	End       time.Time  `json:"end,omitzero"`
	Suspended bool       `json:"suspended,omitempty"`

	Past []sis.Role `json:"past,omitempty"` // roles that were taken away
	Gone bool       `json:"gone,omitempty"` // the place is not there any more; only Past counts
}

func newState() state {
	return state{
		users: map[string]sis.User{}, courses: map[string]sis.Course{}, places: map[at]place{},
		usernames: map[string]string{}, emails: map[string]string{}, shortnames: map[string]string{},
	}
}

func fold(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// take takes an entry in. It is harmless to repeat.
func (s state) take(e entry) {
	switch {
	case e.User != nil:
		s.putUser(*e.User)
	case e.Course != nil:
		s.courses[e.Course.ID] = *e.Course
		s.shortnames[fold(e.Course.Shortname)] = e.Course.ID
	case e.Place != nil:
		s.places[at{e.Place.Course, e.Place.User}] = *e.Place
	}
}

func (s state) putUser(u sis.User) {
	if old, ok := s.users[u.ID]; ok {
		delete(s.usernames, fold(old.Username))
		delete(s.emails, fold(old.Email))
	}
	s.users[u.ID] = u
	s.usernames[fold(u.Username)], s.emails[fold(u.Email)] = u.ID, u.ID
}

// keyOf returns the key of the person whom a value belongs to.
func (s state) keyOf(by sis.UserField, value string) (key string, ok bool) {
	switch by {
	case sis.UserByUsername:
		key, ok = s.usernames[fold(value)]
	case sis.UserByEmail:
		key, ok = s.emails[fold(value)]
	default:
		_, ok = s.users[value]
		key = value
	}
	return key, ok
}
