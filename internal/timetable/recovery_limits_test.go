package timetable_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// A surprised ledger is changed by somebody else before open slots are read.
type surprised struct {
	*fakeLedger
	change func()
}

func (l surprised) OpenSlots(ctx context.Context) ([]job.Slot, error) {
	l.change()
	return l.fakeLedger.OpenSlots(ctx)
}

func TestAPlanThatIsApprovedInTheMiddleOfALookStartsInOrder(t *testing.T) {
	downed(t, 40, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back := time.Now()
		w.Recovery.Approve, w.Recovery.Together = 0, 3
		walkWith(t, w, time.Minute)
		book := bookOf(t, l)
		w.Ledger = surprised{l, func() {
			if l.plans[0].State == job.RecoveryHeld {
				if _, err := book.ApproveRecovery(t.Context(), 1, "ada", "Checked."); err != nil {
					t.Error(err)
				}
			}
		}}
		walkWith(t, w, 5*time.Minute)
		if got := q.started(back); len(got) != 3 {
			t.Errorf("%d jobs started at once, want 3: %v", len(got), got)
		}
	})
}

func TestAScheduleThatHadAllItsRunsBeginsNoRecovery(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		once, often := every("* * * * *"), every("* * * * *")
		once.MaxRuns, often.Name = 1, "often"
		l.schedules = []job.Schedule{once, often}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 0, Most: 1000, Together: 20}}
		walkWith(t, w, time.Hour)
		time.Sleep(150 * time.Second)
		back := time.Now()
		walkWith(t, w, time.Minute)
		if len(l.plans) != 0 || len(q.started(back)) == 0 {
			t.Errorf("the recoveries are %+v, and %v started; want no recovery", l.plans, q.started(back))
		}
	})
}

func TestSlotsOfAHeldPlanCountAmongTheRunsThatAScheduleMayHave(t *testing.T) {
	for _, approved := range []bool{true, false} {
		t.Run(fmt.Sprint("approved ", approved), func(t *testing.T) {
			bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
				l.queue = q
				s := every("0 * * * *")
				s.MaxRuns, s.CatchUp, s.Overlap = 4, job.CatchUpAll, job.OverlapAllow
				l.schedules = []job.Schedule{s}
				w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 0, Most: 1000, Together: 20}}
				walkWith(t, w, time.Minute)
				time.Sleep(3*time.Hour + time.Minute)
				later := time.Now().Add(5 * time.Hour)
				settle := bookOf(t, l).RejectRecovery
				if approved {
					settle = bookOf(t, l).ApproveRecovery
				}
				w.Ledger = surprised{l, func() {
					if time.Now().After(later) && l.plans[0].State == job.RecoveryHeld {
						if _, err := settle(t.Context(), 1, "ada", "Checked."); err != nil {
							t.Error(err)
						}
					}
				}}
				walkWith(t, w, 10*time.Hour)
				if len(q.requests) != 4 {
					t.Errorf("it ran %d times, want 4:\n%s", len(q.requests), l.story())
				}
			})
		})
	}
}

func TestASlotIsNotGivenUpWhileItsPlanTakesMoreThanADay(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, 25*time.Hour
		first, last := every("1 0 1 * *"), every("2 0 1 * *")
		first.Name, last.Name = "first", "last"
		l.schedules = []job.Schedule{first, last}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 10, Most: 10, Together: 1}}
		walkWith(t, w, 30*time.Second)
		time.Sleep(time.Hour)
		walkWith(t, w, 26*time.Hour)
		if diff := cmp.Diff([]string{"first", "last"}, q.started(time.Time{})); diff != "" {
			t.Errorf("(-want +got)\n%s\n%s", diff, l.story())
		}
	})
}

func TestOrdinarySlotsGoOnWhileOneOfTheirScheduleWaitsForItsTurn(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, 20*time.Minute
		first, often := every("1 0 * * *"), every("0 * * * *")
		first.Name, often.Name = "first", "often"
		l.schedules = []job.Schedule{first, often}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 10, Most: 10, Together: 1}}
		walkWith(t, w, 30*time.Second)
		time.Sleep(119 * time.Minute) // until 01:59:30
		walkWith(t, w, 90*time.Minute)
		want := "first 00:01 at 01:59\noften 02:00 at 02:00\noften 01:00 at 02:20\noften 03:00 at 03:00"
		var got []string
		for _, r := range q.requests {
			got = append(got, fmt.Sprintf("%s %s at %s", r.Schedule, r.Slot.UTC().Format("15:04"), q.jobs[r.ID].Created.UTC().Format("15:04")))
		}
		if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("(-want +got)\n%s\n%s", diff, l.story())
		}
	})
}

func TestAPlanEndsThoughAJobOfItWasLost(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, time.Hour
		l.schedules = []job.Schedule{every("1 0 1 * *")}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 10, Most: 10, Together: 1}}
		walkWith(t, w, 30*time.Second)
		time.Sleep(time.Hour)
		walkWith(t, w, 10*time.Minute)
		if l.plans[0].State != job.RecoveryRunning {
			t.Errorf("it is %s while its job runs, want running", l.plans[0].State)
		}
		clear(q.jobs) // the queue has lost it, and the ledger never heard of it
		walkWith(t, w, time.Minute)
		if l.plans[0].State != job.RecoveryDone {
			t.Errorf("it is %s, want done", l.plans[0].State)
		}
	})
}

func TestAStepMayWaitLongForOneThatWaitsForItsTurn(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, 7*time.Hour
		first, prior, last := every("1 0 1 * *"), every("2 0 1 * *"), every("3 0 1 * *")
		first.Name, prior.Name, last.Name, last.After = "first", "prior", "last", []string{"prior"}
		l.schedules = []job.Schedule{first, prior, last}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 10, Most: 10, Together: 1}}
		walkWith(t, w, 30*time.Second)
		time.Sleep(time.Hour)
		walkWith(t, w, 15*time.Hour) // a slot waits for 12 h at most for one that can start
		if diff := cmp.Diff([]string{"first", "prior", "last"}, q.started(time.Time{})); diff != "" {
			t.Errorf("(-want +got)\n%s\n%s", diff, l.story())
		}
	})
}

func TestAPlanEndsThoughTheTimesOfAScheduleMakeNoSenseAnyMore(t *testing.T) {
	for _, broken := range []func(s *job.Schedule){
		func(s *job.Schedule) { s.Cron = "nonsense" },
		func(s *job.Schedule) { s.Zone = "Mars/Olympus" },
		func(s *job.Schedule) { s.Calendar = "gone" },
	} {
		bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
			l.queue = q
			l.schedules = []job.Schedule{every("1 0 1 * *")}
			w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Most: 10, Together: 1}}
			walkWith(t, w, 30*time.Second)
			time.Sleep(time.Hour)
			walkWith(t, w, time.Minute)
			l.edit("roster", broken)
			if _, err := bookOf(t, l).ApproveRecovery(t.Context(), 1, "ada", "Checked."); err != nil {
				t.Fatal(err)
			}
			walkWith(t, w, time.Minute)
			if l.plans[0].State != job.RecoveryDone {
				t.Errorf("it is %s, want done:\n%s", l.plans[0].State, l.story())
			}
		})
	}
}
