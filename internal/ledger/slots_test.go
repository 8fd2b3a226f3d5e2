package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

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

func TestListsAllSlotsOfATimeInOrder(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var all []job.Slot
		for i := range 1200 { // more than a list has
			all = append(all, job.Slot{Schedule: "nightly", Due: second(i), Outcome: job.SlotSkipped, Decided: noon})
		}
		putSlots(t, l, all...)
		putSlots(t, l, job.Slot{Schedule: "hourly", Due: second(1), Outcome: job.SlotRan, Decided: noon})
		got, err := l.SlotTimes(t.Context(), "nightly", second(1), second(1199))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[1:1199], got); diff != "" {
			t.Errorf("slots (-want +got):\n%s", diff)
		}
	})
}

func TestFindsTheLastSlotsOfManySchedules(t *testing.T) {
	const many = 1050 // more than one query looks for
	each(t, func(t *testing.T, l *ledger.Ledger) {
		older, ran := batches(many, job.SlotMissed), batches(many, job.SlotRan)
		want := map[string]job.Slot{}
		for i := range ran {
			older[i].Slots[0].Due = noon
			newest := ran[i].Slots[0]
			newest.Schedule = ran[i].Schedule
			want[newest.Schedule] = newest
		}
		for _, some := range [][]job.SlotBatch{ran, older} {
			if err := l.PutManySlots(t.Context(), some); err != nil {
				t.Fatal(err)
			}
		}
		asked := append(names(ran[1:]), "unknown", "")
		delete(want, ran[0].Schedule)
		got, err := l.LastSlots(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("last slots (-want +got):\n%s", diff)
		}
		if none, err := l.LastSlots(t.Context(), nil); len(none) != 0 || err != nil {
			t.Errorf("of no schedules: %v, %v", none, err)
		}
	})
}

func TestARunIsCountedOnce(t *testing.T) {
	slot := func(due int, outcome job.SlotOutcome, id string) job.Slot {
		return job.Slot{Due: second(due), Outcome: outcome, JobID: id, Decided: noon}
	}
	steps := []struct {
		name string
		put  []job.Slot
		want int64
	}{
		{"intended", []job.Slot{slot(1, job.SlotIntended, "a"), slot(2, job.SlotIntended, "b")}, 0},
		{"one ran", []job.Slot{slot(1, job.SlotRan, "a")}, 1},
		{"the same again, late", []job.Slot{slot(1, job.SlotRanLate, "a")}, 1},
		{"another job of it", []job.Slot{slot(2, job.SlotRan, "c")}, 1},
		{"no run", []job.Slot{slot(2, job.SlotMissed, "b"), slot(3, job.SlotSkipped, "")}, 1},
		{"after it was missed", []job.Slot{slot(2, job.SlotRan, "b")}, 1},
		{"two at once", []job.Slot{slot(4, job.SlotRanLate, "d"), slot(5, job.SlotCaughtUp, "e"), slot(6, job.SlotPaused, "")}, 3},
	}
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("nightly"), schedule("hourly"))
		for _, step := range steps {
			if err := l.PutSlots(t.Context(), "nightly", time.Time{}, step.put); err != nil {
				t.Fatal(err)
			}
			if got := readSchedule(t, l, "nightly"); got.Runs != step.want || !got.Decided.IsZero() {
				t.Errorf("%s: %d runs, decided up to %v; want %d and never", step.name, got.Runs, got.Decided, step.want)
			}
		}
		if other := readSchedule(t, l, "hourly"); other.Runs != 0 {
			t.Errorf("another schedule has %d runs", other.Runs)
		}
	})
}

// batches returns a slot of each of so many schedules.
func batches(schedules int, outcome job.SlotOutcome) (all []job.SlotBatch) {
	for i := range schedules {
		all = append(all, job.SlotBatch{Schedule: fmt.Sprintf("s%05d", i), Decided: second(1), Slots: []job.Slot{
			{Due: second(1), Outcome: outcome, JobID: fmt.Sprintf("job-%d", i), Decided: second(1)},
		}})
	}
	return all
}

func schedulesOf(batches []job.SlotBatch) (all []job.Schedule) {
	for _, b := range batches {
		all = append(all, schedule(b.Schedule))
	}
	return all
}

