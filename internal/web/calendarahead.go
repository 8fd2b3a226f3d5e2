package web

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	foretold    = 1000 // due times that are looked through for ones that are left out
	daysLeftOut = 10   // that are shown
)

// ahead is what a calendar will leave out of a schedule.
type ahead struct {
	Schedule string
	Sentence string
	Problem  string // why nothing can be said
	Days     []leftOutDay
}

// A leftOutDay is a day on which slots of a schedule are left out.
type leftOutDay struct {
	Day    string
	Times  string // "06:30", or "00:00 to 23:45"
	Slots  int
	Remark string
	date   string
	first  string
}

// ahead looks for the next slots of a schedule that c leaves out, whether that
// schedule uses c or not.
func (s *server) ahead(ctx context.Context, c job.Calendar, schedule string) (a ahead, err error) {
	if schedule == "" {
		return a, nil
	}
	a.Schedule = schedule
	sch, err := s.Schedules.Schedule(ctx, schedule)
	if fault.KindOf(err) == fault.NotFound {
		a.Problem = fault.Message(err)
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read schedule: %w", err)
	}
	sch.Calendar, sch.Enabled, sch.Missing, sch.PausedUntil = c.Name, true, false, nil // nothing else leaves slots out
	meaning, err := s.Timetable.Preview(ctx, sch, foretold)
	if refusal := asFault(err); refusal != nil && refusal.Kind == fault.Invalid {
		a.Problem = refusal.Msg
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("preview schedule %s: %w", schedule, err)
	}
	a.fill(meaning.Next, zoneOf(sch.Zone), s.now())
	return a, nil
}

// fill takes what is left out of the firings, by day.
func (a *ahead) fill(firings []job.Firing, zone *time.Location, now time.Time) {
	out := 0
	for _, f := range firings {
		if f.Skipped {
			out++
			a.add(f, f.Due.In(zone), now)
		}
	}
	if len(firings) == 0 {
		a.Sentence = "It has no due times from now on."
		return
	}
	last := day(firings[len(firings)-1].Due.In(zone), now)
	a.Sentence = fmt.Sprintf("Of the next %s, up to %s, %s left out.", counted(int64(len(firings)), "due time", "due times"), last, either(out == 0, "none is", number(int64(out))+either(out == 1, " is", " are")))
}

// add puts a firing to the others of its day. Days after the last one that is
// shown are left.
func (a *ahead) add(f job.Firing, due, now time.Time) {
	date, clock := due.Format(time.DateOnly), due.Format("15:04")
	n := len(a.Days)
	if n > 0 && a.Days[n-1].date == date {
		last := &a.Days[n-1]
		last.Slots++
		last.Times = last.first + " to " + clock
		return
	}
	if n < daysLeftOut {
		layout := either(due.Year() == now.In(due.Location()).Year(), "Mon 2 Jan", "Mon 2 Jan 2006")
		a.Days = append(a.Days, leftOutDay{Day: due.Format(layout), Times: clock, Slots: 1, Remark: f.Remark, date: date, first: clock})
	}
}
