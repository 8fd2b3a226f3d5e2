package prove

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/pkg/client"
)

const second = int64(1_000_000) // of the sink's clock

// line is one line of the sink.
func line(at int64, what, job string, attempt int, worker string) journal.Sunk {
	return journal.Sunk{At: at * second, What: what, Job: job, Attempt: attempt, Worker: worker, Fence: int64(attempt), OK: true}
}

func mark(at int64, worker string, f journal.Fault) journal.Sunk {
	return journal.Sunk{At: at * second, What: journal.Mark, Worker: worker, Fault: f}
}

func TestRecoveryIsFromTheFaultToTheNextAttempt(t *testing.T) {
	for _, tt := range []struct {
		name string
		sunk []journal.Sunk
		want []time.Duration
	}{
		{"a job of the worker that was killed", []journal.Sunk{
			line(1, journal.Begin, "a", 1, "worker-1.1"), mark(2, "worker-1.1", journal.Kill), line(8, journal.Begin, "a", 2, "worker-2.1"),
		}, []time.Duration{6 * time.Second}},
		{"a job of another worker", []journal.Sunk{
			line(1, journal.Begin, "a", 1, "worker-2.1"), mark(2, "worker-1.1", journal.Kill), line(8, journal.Begin, "a", 2, "worker-2.1"),
		}, nil},
		{"a job that had left", []journal.Sunk{
			line(1, journal.Begin, "a", 1, "worker-1.1"), line(1, journal.Left, "a", 1, "worker-1.1"), mark(2, "worker-1.1", journal.Kill),
		}, nil},
		{"a job that comes to its end before a drained worker ends", []journal.Sunk{
			line(1, journal.Begin, "a", 1, "worker-1.1"), mark(2, "worker-1.1", journal.Deploy), line(3, journal.Left, "a", 1, "worker-1.1"),
		}, nil},
		{"Redis, until something begins once it is back", []journal.Sunk{
			mark(2, "redis.1", journal.Kill), line(3, journal.Begin, "a", 1, "worker-1.1"), mark(4, "redis.1", journal.Started), line(7, journal.Begin, "b", 1, "worker-1.1"),
		}, []time.Duration{5 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, recovered(tt.sunk)); diff != "" {
				t.Errorf("recovered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPromiseIsBrokenByWhatMustNotHappen(t *testing.T) {
	detail := func(id, state string, outcomes ...string) check.Detail {
		d := check.Detail{Job: check.Job{ID: id, State: state, Attempt: len(outcomes), Args: errand.Errand{Name: id}}}
		for i, o := range outcomes {
			d.Attempts = append(d.Attempts, check.Attempt{Number: i + 1, Outcome: o})
		}
		return d
	}
	accepted := journal.Asked{What: journal.Accept, ID: "a", Key: "a"}
	good := []journal.Sunk{line(1, journal.Begin, "a", 1, "w.1"), line(2, journal.End, "a", 1, "w.1"), line(2, journal.Left, "a", 1, "w.1")}
	good[1].Result = journal.OK
	handled := []journal.Handled{
		{What: journal.Begin, Job: "a", Attempt: 1, Worker: "w.1", Fence: 1},
		{What: journal.End, Job: "a", Attempt: 1, Worker: "w.1", Fence: 1, Result: journal.OK},
	}
	twice := append(append([]journal.Sunk{}, good[:2]...), good[1:]...)
	for _, tt := range []struct {
		name string
		e    check.Evidence
		want func(*Step)
	}{
		{"a job that succeeds", check.Evidence{Asked: []journal.Asked{accepted}, Sunk: good, Handled: handled, Ledger: []check.Detail{detail("a", "succeeded", "succeeded")}}, func(*Step) {}},
		{"a job that nobody knows", check.Evidence{Asked: []journal.Asked{accepted}}, func(s *Step) { s.Lost, s.Writes = 1, 0 }},
		{"an effect twice under one fence", check.Evidence{Asked: []journal.Asked{accepted}, Sunk: twice, Handled: handled, Ledger: []check.Detail{detail("a", "succeeded", "succeeded")}}, func(s *Step) { s.Doubled, s.Writes = 1, 3 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := judge(tt.e, nil)
			want := Step{Jobs: 1, Writes: 2}
			tt.want(&want)
			got.Findings = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("step (-want +got):\n%s", diff)
			}
			if got.Kept() != (want.Lost+want.Doubled == 0) {
				t.Errorf("kept = %t", got.Kept())
			}
		})
	}
}

func TestSlotsAreCountedOnceEach(t *testing.T) {
	due := func(n int) time.Time { return time.Date(2026, 9, 1, 8, 0, 2*n, 0, time.UTC) }
	ran := func(n int) client.Slot { return client.Slot{Due: due(n), Outcome: job.SlotRan, JobID: "x"} }
	became := func(n int, s job.State) client.Job { return client.Job{State: s, Slot: new(due(n))} }
	late, missed := ran(1), client.Slot{Due: due(1), Outcome: job.SlotMissed, Reason: "nobody was up"}
	late.Lag = 6 * time.Second
	for _, tt := range []struct {
		name string
		roll roll
		want Slots
	}{
		{"one that ran", roll{slots: []client.Slot{ran(1)}, jobs: []client.Job{became(1, job.Succeeded)}}, Slots{Due: 1}},
		{"one that ran late", roll{slots: []client.Slot{late}, jobs: []client.Job{became(1, job.Succeeded)}}, Slots{Due: 1, Late: 1}},
		{"one that was missed with a reason", roll{slots: []client.Slot{missed}}, Slots{Due: 1, Late: 1}},
		{"one without a record", roll{gaps: []time.Time{due(1)}}, Slots{Due: 1, Missing: 1}},
		{"one whose job failed", roll{slots: []client.Slot{ran(1)}, jobs: []client.Job{became(1, job.Failed)}}, Slots{Due: 1, Missing: 1}},
		{"one without its job", roll{slots: []client.Slot{ran(1)}}, Slots{Due: 1, Missing: 1}},
		{"one with two jobs", roll{slots: []client.Slot{ran(1)}, jobs: []client.Job{became(1, job.Succeeded), became(1, job.Succeeded)}}, Slots{Due: 1, Doubled: 1}},
		{"one with two records", roll{slots: []client.Slot{ran(1), ran(1)}, jobs: []client.Job{became(1, job.Succeeded)}}, Slots{Due: 1, Doubled: 1}},
		{"one of another step", roll{slots: []client.Slot{ran(5)}, jobs: []client.Job{became(5, job.Succeeded)}}, Slots{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.roll.within(due(0), due(5)); got != tt.want {
				t.Errorf("slots = %+v, want %+v", got, tt.want)
			}
		})
	}
}