func TestPutsSlotsOfManySchedulesAtOnce(t *testing.T) {
	const many = 2050 // more than one statement takes
	each(t, func(t *testing.T, l *ledger.Ledger) {
		intended, ran := batches(many, job.SlotIntended), batches(many, job.SlotRan)
		putSchedules(t, l, schedulesOf(intended)...)
		ran[0].Slots[0].Outcome, ran[1].Decided = job.SlotMissed, time.Time{}
		ran = append(ran, job.SlotBatch{Schedule: ran[2].Schedule, Decided: second(7), Slots: []job.Slot{{Due: second(7), Outcome: job.SlotCaughtUp}}})
		for _, some := range [][]job.SlotBatch{intended, ran, ran, nil} {
			if err := l.PutManySlots(t.Context(), some); err != nil {
				t.Fatal(err)
			}
		}
		for i, s := range readSchedules(t, l) {
			runs, decided := int64(1), second(1)
			switch i {
			case 0:
				runs = 0
			case 2:
				runs, decided = 2, second(7)
			}
			if s.Runs != runs || !s.Decided.Equal(decided) {
				t.Errorf("%s: %d runs, decided up to %v; want %d and %v", s.Name, s.Runs, s.Decided, runs, decided)
			}
		}
		open, err := l.OpenSlots(t.Context())
		if got := len(slots(t, l, "", time.Time{}, time.Time{}, many*2)); len(open) != 0 || err != nil || got != many+1 {
			t.Errorf("%d slots, %d of them open, %v; want %d, and none", got, len(open), err, many+1)
		}
	})
}

// Two schedulers overlap for a moment, and a third one registers.
func TestManyWritersOfManySchedulesDoNotStopEachOther(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		forth := batches(100, job.SlotRan)
		back := slices.Clone(forth)
		slices.Reverse(back)
		putSchedules(t, l, schedulesOf(forth)...)
		var all errgroup.Group
		for round := range 4 {
			all.Go(func() error { return l.PutManySlots(t.Context(), forth) })
			all.Go(func() error { return l.PutManySlots(t.Context(), back) })
			all.Go(func() error {
				known := schedulesOf(back)
				for i := range known {
					known[i].Revision, known[i].Missing = 1, round%2 == 0
				}
				return l.PutSchedules(t.Context(), known)
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, s := range readSchedules(t, l) {
			if s.Runs != 1 {
				t.Fatalf("%s has %d runs, want 1", s.Name, s.Runs)
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

func TestFindsTheUnfinishedJobsOfManySchedules(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var told story
		for id, of := range map[string]struct {
			schedule string
			slot     *time.Time
		}{
			"a": {"nightly", new(second(1))}, "b": {"nightly", new(second(2))}, "c": {"nightly", new(second(3))},
			"d": {"hourly", new(second(1))}, "e": {"weekly", new(second(1))}, "f": {"weekly", nil}, "g": {"yearly", new(second(1))}, "h": {},
		} {
			j := newJob(id)
			j.Schedule, j.Slot = of.schedule, of.slot
			told = append(told, events.JobEnqueued{Job: j})
		}
		tell(t, l, told.then(
			events.JobEnded{ID: "c", State: job.Expired, At: second(9)}, events.JobEnded{ID: "e", State: job.Expired, At: second(9)}))
		found, err := l.UnfinishedOf(t.Context(), []string{"nightly", "hourly", "weekly", "unknown", ""})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for schedule, j := range found {
			got[schedule] = j.ID
		}
		if diff := cmp.Diff(map[string]string{"nightly": "b", "hourly": "d"}, got); diff != "" {
			t.Errorf("unfinished jobs (-want +got):\n%s", diff)
		}
		if none, err := l.UnfinishedOf(t.Context(), nil); len(none) != 0 || err != nil {
			t.Errorf("of no schedules: %v, %v", none, err)
		}
	})
}

func TestSlotsThatRanAndHaveNoJobAreFound(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, enqueue("recorded"))
		putSlots(t, l, job.Slot{Schedule: "users", Due: second(1), Outcome: job.SlotRan, JobID: "recorded", Decided: second(1)})
		putSlots(t, l, job.Slot{Schedule: "users", Due: second(2), Outcome: job.SlotRanLate, JobID: "lost", Decided: second(2)})
		putSlots(t, l, job.Slot{Schedule: "users", Due: second(3), Outcome: job.SlotMissed, Reason: "r", Decided: second(3)})
		putSlots(t, l, job.Slot{Schedule: "users", Due: second(9), Outcome: job.SlotRan, JobID: "too new", Decided: second(9)})
		putSlots(t, l, job.Slot{Schedule: "users", Due: second(0).Add(-72 * time.Hour), Outcome: job.SlotCaughtUp, JobID: "caught up", Decided: second(5)})
		got, err := l.SlotsWithoutJob(t.Context(), second(0), second(9), 10)
		if err != nil || len(got) != 2 || got[0].JobID != "lost" || got[1].JobID != "caught up" {
			t.Errorf("slots %+v, %v; want those whose job is not recorded, also one that was due long before", got, err)
		}
	})
}
