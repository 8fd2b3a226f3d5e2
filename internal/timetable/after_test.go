package timetable_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// the nightly chain of an LMS, each after the one before
var chainOfFive = []string{"users", "groups", "enrolment", "reports", "mails"}

// chained has all jobs of the chain due at 02:00, known to the ledger as soon
// as they end.
func chained(t *testing.T, f func(t *testing.T, l *fakeLedger, q *fakeQueue)) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.queue, q.takes = q, 10*time.Minute
		for i, name := range chainOfFive {
			s := every("0 2 * * *")
			s.Name = name
			if i > 0 {
				s.After = []string{chainOfFive[i-1]}
			}
			l.schedules = append(l.schedules, s)
		}
		slices.Reverse(l.schedules) // their order decides nothing
		f(t, l, q)
	})
}

// edit changes a schedule of the chain.
func (l *fakeLedger) edit(name string, change func(s *job.Schedule)) {
	i := slices.IndexFunc(l.schedules, func(s job.Schedule) bool { return s.Name == name })
	change(&l.schedules[i])
}

// chain tells the slots in the order of the chain: "users ran".
func (l *fakeLedger) chain() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, name := range chainOfFive {
		for _, s := range l.slots {
			if s.Schedule == name {
				line := fmt.Sprintf("%s %s +%s", name, s.Outcome, s.Lag.Round(time.Minute))
				if s.Reason != "" {
					line += ": " + s.Reason
				}
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

func expectChain(t *testing.T, l *fakeLedger, want ...string) {
	t.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), l.chain()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAChainRunsInOrder(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		walk(t, l, q, 3*time.Hour)
		expectChain(t, l,
			"users ran +0s",
			"groups ran +10m0s: it waited for users of 02:00",
			"enrolment ran +20m0s: it waited for groups of 02:00",
			"reports ran +30m0s: it waited for enrolment of 02:00",
			"mails ran +40m0s: it waited for reports of 02:00")
		var order []string
		for _, r := range q.requests {
			order = append(order, r.Schedule)
		}
		if diff := cmp.Diff(chainOfFive, order); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestAnOpenSlotSaysWhatItWaitsForAndIsNotLate(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Alarm: func(s job.Slot) { t.Errorf("alarm: %+v", s) }}, 125*time.Minute)
		expectChain(t, l,
			"users ran +0s",
			"groups intended +0s: Waits for users of 02:00.",
			"enrolment intended +0s: Waits for groups of 02:00.",
			"reports intended +0s: Waits for enrolment of 02:00.",
			"mails intended +0s: Waits for reports of 02:00.")
	})
}

func TestAChainGoesOnAfterAChangeOfLeader(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		walk(t, l, q, 125*time.Minute)
		walk(t, l, q, 12*time.Minute)
		time.Sleep(30 * time.Second)
		walk(t, l, q, time.Hour)
		expectChain(t, l,
			"users ran +0s",
			"groups ran +10m0s: it waited for users of 02:00",
			"enrolment ran +20m0s: it waited for groups of 02:00",
			"reports ran +30m0s: it waited for enrolment of 02:00",
			"mails ran +40m0s: it waited for reports of 02:00")
		if len(q.requests) != 5 {
			t.Errorf("%d jobs", len(q.requests))
		}
	})
}

func TestAChainIsCaughtUpOnInOrder(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = l.schedules[2:]
		time.Sleep(27 * time.Hour)
		walk(t, l, q, time.Hour)
		expectChain(t, l,
			"users missed +0s: the scheduler was down",
			"users caught_up +1h0m0s",
			"groups missed +0s: the scheduler was down",
			"groups caught_up +1h10m0s: it waited for users of 02:00",
			"enrolment missed +0s: the scheduler was down",
			"enrolment caught_up +1h20m0s: it waited for groups of 02:00")
	})
}

func TestWhatComesAfterAFailedJobGoesItsOwnWay(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		q.fails = map[string]bool{"groups": true}
		l.edit("reports", func(s *job.Schedule) { s.AfterElse = job.ElseRun })
		l.edit("mails", func(s *job.Schedule) { s.AfterElse, s.After = job.ElseMiss, []string{"groups", "reports"} })
		var alarms []string
		w := &timetable.Walker{Ledger: l, Queue: q, Alarm: func(s job.Slot) { alarms = append(alarms, s.Schedule) }}
		walkWith(t, w, 3*time.Hour)
		expectChain(t, l,
			"users ran +0s",
			"groups ran +10m0s: it waited for users of 02:00",
			"enrolment blocked +0s: groups of 02:00 failed",
			"reports ran +20m0s: it ran although enrolment of 02:00 was blocked",
			"mails missed +0s: groups of 02:00 failed")
		if diff := cmp.Diff([]string{"mails"}, alarms); diff != "" {
			t.Errorf("alarms (-want +got)\n%s", diff)
		}
	})
}

