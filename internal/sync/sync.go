package sync

import (
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Sync is one pairing of a source with a target, with its policies.
type Sync struct {
	Name   string
	Client string // the organisation it belongs to
	Source string // names of the source and the target
	Target string

	Provider          string         // what the SIS calls this platform; empty: whatever it says of sections is for us
	Terms             []string       // keys of the terms to sync; none, or "all": all
	CreateCourses     bool           // for sections that no course matches
	Groups            Grouping       // which sections have a group in their course; empty: GroupShared
	OrientationCourse string         // shortname or idnumber of the course for first-time students; empty: none
	Zone              *time.Location // where days begin; nil: UTC
	AsOf              sis.Date       // taken for today; zero: today
	Cron              string         // when the chain of its tasks starts; empty: never by itself
	Reconcile         string         // when it asks for everything; empty: never by itself

	Brakes       Brakes
	Approvals    int // people who must approve what is held; 0: one
	SecondOver   int // a second one for more effects than this; 0: never
	ApprovalDays int // how long an approval, or what waits for one, stands; 0: 7
	Freezes      []Freeze
}

// Selects reports whether the term of that key is synced.
func (s Sync) Selects(term string) bool {
	return len(s.Terms) == 0 || slices.Contains(s.Terms, "all") || slices.Contains(s.Terms, term)
}

// Location returns the sync's zone.
func (s Sync) Location() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Today returns the first instant of the day that the sync takes for today.
func (s Sync) Today(now time.Time) time.Time {
	if !s.AsOf.IsZero() {
		return s.AsOf.In(s.Location())
	}
	now = now.In(s.Location())
	return sis.Date{Year: now.Year(), Month: now.Month(), Day: now.Day()}.In(s.Location())
}

// Day returns the first instant of d in the sync's zone, and the zero time for
// no date.
func (s Sync) Day(d sis.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.In(s.Location())
}
