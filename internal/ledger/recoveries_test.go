package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func beginRecovery(t *testing.T, l *ledger.Ledger, from, to time.Time) job.Recovery {
	t.Helper()
	r, err := l.BeginRecovery(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func saveRecovery(t *testing.T, l *ledger.Ledger, r job.Recovery, was job.RecoveryState, order []job.Slot, settled ...job.SlotBatch) {
	t.Helper()
	if err := l.SaveRecovery(t.Context(), r, was, order, settled); err != nil {
		t.Fatal(err)
	}
}

func readRecovery(t *testing.T, l *ledger.Ledger, id int64) job.Recovery {
	t.Helper()
	r, err := l.Recovery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recovered returns a slot that is intended in a recovery.
func recovered(schedule string, due int, recovery int64) job.Slot {
	return job.Slot{
		Schedule: schedule, Due: second(due), Outcome: job.SlotIntended, JobID: schedule, Decided: noon, Recovery: recovery,
	}
}

// openSlots returns the schedules of the slots that are open.
func openSlots(t *testing.T, l *ledger.Ledger) (schedules []string) {
	t.Helper()
	open, err := l.OpenSlots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range open {
		schedules = append(schedules, s.Schedule)
	}
	return schedules
}

func steps(t *testing.T, l *ledger.Ledger, id int64) []job.SlotStand {
	t.Helper()
	all, err := l.RecoverySteps(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A recovery is made, held, approved and done. Its slots are open only while it
// runs, and keep their order to the end.
func TestKeepsARecoveryFromItsBeginningToItsEnd(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		putSchedules(t, l, schedule("users"), schedule("grades"))
		r := beginRecovery(t, l, second(1), second(60))
		if diff := cmp.Diff(job.Recovery{ID: 1, From: second(1), To: second(60), State: job.RecoveryMaking}, r); diff != "" {
			t.Errorf("begun (-want +got):\n%s", diff)
		}
		grades, users, mails := recovered("grades", 1, r.ID), recovered("users", 2, r.ID), recovered("mails", 2, r.ID)
		ordinary := job.Slot{Schedule: "ordinary", Due: second(3), Outcome: job.SlotIntended, JobID: "ordinary", Decided: noon}
		for _, s := range []job.Slot{ordinary, users, grades, mails} {
			putSlots(t, l, s)
		}
		r.Slots = 3
		look := func(when string, want []job.SlotStand, open ...string) {
			t.Helper()
			if diff := cmp.Diff(r, readRecovery(t, l, r.ID)); diff != "" {
				t.Errorf("%s: recovery (-want +got):\n%s", when, diff)
			}
			if diff := cmp.Diff(want, steps(t, l, r.ID)); diff != "" {
				t.Errorf("%s: steps (-want +got):\n%s", when, diff)
			}
			if diff := cmp.Diff(open, openSlots(t, l)); diff != "" {
				t.Errorf("%s: open slots (-want +got):\n%s", when, diff)
			}
		}
		look("in the making", []job.SlotStand{{Slot: grades}, {Slot: mails}, {Slot: users}}, "ordinary")

		mails.Outcome, mails.Reason = job.SlotMissed, "It is one of the oldest."
		r.State, r.Slots, r.Made, r.Expected = job.RecoveryHeld, 2, second(61), job.Seconds(90*time.Second)
		saveRecovery(t, l, r, job.RecoveryMaking, []job.Slot{users, grades}, job.SlotBatch{Schedule: "mails", Slots: []job.Slot{mails}})
		look("held", []job.SlotStand{{Slot: users}, {Slot: grades}}, "ordinary")

		r.State, r.Settled, r.By, r.Reason = job.RecoveryRunning, new(second(70)), "ada", "It is needed."
		saveRecovery(t, l, r, job.RecoveryHeld, nil)
		look("running", []job.SlotStand{{Slot: users}, {Slot: grades}}, "grades", "users", "ordinary")

		tell(t, l, enqueue("users").then(events.JobEnded{ID: "users", State: job.Succeeded, At: second(80)}))
		users.Outcome, users.Lag = job.SlotCaughtUp, time.Minute
		users.Recovery = 0 // who confirms an enqueue may not know
		putSlots(t, l, users)
		users.Recovery = r.ID
		ended := job.SlotStand{Slot: users, State: job.Succeeded, Ended: second(80)}
		look("one has ended", []job.SlotStand{ended, {Slot: grades}}, "grades", "ordinary")

		grades.Outcome = job.SlotMissed
		r.State, r.Ended = job.RecoveryDone, new(second(90))
		saveRecovery(t, l, r, job.RecoveryRunning, nil, job.SlotBatch{Schedule: "grades", Decided: second(60), Slots: []job.Slot{grades}})
		look("done", []job.SlotStand{ended, {Slot: grades}}, "ordinary")
		if got := readSchedule(t, l, "grades"); !got.Decided.Equal(second(60)) || got.Runs != 0 {
			t.Errorf("grades is decided up to %v with %d runs, want %v and none", got.Decided, got.Runs, second(60))
		}
		if got := readSchedule(t, l, "users"); got.Runs != 1 {
			t.Errorf("users has %d runs, want 1", got.Runs)
		}
	})
}

func TestListsRecoveriesAndThoseThatAreNotOver(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		if _, err := l.Recovery(t.Context(), 0); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the newest of none: %v, want not found", err)
		}
		for _, becomes := range []job.RecoveryState{job.RecoveryRejected, job.RecoveryRunning, job.RecoveryDone, job.RecoveryHeld, job.RecoveryMaking} {
			r := beginRecovery(t, l, noon, noon)
			r.State = becomes
			saveRecovery(t, l, r, job.RecoveryMaking, nil)
		}
		all, err := l.Recoveries(t.Context(), 4)
		if err != nil {
			t.Fatal(err)
		}
		open, err := l.OpenRecoveries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			got  []job.Recovery
			want []int64
		}{
			"all":    {all, []int64{5, 4, 3, 2}},
			"open":   {open, []int64{2, 4, 5}},
			"newest": {[]job.Recovery{readRecovery(t, l, 0)}, []int64{5}},
			"one":    {[]job.Recovery{readRecovery(t, l, 3)}, []int64{3}},
		} {
			var got []int64
			for _, r := range tt.got {
				got = append(got, r.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if _, err := l.Recovery(t.Context(), 7); fault.KindOf(err) != fault.NotFound {
			t.Errorf("one that there is not: %v, want not found", err)
		}
	})
}

// Two schedulers overlap for a moment.
func TestOnlyOneRecoveryIsInTheMaking(t *testing.T) {
	for name, location := range empties {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			var all errgroup.Group
			for range 2 {
				l := open(t, at)
				for range 5 {
					all.Go(func() error {
						_, err := l.BeginRecovery(t.Context(), noon, second(1))
						return err
					})
				}
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
			l := open(t, at)
			found, err := l.Recoveries(t.Context(), 0)
			if len(found) != 1 || err != nil {
				t.Errorf("%d recoveries, %v; want one", len(found), err)
			}
			if again := beginRecovery(t, l, second(5), second(6)); !again.From.Equal(noon) {
				t.Errorf("begun again, it is from %v; want it as it was", again.From)
			}
		})
	}
}

func TestRefusesWhatARecoveryIsNotReadyFor(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		held, making := heldRecovery(t, l), beginRecovery(t, l, noon, noon)
		putSlots(t, l, recovered("mails", 1, making.ID))
		join := func(id int64) error {
			return l.PutSlots(t.Context(), "late", noon, []job.Slot{recovered("late", 1, id)})
		}
		save := func(id int64, was job.RecoveryState) error {
			missed := recovered("users", 1, id)
			missed.Outcome = job.SlotMissed
			settled := []job.SlotBatch{{Schedule: "users", Slots: []job.Slot{missed}}}
			return l.SaveRecovery(t.Context(), job.Recovery{ID: id, State: job.RecoveryDone}, was, []job.Slot{}, settled)
		}
		for name, tt := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"a slot for one that is held":    {join(held), fault.Conflict},
			"a slot for none":                {join(7), fault.NotFound},
			"a change of what it was before": {save(held, job.RecoveryMaking), fault.Conflict},
			"a change of none":               {save(7, job.RecoveryMaking), fault.NotFound},
			"to drop one that is held":       {l.DropRecovery(t.Context(), held), fault.Conflict},
			"to drop one that has slots":     {l.DropRecovery(t.Context(), making.ID), fault.Conflict},
			"to drop one that there is not":  {l.DropRecovery(t.Context(), 7), fault.NotFound},
		} {
			if fault.KindOf(tt.err) != tt.want {
				t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
			}
		}
		if got := readRecovery(t, l, held); got.State != job.RecoveryHeld {
			t.Errorf("it is %s, want it held as before", got.State)
		}
		want := []job.SlotStand{{Slot: recovered("users", 1, held)}, {Slot: recovered("grades", 1, held)}}
		if diff := cmp.Diff(want, steps(t, l, held)); diff != "" {
			t.Errorf("its steps (-want +got):\n%s", diff)
		}
		if found := slots(t, l, "late", time.Time{}, time.Time{}, 0); len(found) > 0 {
			t.Errorf("the late slot is there: %v", found)
		}
	})
}