func TestASlotWaitsForOthersNoLongerThanItsLimit(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		q.takes = 20 * time.Hour
		l.edit("groups", func(s *job.Schedule) { s.AfterLimit, s.AfterElse = job.Seconds(30*time.Minute), job.ElseRun })
		walk(t, l, q, 15*time.Hour)
		expectChain(t, l,
			"users ran +0s",
			"groups ran +30m0s: it ran although users of 02:00 had not succeeded within 30m0s",
			"enrolment blocked +0s: groups of 02:00 had not succeeded within 12h0m0s",
			"reports blocked +0s: enrolment of 02:00 had not succeeded within 12h0m0s",
			"mails blocked +0s: reports of 02:00 had not succeeded within 12h0m0s")
	})
}

func TestAScheduleThatDoesNotRunHoldsNothingUp(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.edit("users", func(s *job.Schedule) { s.Enabled = false })
		l.edit("enrolment", func(s *job.Schedule) { s.After = []string{"nothing"} })
		l.edit("mails", func(s *job.Schedule) { s.After = nil })
		walk(t, l, q, 121*time.Minute)
		expectChain(t, l,
			"users paused +0s: the schedule was switched off",
			"groups blocked +0s: users of 02:00 was paused",
			"enrolment blocked +0s: nothing is switched off",
			"reports blocked +0s: enrolment of 02:00 was blocked",
			"mails ran +0s")
	})
}

func TestWaitsForAnySlotOfTheDayOrForTheLatestSinceTheSlotBefore(t *testing.T) {
	for _, tt := range []struct {
		name, users, groups string
		zone                string
		change              job.AfterFor
		want                string // of groups
	}{
		{"the latest", "0 1,2 * * *", "30 2 * * *", "UTC", job.AfterSlot, "groups ran +0s"},
		{"the latest still runs", "25 2 * * *", "30 2 * * *", "UTC", "", "groups ran +5m0s: it waited for users of 02:25"},
		{"no news since the slot before", "0 1 * * *", "0 2,3 * * *", "UTC", job.AfterSlot, "groups blocked +0s: users of 01:00 failed\ngroups ran +0s"},
		{"one later that day", "0 5 * * *", "30 2 * * *", "UTC", job.AfterDay, "groups ran +2h40m0s: it waited for users of 2000-01-01"},
		{"none that day", "0 5 2 1 *", "30 2 * * *", "UTC", job.AfterDay, "groups blocked +0s: users does not run on 2000-01-01"},
		{"a day of its own zone", "0 20 * * *", "30 6 * * *", "Asia/Kolkata", job.AfterDay, "groups blocked +0s: users does not run on 2000-01-01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
				l.schedules = l.schedules[3:] // groups, users
				l.edit("users", func(s *job.Schedule) { s.Cron = tt.users })
				l.edit("groups", func(s *job.Schedule) { s.Cron, s.Zone, s.AfterFor = tt.groups, tt.zone, tt.change })
				q.fails = map[string]bool{"users": strings.Contains(tt.want, "failed")}
				walk(t, l, q, 8*time.Hour)
				if _, got, _ := strings.Cut(l.chain(), "groups"); "groups"+got != tt.want {
					t.Errorf("groups%s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestStartsAsSoonAsItIsWoken(t *testing.T) {
	chained(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		q.takes = 10*time.Minute + 300*time.Millisecond
		wake := make(chan []string, 1)
		go func() {
			time.Sleep(2*time.Hour + q.takes - time.Second)
			wake <- []string{"another"} // nobody waits for it
			time.Sleep(time.Second)
			wake <- []string{"another", timetable.SlotID("users", time.Date(2000, 1, 1, 2, 0, 0, 0, time.UTC))}
		}()
		walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Wake: wake}, 131*time.Minute)
		synctest.Wait()
		if lag := l.slots[slices.IndexFunc(l.slots, func(s job.Slot) bool { return s.Schedule == "groups" })].Lag; lag != q.takes+50*time.Millisecond {
			t.Errorf("it started %s after it was due", lag)
		}
	})
}
