package timetable_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// imc is the nightly chain of imc's job manager, each after the one before.
var imc = []string{"user.import", "group.assignment", "enrolment", "reports", "notifications"}

// downed has a timetable that nobody walks from 00:01 on day 1 until 02:01 on
// day 2: the chain of imc at 01:00, and other schedules.
func downed(t *testing.T, others int, f func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker)) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, 10*time.Minute
		l.usual = map[string]job.Usual{}
		for i, name := range imc {
			s := every("0 1 * * *")
			s.Name, s.Task, s.Args = name, name, json.RawMessage(`{}`)
			if i > 0 {
				s.After = []string{imc[i-1]}
			}
			l.schedules = append(l.schedules, s)
			l.usual[name] = job.Usual{Median: 10 * time.Minute, Long: 12 * time.Minute}
		}
		for i := range others {
			s := every(fmt.Sprintf("%d %d * * *", i%60, i%24))
			s.Name, s.Task = fmt.Sprintf("other.%02d", i), "other"
			if i%2 == 0 {
				s.CatchUp, s.Cron = job.CatchUpAll, fmt.Sprintf("%d */6 * * *", i)
			}
			l.schedules = append(l.schedules, s)
		}
		slices.Reverse(l.schedules) // their order decides nothing
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 200, Most: 1000, Together: 40}}
		walkWith(t, w, time.Minute)
		time.Sleep(26 * time.Hour)
		f(t, l, q, w)
	})
}

// started returns the schedules whose jobs were enqueued since, in order.
func (q *fakeQueue) started(since time.Time) (names []string) {
	for _, r := range q.requests {
		if !q.jobs[r.ID].Created.Before(since) {
			names = append(names, r.Schedule)
		}
	}
	return names
}

func TestAfterADayWithoutASchedulerOnePlanRunsInOrder(t *testing.T) {
	downed(t, 50, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back := time.Now()
		walkWith(t, w, time.Minute)
		book := bookOf(t, l)
		plan, err := book.Recovery(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(printed(plan))
		if plan.State != job.RecoveryRunning || plan.By != "beadle" || plan.Slots != len(plan.Steps) {
			t.Errorf("the plan of %d steps is %+v, want it running with all of them", len(plan.Steps), plan.Recovery)
		}
		walkWith(t, w, 2*time.Hour)

		if r, err := book.Recovery(t.Context(), 0); err != nil || r.State != job.RecoveryDone {
			t.Errorf("the recovery is %s, want done (%v)", r.State, err)
		}
		expectOneOutcomeEach(t, l, back)
		expectInPlanOrder(t, q.started(back), plan.Steps)
	})
}

// expectOneOutcomeEach checks that there are no gaps, and that all that was due
// while nobody was up is decided.
func expectOneOutcomeEach(t *testing.T, l *fakeLedger, back time.Time) {
	t.Helper()
	seen := map[string]int{}
	for _, s := range l.slots {
		seen[s.Schedule+" "+s.Due.UTC().Format(time.DateTime)]++
		if s.Due.Before(back) && !s.Outcome.Final() {
			t.Errorf("%s of %s is %s", s.Schedule, s.Due, s.Outcome)
		}
	}
	for _, s := range l.schedules {
		due, err := timetable.Slots(s, nil, s.Created)
		if err != nil {
			t.Fatal(err)
		}
		for d := range due {
			if d.At.After(back) {
				break
			}
			if n := seen[s.Name+" "+d.At.UTC().Format(time.DateTime)]; n != 1 {
				t.Errorf("%s of %s has %d outcomes, want one", s.Name, d.At, n)
			}
		}
	}
}

// expectInPlanOrder checks that each step of a chain started after the one
// before, in the order of the plan.
func expectInPlanOrder(t *testing.T, started []string, steps []job.RecoveryStep) {
	t.Helper()
	var chain, want []string
	for _, s := range steps {
		if slices.Contains(imc, s.Schedule) {
			want = append(want, s.Schedule)
		}
	}
	for _, name := range started {
		if slices.Contains(imc, name) {
			chain = append(chain, name)
		}
	}
	if diff := cmp.Diff(want, chain); diff != "" || !slices.Equal(want, imc) {
		t.Errorf("the chain was planned as %v and ran otherwise (-want +got)\n%s", want, diff)
	}
}