// heldRecovery returns the id of a recovery with slots of users and grades.
func heldRecovery(t *testing.T, l *ledger.Ledger) int64 {
	t.Helper()
	r := beginRecovery(t, l, noon, noon)
	users, grades := recovered("users", 1, r.ID), recovered("grades", 1, r.ID)
	putSlots(t, l, users)
	putSlots(t, l, grades)
	r.State = job.RecoveryHeld
	saveRecovery(t, l, r, job.RecoveryMaking, []job.Slot{users, grades})
	return r.ID
}

func TestDropsARecoveryThatHasNoSlots(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		r := beginRecovery(t, l, noon, noon)
		if err := l.DropRecovery(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		if open, err := l.OpenRecoveries(t.Context()); len(open) > 0 || err != nil {
			t.Errorf("open recoveries: %v, %v; want none", open, err)
		}
	})
}

// A slot keeps what it was first: its job may be on its way already.
func TestASlotThatIsKnownJoinsNoRecovery(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		r := beginRecovery(t, l, noon, noon)
		intended := recovered("users", 1, 0)
		ran := recovered("grades", 1, 0)
		ran.Outcome = job.SlotRan
		for _, s := range []job.Slot{intended, ran} {
			putSlots(t, l, s)
			putSlots(t, l, recovered(s.Schedule, 1, r.ID))
			if diff := cmp.Diff([]job.Slot{s}, slots(t, l, s.Schedule, time.Time{}, time.Time{}, 0)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", s.Schedule, diff)
			}
		}
		if got := readRecovery(t, l, r.ID); got.Slots != 0 {
			t.Errorf("it has %d slots, want none", got.Slots)
		}
	})
}

func TestSlotsOfANewSchemaSurviveTheOlderOne(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			l := open(t, at)
			heldRecovery(t, l)
			if err := l.MigrateDown(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
			l = open(t, at)
			if diff := cmp.Diff([]string{"grades", "users"}, openSlots(t, l)); diff != "" {
				t.Errorf("open slots (-want +got):\n%s", diff)
			}
			if all, err := l.Recoveries(t.Context(), 0); len(all) > 0 || err != nil {
				t.Errorf("recoveries: %v, %v; want none", all, err)
			}
		})
	}
}
