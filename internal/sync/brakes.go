package sync

import (
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Scope is a part of a sync within which a brake counts.
type Scope string

// The scopes, the narrowest first.
const (
	InSection Scope = "section"
	InSchool  Scope = "school"
	InTerm    Scope = "term"
	InSync    Scope = "sync"
)

// Scopes are all scopes, the narrowest first.
var Scopes = []Scope{InSection, InSchool, InTerm, InSync}

// A Limit says how many of something are usual. The zero Limit has none.
type Limit struct {
	Count   int     // more than so many are unusual, whatever their share; 0: however many
	Percent float64 // so is a greater share of what there is, in percent; 0: whatever share
	Above   int     // which counts only where there are more than so many
}

// Exceeded reports whether n of so many are unusual.
func (l Limit) Exceeded(n, of int) bool {
	return l.Count > 0 && n > l.Count || l.Percent > 0 && n > l.Above && float64(n)*100 > l.Percent*float64(of)
}

// Brakes are the limits of a sync. What is absent has its default.
type Brakes struct {
	Drops   map[Scope]Limit      // of enrolments in force
	Changes map[Scope]Limit      // of names and e-mails of accounts there are
	Errors  map[sis.Stream]Limit // of rows that cannot be read
}

// DefaultBrakes are the limits of a sync that does not say.
var DefaultBrakes = Brakes{
	Drops: map[Scope]Limit{
		InSection: {Percent: 25, Above: 10},
		InSchool:  {Percent: 5, Above: 10},
		InTerm:    {Percent: 5, Above: 10},
		InSync:    {Percent: 5, Above: 10},
	},
	Changes: map[Scope]Limit{
		InSection: {Percent: 50, Above: 10},
		InSchool:  {Percent: 10, Above: 10},
		InTerm:    {Percent: 10, Above: 10},
		InSync:    {Percent: 10, Above: 10},
	},
	Errors: map[sis.Stream]Limit{
		sis.Terms: tenth, sis.Persons: tenth, sis.Sections: tenth, sis.Registrations: tenth,
	},
}

var tenth = Limit{Percent: 10, Above: 10}

// LimitOf returns the limit of a scope or a stream, or its default.
func LimitOf[K comparable](own, usual map[K]Limit, at K) Limit {
	if l, ok := own[at]; ok {
		return l
	}
	return usual[at]
}

// A Freeze is a stretch of days in which a sync changes nothing in the LMS.
type Freeze struct {
	From   sis.Date // its first day
	To     sis.Date // its last day
	Term   string   // key of the term; empty: all of the sync
	Reason string
}

// Frozen returns the freeze that holds for a term now, in the sync's zone. A
// freeze of the whole sync holds for every term; the empty term is of what
// belongs to none.
func (s Sync) Frozen(now time.Time, term string) (Freeze, bool) {
	today := s.Today(now)
	for _, f := range s.Freezes {
		if f.Term != "" && f.Term != term {
			continue
		}
		if !today.Before(s.Day(f.From)) && !today.After(s.Day(f.To)) {
			return f, true
		}
	}
	return Freeze{}, false
}

// Needs returns how many people must approve so many held effects.
func (s Sync) Needs(effects int) int {
	if s.Approvals > 1 || (s.SecondOver > 0 && effects > s.SecondOver) {
		return 2
	}
	return 1
}

// approvalLife is how long an approval, or what waits for one, stands.
const approvalLife = 7 * 24 * time.Hour

// ApprovalLife returns how long an approval, or what waits for one, stands.
func (s Sync) ApprovalLife() time.Duration {
	if s.ApprovalDays > 0 {
		return time.Duration(s.ApprovalDays) * 24 * time.Hour
	}
	return approvalLife
}
