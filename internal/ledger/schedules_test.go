package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// schedule returns a schedule as it is declared.
func schedule(name string) job.Schedule {
	rule := job.NewRule("0 2 * * *", "Europe/Madrid", json.RawMessage(`{"school":"17"}`))
	return job.Schedule{Name: name, Task: "roster.sync", Client: "default", Rule: rule, Base: rule, Declared: true, Created: noon}
}

// customised returns a schedule that has all that a schedule can have.
func customised(name string) job.Schedule {
	s := schedule(name)
	s.Overrides = []job.Override{{
		Layer: job.LayerClient, Field: "cron", Value: json.RawMessage(`"0 3 * * *"`), Default: json.RawMessage(`"0 2 * * *"`),
		By: "ana", Reason: "Backups run at two.", At: noon,
	}}
	s.Cron, s.Calendar, s.Overlap, s.CatchUpWithin = "0 3 * * *", "holidays", job.OverlapAbort, job.Seconds(90*time.Second)
	s.StartsAt, s.EndsAt, s.MaxRuns = new(second(1)), new(second(2)), 12
	s.Owner, s.Labels = "ana", map[string]string{"plugin": "roster"}
	s.Notices = []string{"The default of cron has changed to 0 1 * * *."}
	s.PausedUntil, s.PauseNote, s.Problem, s.Decided = new(second(9)), "exams", "There is no such zone.", second(5)
	return s
}

func putSchedules(t *testing.T, l *ledger.Ledger, schedules ...job.Schedule) {
	t.Helper()
	if err := l.PutSchedules(t.Context(), schedules); err != nil {
		t.Fatal(err)
	}
}

func saveSchedule(t *testing.T, l *ledger.Ledger, s job.Schedule, was int64, changes ...job.Change) {
	t.Helper()
	if err := l.SaveSchedule(t.Context(), s, was, changes); err != nil {
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

func readSchedules(t *testing.T, l *ledger.Ledger) []job.Schedule {
	t.Helper()
	all, err := l.Schedules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// revised returns s as it is read at a revision.
func revised(s job.Schedule, revision int64) job.Schedule {
	s.Revision = revision
	return s
}

func TestKeepsAllOfASchedule(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		declared, created := schedule("hourly"), customised("nightly")
		created.Declared = false
		putSchedules(t, l, declared)
		saveSchedule(t, l, created, 0)
		edited := customised("hourly")
		saveSchedule(t, l, edited, 1)
		if diff := cmp.Diff([]job.Schedule{revised(edited, 2), revised(created, 1)}, readSchedules(t, l)); diff != "" {
			t.Errorf("schedules (-want +got):\n%s", diff)
		}
	})
}

func TestOfTwoPeopleWhoEditAtOnceOneIsTold(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		saveSchedule(t, l, schedule("nightly"), 0)
		first, second := customised("nightly"), schedule("nightly")
		saveSchedule(t, l, first, 1, job.Change{Field: "cron", By: "ana"})
		before := version(t, l)
		late := job.Change{Field: "zone", By: "ben"}
		for name, err := range map[string]error{
			"an edit":    l.SaveSchedule(t.Context(), second, 1, []job.Change{late}),
			"a creation": l.SaveSchedule(t.Context(), second, 0, []job.Change{late}),
			"a deletion": l.DeleteSchedule(t.Context(), "nightly", 1, late),
			"of nothing": l.SaveSchedule(t.Context(), schedule("weekly"), 1, []job.Change{late}),
		} {
			if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s: error = %v, want a conflict", name, err)
			}
		}
		if diff := cmp.Diff([]job.Schedule{revised(first, 2)}, readSchedules(t, l)); diff != "" {
			t.Errorf("schedules (-want +got):\n%s", diff)
		}
		if got := changes(t, l, "", 0); len(got) != 1 || got[0].By != "ana" || version(t, l) != before {
			t.Errorf("changes = %+v at version %d, want only the first at %d", got, version(t, l), before)
		}
	})
}

func TestAnEditKeepsWhatOthersWriteMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("nightly"))
		read := readSchedule(t, l, "nightly")
		gone := read
		gone.Missing = true
		putSchedules(t, l, gone)
		putSlots(t, l, job.Slot{Schedule: "nightly", Due: second(60), Outcome: job.SlotRan, Decided: second(61)})

		read.PauseNote, read.Created = "exams", second(99)
		saveSchedule(t, l, read, 1)
		want := revised(schedule("nightly"), 2)
		want.PauseNote, want.Missing, want.Runs, want.Decided = "exams", true, 1, second(60)
		if diff := cmp.Diff(want, readSchedule(t, l, "nightly")); diff != "" {
			t.Errorf("schedule (-want +got):\n%s", diff)
		}
	})
}

