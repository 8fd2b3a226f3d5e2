package timetable_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// ran records slots that ran, each so much later than it was due.
func (d *desk) ran(schedule string, lag time.Duration, dues ...time.Time) {
	for _, due := range dues {
		d.ledger.slots = append(d.ledger.slots, job.Slot{Schedule: schedule, Due: due, Outcome: job.SlotRan, Lag: lag})
	}
	s := d.ledger.schedules[schedule]
	s.Decided = dues[len(dues)-1]
	d.ledger.schedules[schedule] = s
}

func (d *desk) check(schedule string, from, to time.Time) job.SlotCheck {
	d.t.Helper()
	c, err := d.Check(d.t.Context(), schedule, from, to)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func hours(from time.Time, n int) (all []time.Time) {
	for i := 1; i <= n; i++ {
		all = append(all, from.Add(time.Duration(i)*time.Hour))
	}
	return all
}

func TestEachSlotOfTheRecordIsThere(t *testing.T) {
	d := openDesk(t)
	d.add("x", "0 * * * *", "UTC")
	d.ran("x", 20*time.Millisecond, hours(monday, 9)...)
	d.ran("x", time.Second, monday.Add(10*time.Hour))
	d.now = monday.Add(10*time.Hour + time.Second)
	want := job.SlotCheck{
		Schedule: "x", From: monday, To: monday.Add(10*time.Hour + time.Millisecond),
		Outcomes: map[job.SlotOutcome]int64{job.SlotRan: 10},
		Lag:      map[string]job.Seconds{"p50": job.Seconds(20 * time.Millisecond), "p99": job.Seconds(time.Second), "max": job.Seconds(time.Second)},
	}
	if diff := cmp.Diff(want, d.check("x", time.Time{}, time.Time{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if c := d.check("x", monday.Add(2*time.Hour), monday.Add(4*time.Hour)); c.Outcomes[job.SlotRan] != 2 || len(c.Gaps) > 0 {
		t.Errorf("from the one up to the other: %+v", c)
	}
}

func TestASlotWithoutARecordIsAGap(t *testing.T) {
	d := openDesk(t)
	d.add("x", "0 * * * *", "UTC")
	d.ran("x", 0, monday.Add(time.Hour), monday.Add(3*time.Hour))
	d.now = monday.Add(5 * time.Hour)
	if diff := cmp.Diff([]time.Time{monday.Add(2 * time.Hour), monday.Add(4 * time.Hour)}, d.check("x", time.Time{}, d.now.Add(time.Hour)).Gaps); diff != "" {
		t.Errorf("one that was passed over, and one that nobody decides on: (-want +got)\n%s", diff)
	}
	if c := d.check("x", monday.Add(150*time.Minute), monday.Add(200*time.Minute)); len(c.Gaps) > 0 {
		t.Errorf("beside them: %+v", c)
	}
}

func TestTheRecordIsCheckedSinceTheTimesChanged(t *testing.T) {
	d := openDesk(t)
	d.now = monday.AddDate(0, 0, 3)
	d.edit(job.LayerPlatform, "anna", `{"cron":"0 */6 * * *"}`)
	d.now = d.now.Add(time.Hour)
	d.edit(job.LayerPlatform, "anna", `{"owner":"anna"}`)
	d.now = d.now.Add(6 * time.Hour)
	changed := monday.AddDate(0, 0, 3)
	c := d.check("sis.pull", time.Time{}, time.Time{})
	if !c.From.Equal(changed) || !cmp.Equal(c.Gaps, []time.Time{changed.Add(4 * time.Hour)}) {
		t.Errorf("%+v", c)
	}
}

func TestAScheduleThatIsOverHasNoGaps(t *testing.T) {
	d := openDesk(t)
	d.add("x", "0 * * * *", "UTC", func(s *job.Schedule) { s.Base.MaxRuns, s.Runs = 2, 2 })
	d.ran("x", 0, hours(monday, 2)...)
	d.add("y", "bad", "UTC", func(s *job.Schedule) { s.Problem = "bad" })
	d.now = tuesday
	for _, name := range []string{"x", "y"} {
		if c := d.check(name, time.Time{}, time.Time{}); len(c.Gaps) > 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestASlotThatStartsLaterIsNoGapBefore(t *testing.T) {
	d := openDesk(t)
	d.add("x", "0 9 * * *", "UTC", func(s *job.Schedule) { s.Base.Jitter = job.Seconds(24 * time.Hour) })
	for d.now = monday; d.now.Before(tuesday.Add(26 * time.Hour)); d.now = d.now.Add(time.Hour) {
		gaps := d.check("x", time.Time{}, time.Time{}).Gaps
		if len(gaps) > 0 && d.now.Before(monday.Add(2*time.Hour)) {
			t.Fatalf("at %s: %v", d.now, gaps)
		}
		if len(gaps) > 0 {
			return
		}
	}
	t.Error("it never is a gap")
}

func TestTooManySlotsAreNotChecked(t *testing.T) {
	d := openDesk(t)
	d.add("x", "* * * * * ?", "UTC", func(s *job.Schedule) { s.Base.Dialect = "quartz" })
	d.now = monday.AddDate(0, 1, 0)
	_, err := d.Check(t.Context(), "x", time.Time{}, time.Time{})
	refused(t, err, fault.Invalid, "from", "ask for less")
	if _, err := d.Check(t.Context(), "nobody", time.Time{}, time.Time{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of nobody: %v", err)
	}
}