func bookOf(t *testing.T, l *fakeLedger) *timetable.Book {
	f := newFakeBook()
	f.fakeLedger = l
	for _, s := range l.schedules {
		f.schedules[s.Name] = s
	}
	return &timetable.Book{Ledger: f, Tasks: l.Tasks, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// printed is a plan in lines.
func printed(p job.RecoveryPlan) string {
	var lines []string
	for _, s := range p.Steps {
		lines = append(lines, fmt.Sprintf("%3d %s %s after %v %s", s.Place, s.Due.Format("02 15:04"), s.Schedule, s.After, s.Outcome))
	}
	return fmt.Sprintf("%d slots, expected %s\n%s", p.Slots, time.Duration(p.Expected), strings.Join(lines, "\n"))
}

func TestABigPlanIsHeldUntilAPersonApprovesItAndOrdinarySlotsGoOn(t *testing.T) {
	downed(t, 0, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back, alarms := time.Now(), 0
		w.Recovery.Approve = 4
		w.Alarm = func(s job.Slot) {
			if strings.Contains(s.Reason, "held") {
				alarms++
			}
		}
		l.edit("reports", func(s *job.Schedule) { s.Cron, s.After = "30 * * * *", nil })
		walkWith(t, w, 10*time.Minute)
		book := bookOf(t, l)
		plan, err := book.Recovery(t.Context(), 0)
		if err != nil || plan.State != job.RecoveryHeld || plan.Slots != 5 || alarms != 5 {
			t.Fatalf("the plan is %+v with %d alarms, want it held with 5 slots and as many alarms (%v)", plan.Recovery, alarms, err)
		}
		if got := q.started(back); len(got) != 0 {
			t.Errorf("%v started without approval", got)
		}
		walkWith(t, w, 30*time.Minute)
		if diff := cmp.Diff([]string{"reports"}, q.started(back)); diff != "" {
			t.Errorf("ordinary slots (-want +got)\n%s", diff)
		}
		if _, err := book.ApproveRecovery(t.Context(), plan.ID, "ada", "Checked with the registrar."); err != nil {
			t.Fatal(err)
		}
		walkWith(t, w, 55*time.Minute)
		// The plan's slot of reports has been outrun by 02:30, and notifications
		// come after it.
		want := []string{"reports", "reports", "user.import", "group.assignment", "enrolment"}
		got := q.started(back)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("started (-want +got)\n%s", diff)
		}
		if _, err := book.ApproveRecovery(t.Context(), plan.ID, "ada", "Again."); fault.KindOf(err) != fault.Conflict {
			t.Errorf("approving again: %v, want a conflict", err)
		}
	})
}

func TestASlotThatALaterOneHasOutrunIsMissedWhenItsPlanIsApproved(t *testing.T) {
	downed(t, 0, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		w.Recovery.Approve = 0
		walkWith(t, w, 24*time.Hour) // the chain has run again at 01:00
		book := bookOf(t, l)
		if _, err := book.ApproveRecovery(t.Context(), 0, "ada", "Checked."); err != nil {
			t.Fatal(err)
		}
		walkWith(t, w, time.Minute)
		plan, err := book.Recovery(t.Context(), 0)
		if err != nil || plan.State != job.RecoveryDone {
			t.Errorf("the plan is %s, want done (%v)", plan.State, err)
		}
		for _, s := range plan.Steps {
			if s.Outcome != job.SlotMissed || s.Reason != "a later slot has run meanwhile" {
				t.Errorf("%s is %s: %s", s.Schedule, s.Outcome, s.Reason)
			}
		}
	})
}

func TestARejectedPlanIsMissed(t *testing.T) {
	downed(t, 3, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back := time.Now()
		w.Recovery.Approve = 0
		walkWith(t, w, time.Minute)
		if _, err := bookOf(t, l).RejectRecovery(t.Context(), 1, "ada", "The night is over."); err != nil {
			t.Fatal(err)
		}
		walkWith(t, w, time.Minute)
		if got := q.started(back); len(got) != 0 {
			t.Errorf("%v started", got)
		}
		expectOneOutcomeEach(t, l, back)
		if !strings.Contains(l.story(), "missed: recovery 1 was rejected: The night is over.") {
			t.Error(l.story())
		}
	})
}

func TestAPlanTakesTheNewestSlotsUpToItsCap(t *testing.T) {
	downed(t, 10, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back := time.Now()
		w.Recovery.Most = 8
		walkWith(t, w, 2*time.Hour)
		plan, err := bookOf(t, l).Recovery(t.Context(), 1)
		if err != nil || plan.Slots != 8 || len(plan.Steps) != 8 {
			t.Fatalf("the plan has %d of %d steps, want 8 (%v)", len(plan.Steps), plan.Slots, err)
		}
		for _, s := range l.slots {
			capped := strings.Contains(s.Reason, "the newest 8 slots")
			if capped && slices.ContainsFunc(plan.Steps, func(step job.RecoveryStep) bool { return step.Due.Before(s.Due) }) {
				t.Errorf("%s of %s gave way to an older one", s.Schedule, s.Due)
			}
		}
		expectOneOutcomeEach(t, l, back)
	})
}