func TestRegisteringKeepsWhatPeopleSet(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		saveSchedule(t, l, customised("nightly"), 0)
		upgraded := readSchedule(t, l, "nightly")
		upgraded.Base.Cron, upgraded.Missing, upgraded.Problem, upgraded.Notices = "0 1 * * *", true, "", []string{"Look at it."}
		upgraded.Owner = "ben"
		forgetful := upgraded
		forgetful.Overrides, forgetful.PausedUntil, forgetful.PauseNote, forgetful.Created, forgetful.Runs = nil, nil, "", second(60), 9
		putSchedules(t, l, forgetful)
		if diff := cmp.Diff(revised(upgraded, 2), readSchedule(t, l, "nightly")); diff != "" {
			t.Errorf("after a new declaration (-want +got):\n%s", diff)
		}

		upgraded.Revision, upgraded.Missing = 2, false
		putSchedules(t, l, upgraded)
		if diff := cmp.Diff(upgraded, readSchedule(t, l, "nightly")); diff != "" {
			t.Errorf("after it has come back, which is no new revision (-want +got):\n%s", diff)
		}
	})
}

func TestRegisteringLeavesSchedulesThatWereJustEdited(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("hourly"), schedule("nightly"))
		read := readSchedules(t, l)
		saveSchedule(t, l, customised("nightly"), 1)
		for i := range read {
			read[i].Missing = true
		}
		err := l.PutSchedules(t.Context(), append(read, schedule("nightly"), schedule("weekly")))
		if fault.KindOf(err) != fault.Conflict || fault.Message(err) != "Schedules were changed while they were registered: nightly, nightly." {
			t.Errorf("error = %v, want a conflict that names the schedule", err)
		}
		gone := revised(schedule("hourly"), 1)
		gone.Missing = true
		want := []job.Schedule{gone, revised(customised("nightly"), 2), revised(schedule("weekly"), 1)}
		if diff := cmp.Diff(want, readSchedules(t, l)); diff != "" {
			t.Errorf("schedules (-want +got):\n%s", diff)
		}
	})
}

func TestDecidedOnlyMovesForward(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("nightly"))
		for i, tt := range []struct{ put, want int }{{10, 10}, {5, 10}, {20, 20}} {
			if err := l.PutSlots(t.Context(), "nightly", second(tt.put), nil); err != nil {
				t.Fatal(err)
			}
			putSchedules(t, l, revised(schedule("nightly"), int64(i+1))) // as it was read before
			saveSchedule(t, l, schedule("nightly"), int64(i+1))
			if got := readSchedule(t, l, "nightly").Decided; !got.Equal(second(tt.want)) {
				t.Errorf("decided up to %v, want %v", got, second(tt.want))
			}
		}
	})
}

func TestADeletedScheduleLeavesItsSlotsAndChanges(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		saveSchedule(t, l, schedule("nightly"), 0, job.Change{Field: "created", By: "ana"})
		slot := job.Slot{Schedule: "nightly", Due: second(60), Outcome: job.SlotRan, Decided: second(61)}
		putSlots(t, l, slot)
		if err := l.DeleteSchedule(t.Context(), "nightly", 1, job.Change{Field: "deleted", By: "ben", Reason: "It is over."}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Schedule(t.Context(), "nightly"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("error = %v, want that it is gone", err)
		}
		if diff := cmp.Diff([]job.Slot{slot}, slots(t, l, "nightly", time.Time{}, time.Time{}, 0)); diff != "" {
			t.Errorf("slots (-want +got):\n%s", diff)
		}
		want := []job.Change{
			{Seq: 2, Schedule: "nightly", Field: "deleted", By: "ben", Reason: "It is over."},
			{Seq: 1, Schedule: "nightly", Field: "created", By: "ana"},
		}
		if diff := cmp.Diff(want, changes(t, l, "nightly", 0)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
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

func TestOfTwoThatWouldWaitForEachOtherOneIsRefused(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		a, b := schedule("a"), schedule("b")
		putSchedules(t, l, a, b)
		a.After, b.After = []string{"b"}, []string{"a"}
		moved := []job.Change{{Field: "after", By: "ana"}}
		saveSchedule(t, l, a, 1, moved...)
		err := l.SaveSchedule(t.Context(), b, 1, moved)
		if fault.KindOf(err) != fault.Invalid || fault.Message(err) != "Each would wait for the other: b -> a -> b." {
			t.Errorf("error = %v", err)
		}
		if got := readSchedule(t, l, "b"); got.Revision != 1 || len(got.After) > 0 {
			t.Errorf("it was written all the same: %+v", got)
		}
		b.After, b.Owner = nil, "ana"
		saveSchedule(t, l, b, 1, job.Change{Field: "owner", By: "ana"})
	})
}
