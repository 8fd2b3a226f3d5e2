package timetable_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestListsTheFirstClashesAndCountsAll(t *testing.T) {
	d := openArena(t)
	d.runs("hourly", "write", "10 * * * *", 5*time.Minute)
	d.runs("often", "write", "*/10 * * * *", time.Second)
	f := d.clashes(d.asked("write", "0 */2 * * *"))
	const slots = 7*12 - 1 // that of now is decided
	if f.Count != slots*4 || len(f.Clashes) != 20 {
		t.Fatalf("%d of %d are listed, want 20 of %d", len(f.Clashes), f.Count, slots*4)
	}
	if !slices.IsSortedFunc(f.Clashes, func(a, b job.Clash) int { return a.Due.Compare(b.Due) }) || !f.Clashes[0].Due.Equal(monday.Add(2*time.Hour)) {
		t.Errorf("not the first by time:\n%s", toldClashes(f))
	}
}

// Only what shares a resource is walked through: that many schedules want
// others does not shorten the forecast.
func TestForetellsAWholeWeekBesideManySchedules(t *testing.T) {
	d := openArena(t)
	const many = 10_000
	for i := range many {
		task := "users"
		if i%10 == 0 {
			task = "write"
		}
		s := job.Schedule{Name: fmt.Sprint("s", i), Task: task, Client: "default", Rule: job.DefaultRule(), Revision: 1}
		s.Cron = fmt.Sprintf("%d %d * * *", i%60, i/60%24)
		if task == "users" {
			s.Cron = "* * * * *"
		}
		d.put(s, 1)
	}
	d.runs("minutely", "write", "* * * * *", time.Minute)
	f := d.clashes(d.asked("write", "0 2 * * *"))
	if !f.To.Equal(monday.AddDate(0, 0, 7)) || len(f.Remarks) > 0 || f.Count < 7*30 || f.Free != nil {
		t.Errorf("%d clashes up to %s, %q, %+v", f.Count, f.To, f.Remarks, f.Free)
	}
}

// The more there are, the sooner the forecast ends: 300,000 slots are looked at,
// and in half an hour 290,000 are due.
func TestAForecastEndsBeforeItLooksAtTooManySlots(t *testing.T) {
	d := openArena(t)
	const many = 10_000
	for i := range many {
		s := job.Schedule{Name: fmt.Sprint("s", i), Task: "write", Client: "default", Rule: job.DefaultRule(), Created: monday, Revision: 1}
		s.Cron = "* * * * *"
		d.put(s, 1)
	}
	f := d.clashes(d.asked("write", "*/5 * * * *"))
	if want := monday.Add(30 * time.Minute); !f.To.Equal(want) || f.Free != nil {
		t.Errorf("up to %s, want %s; free: %+v", f.To, want, f.Free)
	}
	// At 08:05 to 08:25 the jobs of half an hour meet those of each minute up to 08:29.
	if want := many * (25 + 20 + 15 + 10 + 5); f.Count != want {
		t.Errorf("%d clashes, want %d", f.Count, want)
	}
	if want := "what comes after 2026-09-07 08:30:00: too many slots are due by then"; !slices.Contains(f.Remarks, want) {
		t.Errorf("remarks: %q", f.Remarks)
	}
}

func TestAForecastEndsBeforeTooManySlotsOfItsOwn(t *testing.T) {
	d := openArena(t)
	d.runs("other", "write", "0 * * * *", time.Second)
	f := d.clashes(d.asked("write", "* * * * * ?", func(s *job.Schedule) { s.Dialect = "quartz" }))
	if want := monday.Add(310 * time.Minute); !f.To.Equal(want) || f.Count == 0 || len(f.Remarks) != 1 {
		t.Errorf("%d clashes up to %s, want %s, %q", f.Count, f.To, want, f.Remarks)
	}
}