// clashing are schedules whose jobs write the same.
func clashing(l *fakeLedger, names ...string) {
	for i, s := range l.schedules {
		if slices.Contains(names, s.Name) {
			l.schedules[i].Task, l.schedules[i].Args = "writer", json.RawMessage(`{}`)
		}
	}
	l.tasks = append(l.tasks, job.Declaration{Name: "writer", Locks: true, Writes: []string{"lms"}})
}

func TestSlotsThatClashRunOneAfterTheOtherAndOrdinaryOnesWaitForThem(t *testing.T) {
	downed(t, 3, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back := time.Now()
		clashing(l, "other.00", "other.01", "other.02", "ordinary")
		ordinary := every("5 2 * * *")
		ordinary.Name, ordinary.Task, ordinary.Args = "ordinary", "writer", json.RawMessage(`{}`)
		l.schedules = append(l.schedules, ordinary)
		walkWith(t, w, 3*time.Hour)
		busy := time.Time{}
		for _, r := range q.requests {
			j, ofPlan := q.jobs[r.ID], r.Slot.Before(back)
			if r.Task != "writer" || j.Created.Before(back) || !ofPlan && r.Schedule != "ordinary" {
				continue
			}
			if j.Created.Before(busy) {
				t.Errorf("%s of %s started while another of the plan was running", r.Schedule, r.Slot)
			}
			busy = *j.Ended
		}
		if want := "ran_late"; !strings.Contains(l.story(), want) || !strings.Contains(l.story(), "it waited for other.") {
			t.Errorf("no slot says that it waited:\n%s", l.story())
		}
		plan, err := bookOf(t, l).Recovery(t.Context(), 0)
		if err != nil || !slices.ContainsFunc(plan.Steps, func(s job.RecoveryStep) bool { return slices.Contains(s.Shares, "north/lms") }) {
			t.Errorf("no step says what it shares: %v, %v", plan.Steps, err)
		}
	})
}

func TestNoMoreJobsOfAPlanThanAllowedAreUnfinished(t *testing.T) {
	downed(t, 40, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back := time.Now()
		w.Recovery.Together = 3
		walkWith(t, w, 5*time.Minute)
		if got := q.started(back); len(got) != 3 {
			t.Errorf("%d jobs are unfinished, want 3: %v", len(got), got)
		}
	})
}

func TestASuccessorCompletesAPlan(t *testing.T) {
	downed(t, 30, func(t *testing.T, l *fakeLedger, q *fakeQueue, w *timetable.Walker) {
		back, calls := time.Now(), 0
		l.fail = func() error { // the first leader dies in the middle of its first look
			if calls++; calls%9 == 0 {
				return errDisk
			}
			return nil
		}
		for range 5 {
			walkWith(t, w, 700*time.Millisecond)
			time.Sleep(10 * time.Second)
		}
		l.fail = nil
		walkWith(t, w, 2*time.Hour)
		if len(l.plans) != 1 || l.plans[0].State != job.RecoveryDone {
			t.Errorf("the recoveries are %+v, want one that is done", l.plans)
		}
		expectOneOutcomeEach(t, l, back)
	})
}

func TestAShortAbsenceIsNoRecovery(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = []job.Schedule{every("* * * * *")}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: 10 * time.Minute, Approve: 100, Most: 1000, Together: 20}}
		for range 5 {
			walkWith(t, w, 3*time.Minute)
			time.Sleep(9 * time.Minute)
		}
		if len(l.plans) != 0 {
			t.Errorf("there are recoveries: %+v", l.plans)
		}
	})
}

func TestAStepComesBehindOneOfTheSameDayThatIsDueLater(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, 10*time.Minute
		early, late := every("0 6 * * *"), every("0 18 * * *")
		early.Name, late.Name = "early", "late"
		early.After, early.AfterFor = []string{"late"}, job.AfterDay
		l.schedules = []job.Schedule{early, late}
		l.usual = map[string]job.Usual{"late": {Median: time.Hour}, "early": {Median: time.Minute}}
		w := &timetable.Walker{Ledger: l, Queue: q, Recovery: timetable.RecoveryRules{After: time.Minute, Approve: 10, Most: 10, Together: 5}}
		walkWith(t, w, time.Minute)
		time.Sleep(20 * time.Hour)
		back := time.Now()
		walkWith(t, w, time.Hour)
		plan, err := bookOf(t, l).Recovery(t.Context(), 0)
		if err != nil || len(plan.Steps) != 2 || plan.Steps[0].Schedule != "late" || time.Duration(plan.Expected) != 61*time.Minute {
			t.Errorf("the plan is %s, want late before early, in 61 minutes (%v)", printed(plan), err)
		}
		if diff := cmp.Diff([]string{"late", "early"}, q.started(back)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
