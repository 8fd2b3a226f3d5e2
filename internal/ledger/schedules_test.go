package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func schedule(name string) job.Schedule {
	return job.Schedule{
		Name: name, Task: "roster.sync", Client: "default", Rule: job.NewRule("0 2 * * *", "Europe/Madrid", json.RawMessage(`{"school":"17"}`)),
		Created: noon,
	}
}

func putSchedules(t *testing.T, l *ledger.Ledger, schedules ...job.Schedule) {
	t.Helper()
	if err := l.PutSchedules(t.Context(), schedules); err != nil {
		t.Fatal(err)
	}
}

func readSchedule(t *testing.T, l *ledger.Ledger, name string) job.Schedule {
	t.Helper()
	s, err := l.Schedule(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASchedulesEditsAreKeptAndItsAgeStays(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("nightly"), schedule("hourly"))
		edited := schedule("nightly")
		edited.Enabled, edited.Missing, edited.Problem, edited.Cron = false, true, "There is no such zone.", "0 3 * * *"
		edited.Created, edited.Decided = second(60), second(50)
		putSchedules(t, l, edited)

		edited.Created = noon
		all, err := l.Schedules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.Schedule{schedule("hourly"), edited}, all); diff != "" {
			t.Errorf("schedules (-want +got):\n%s", diff)
		}
	})
}

func TestDecidedOnlyMovesForward(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("nightly"))
		for _, tt := range []struct{ put, want int }{{10, 10}, {5, 10}, {20, 20}} {
			if err := l.PutSlots(t.Context(), "nightly", second(tt.put), nil); err != nil {
				t.Fatal(err)
			}
			putSchedules(t, l, schedule("nightly")) // as it was read before
			if got := readSchedule(t, l, "nightly").Decided; !got.Equal(second(tt.want)) {
				t.Errorf("decided up to %v, want %v", got, second(tt.want))
			}
		}
	})
}

func TestAnUnknownScheduleIsNamed(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		_, err := l.Schedule(t.Context(), "nobody")
		if fault.KindOf(err) != fault.NotFound || fault.Message(err) != `There is no schedule "nobody".` {
			t.Errorf("error = %v", err)
		}
	})
}

func slots(t *testing.T, l *ledger.Ledger, schedule string, from, to time.Time, limit int) []job.Slot {
	t.Helper()
	found, err := l.Slots(t.Context(), schedule, from, to, limit)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func putSlots(t *testing.T, l *ledger.Ledger, slots ...job.Slot) {
	t.Helper()
	if err := l.PutSlots(t.Context(), slots[0].Schedule, slots[0].Due, slots); err != nil {
		t.Fatal(err)
	}
}

func TestASlotHasOneOutcome(t *testing.T) {
	slot := func(outcome job.SlotOutcome, id string) job.Slot {
		return job.Slot{Due: noon, Outcome: outcome, Reason: string(outcome), JobID: id, Decided: second(1), Lag: 1500 * time.Millisecond}
	}
	cases := map[string]struct {
		told []job.Slot
		want job.Slot
	}{
		"intended, then ran":           {[]job.Slot{slot(job.SlotIntended, "a"), slot(job.SlotRan, "a")}, slot(job.SlotRan, "a")},
		"intended for another job":     {[]job.Slot{slot(job.SlotIntended, "a"), slot(job.SlotRan, "b")}, slot(job.SlotIntended, "a")},
		"intended twice":               {[]job.Slot{slot(job.SlotIntended, "a"), slot(job.SlotIntended, "b")}, slot(job.SlotIntended, "a")},
		"ran, then intended":           {[]job.Slot{slot(job.SlotRan, "a"), slot(job.SlotIntended, "a")}, slot(job.SlotRan, "a")},
		"ran, then missed":             {[]job.Slot{slot(job.SlotRan, "a"), slot(job.SlotMissed, "a")}, slot(job.SlotRan, "a")},
		"skipped, by two at once":      {[]job.Slot{slot(job.SlotSkipped, ""), slot(job.SlotPaused, "")}, slot(job.SlotSkipped, "")},
		"intended, then given up, ran": {[]job.Slot{slot(job.SlotIntended, "a"), slot(job.SlotMissed, "a"), slot(job.SlotRan, "a")}, slot(job.SlotMissed, "a")},
	}
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for name, tt := range cases {
			for _, s := range tt.told {
				s.Schedule = name
				putSlots(t, l, s)
			}
			tt.want.Schedule = name
			if diff := cmp.Diff([]job.Slot{tt.want}, slots(t, l, name, time.Time{}, time.Time{}, 0)); diff != "" {
				t.Errorf("%s: slots (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestListsSlotsAndThoseStillOpen(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		slot := func(schedule string, due int, outcome job.SlotOutcome) job.Slot {
			s := job.Slot{Schedule: schedule, Due: second(due), Outcome: outcome, Decided: noon}
			putSlots(t, l, s)
			return s
		}
		first, middle := slot("nightly", 1, job.SlotRan), slot("nightly", 2, job.SlotIntended)
		third, other := slot("nightly", 3, job.SlotIntended), slot("hourly", 2, job.SlotIntended)
		open, err := l.OpenSlots(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct{ want, got []job.Slot }{
			"of one schedule": {[]job.Slot{third, middle, first}, slots(t, l, "nightly", time.Time{}, time.Time{}, 0)},
			"of all":          {[]job.Slot{third, middle, other, first}, slots(t, l, "", time.Time{}, time.Time{}, 0)},
			"the newest":      {[]job.Slot{third}, slots(t, l, "nightly", time.Time{}, time.Time{}, 1)},
			"of a time":       {[]job.Slot{middle, other}, slots(t, l, "", second(2), second(3), 0)},
			"open":            {[]job.Slot{other, middle, third}, open},
		} {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestFindsTheUnfinishedJobOfASchedule(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var told story
		for i, id := range []string{"a", "b", "c", "by hand"} {
			j := newJob(id)
			j.Schedule, j.Slot = "nightly", new(second(i))
			if id == "by hand" {
				j.Slot = nil
			}
			told = append(told, events.JobEnqueued{Job: j})
		}
		tell(t, l, told.then(events.JobEnded{ID: "c", State: job.Expired, At: second(9)}))
		got, err := l.Unfinished(t.Context(), "nightly")
		if got.ID != "b" || err != nil {
			t.Errorf("unfinished job = %q, %v; want b, the newest of a slot", got.ID, err)
		}
		if _, err := l.Unfinished(t.Context(), "hourly"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("error = %v, want not found", err)
		}
	})
}
