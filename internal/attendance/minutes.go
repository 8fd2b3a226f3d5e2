package attendance

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Place is a student's place in a section, which activity in a course counts
// for.
type Place struct {
	Section string
	Course  string // the target's id
	Zone    *time.Location
	Begin   sis.Date // zero: no limit
	End     sis.Date // the first day after it; zero: no limit
}

func (p Place) holds(day sis.Date) bool {
	return (p.Begin.IsZero() || !day.Before(p.Begin)) && (p.End.IsZero() || day.Before(p.End))
}

// A Day is what a person did in a section on a day of the section's zone.
type Day struct {
	Section string
	Day     sis.Date
	Zone    string
	Minutes int
	Outside bool   // something was done, and the person was not registered then
	Capped  bool   // there was more than a day may have
	Digest  string // of what was done
}

// Days returns what a person did on each day, by day and section. Days without
// anything that counts are absent.
//
// Time counts once: from one thing done to the next it belongs to the course
// of the first, whatever other courses the person is in. Of two sections that
// share a course the first that the person is registered in on that day has it.
func (r Rules) Days(places []Place, did []sis.Activity) []Day {
	t := &tally{Rules: r.filled(), places: map[string][]Place{}, days: map[at]*sum{}}
	for _, p := range slices.SortedFunc(slices.Values(places), func(a, b Place) int { return cmp.Compare(a.Section, b.Section) }) {
		t.places[p.Course] = append(t.places[p.Course], p)
	}
	did = slices.DeleteFunc(slices.Clone(did), func(a sis.Activity) bool { return t.Weights[a.Event] <= 0 || t.places[a.Course] == nil })
	slices.SortFunc(did, byTime)
	for i, a := range did {
		t.note(a)
		t.add(a, did[i+1:])
	}
	return t.capped()
}

func byTime(a, b sis.Activity) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Course, b.Course), cmp.Compare(a.Event, b.Event))
}

// A tally sums up what one person did.
type tally struct {
	Rules
	places map[string][]Place // by course
	days   map[at]*sum
}

type at struct {
	day     sis.Date
	section string
}

type sum struct {
	zone   string
	base   time.Duration
	inside bool // something was done while registered
	did    hash.Hash
}

// note remembers that something was done, for the digest.
func (t *tally) note(a sis.Activity) {
	s, _ := t.of(a.Course, a.At)
	fmt.Fprintf(s.did, "%d %s\n", a.At.UnixMilli(), a.Event)
}

// of returns the sum that something done in a course at an instant belongs to,
// and where the day ends.
func (t *tally) of(course string, when time.Time) (*sum, time.Time) {
	places := t.places[course]
	p := places[0]
	inside := false
	for _, one := range places {
		if one.holds(sis.DateOf(when.In(one.Zone))) {
			p, inside = one, true
			break
		}
	}
	day := sis.DateOf(when.In(p.Zone))
	key := at{day, p.Section}
	if t.days[key] == nil {
		t.days[key] = &sum{zone: p.Zone.String(), did: sha256.New()}
	}
	s := t.days[key]
	s.inside = s.inside || inside
	return s, day.Add(1).In(p.Zone)
}

// add gives what a is worth to its day, or to the days that it lasts.
func (t *tally) add(a sis.Activity, after []sis.Activity) {
	switch t.Mode {
	case Sessions:
		t.spread(a.Course, a.At, a.At.Add(t.lasts(a, after)))
	case Engagement:
		s, _ := t.of(a.Course, a.At)
		s.base = time.Duration(t.Scheduled) * time.Minute
	default:
		s, _ := t.of(a.Course, a.At)
		s.base += time.Duration(t.Weights[a.Event]) * time.Minute
	}
}

// lasts returns how long a lasted, as far as is known: until the next thing
// done anywhere, unless that was too long after it.
func (t *tally) lasts(a sis.Activity, after []sis.Activity) time.Duration {
	if len(after) > 0 {
		if gap := after[0].At.Sub(a.At); gap <= t.Gap {
			return gap
		}
	}
	return min(t.Credit, t.Gap)
}

// spread gives the time from one instant to another to the days that it is of.
// What lasts into a day on which the person is not registered ends there.
func (t *tally) spread(course string, from, to time.Time) {
	for from.Before(to) {
		s, end := t.of(course, from)
		if end.After(to) {
			end = to
		}
		s.base += end.Sub(from)
		from = end
	}
}

// capped turns sums into minutes, by day and section, no more in all than a
// day may have.
func (t *tally) capped() []Day {
	var days []Day
	left := map[sis.Date]int{}
	for key, s := range t.days {
		d := Day{Section: key.section, Day: key.day, Zone: s.zone, Outside: !s.inside, Digest: hex.EncodeToString(s.did.Sum(nil)[:16])}
		if s.inside {
			d.Minutes, d.Capped = t.minutes(s.base)
		}
		left[d.Day] = t.CapAll
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b Day) int {
		return cmp.Or(a.Day.In(time.UTC).Compare(b.Day.In(time.UTC)), cmp.Compare(a.Section, b.Section))
	})
	for i := range days {
		d := &days[i]
		if d.Minutes > left[d.Day] {
			d.Minutes, d.Capped = left[d.Day], true
		}
		left[d.Day] -= d.Minutes
	}
	return days
}
