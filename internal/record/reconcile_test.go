package record_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

type entry = events.Entry

// requests returns what it takes to put jobs back.
func requests(ids ...string) map[string]job.Request {
	all := map[string]job.Request{}
	for i, id := range ids {
		all[id] = job.Request{ID: id, Task: "roster.sync", Resume: &job.Resume{Attempt: i}}
	}
	return all
}

// requests returns what was enqueued.
func (f *fakeRedis) requests() map[string]job.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.enqueued)
}

// enqueuedIDs returns the ids of the jobs that were enqueued.
func (f *fakeRedis) enqueuedIDs() []string { return slices.Sorted(maps.Keys(f.requests())) }

func TestPutsUnfinishedJobsBackIntoAnEmptyRedis(t *testing.T) {
	b := newBench()
	b.redis.epoch = "two"
	b.ledger.position, b.ledger.unfinished = "99-0", requests(names(1234)...)
	during(t, b, func(t *testing.T) {
		wait(5 * time.Second)
		if got := b.redis.enqueuedIDs(); len(got) != 0 {
			t.Errorf("%d jobs are enqueued while workers may still hold them", len(got))
		}
		wait(2 * time.Second)
		if diff := cmp.Diff(requests(names(1234)...), b.redis.requests()); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
		if got := b.ledger.state(); got.epoch != "two" || got.position != "" {
			t.Errorf("the ledger is at %q of %q, want the start of the new one", got.position, got.epoch)
		}
		if got := b.Status().Restored; got != 1234 || !strings.Contains(b.log.String(), "jobs=1234") {
			t.Errorf("counted %d jobs, want 1234, and in the log:\n%s", got, b.log)
		}
	})
}

func TestBeginsAtOnceWithAnEmptyLedger(t *testing.T) {
	b := newBench()
	b.ledger.epoch = ""
	during(t, b, func(t *testing.T) {
		b.redis.append("a")
		wait(100 * time.Millisecond)
		if got := b.ledger.jobs(); len(got) != 1 || b.log.String() != "" {
			t.Errorf("recorded %v, want job a and nothing in the log:\n%s", got, b.log)
		}
	})
}

func TestReconcilesAgainAfterItFailedHalfWay(t *testing.T) {
	b := newBench()
	b.redis.epoch, b.redis.refuse, b.redis.refusal = "two", "b", errAway
	b.ledger.unfinished = requests("a", "b", "c")
	during(t, b, func(t *testing.T) {
		wait(time.Minute)
		if b.ledger.state().epoch != "one" || !strings.Contains(b.log.String(), "job b") {
			t.Errorf("epoch %s is stored although a job is missing; log:\n%s", b.ledger.state().epoch, b.log)
		}
		b.redis.set(func(f *fakeRedis) { f.refuse = "" })
		wait(time.Minute)
		if diff := cmp.Diff([]string{"a", "b", "c"}, b.redis.enqueuedIDs()); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
	})
}

func TestAJobThatIsRefusedDoesNotHoldUpTheOthers(t *testing.T) {
	b := newBench()
	b.redis.epoch, b.redis.refuse, b.redis.refusal = "two", "b", fault.New(fault.Invalid, "No such task.")
	b.ledger.unfinished = requests("a", "b", "c")
	during(t, b, func(t *testing.T) {
		wait(10 * time.Second)
		if diff := cmp.Diff([]string{"a", "c"}, b.redis.enqueuedIDs()); diff != "" || b.ledger.state().epoch != "two" {
			t.Errorf("epoch %s; enqueued (-want +got):\n%s", b.ledger.state().epoch, diff)
		}
		if !strings.Contains(b.log.String(), "job=b") {
			t.Errorf("the log does not name job b:\n%s", b.log)
		}
	})
}

func TestARunningRecorderNoticesThatRedisWasEmptied(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b")
		wait(2 * time.Second)
		b.ledger.set(func(l *fakeLedger) { l.unfinished = requests("b") })
		b.redis.set(func(f *fakeRedis) { f.epoch, f.stream = "two", nil })
		wait(10 * time.Second)
		b.redis.append("b", "c")
		wait(2 * time.Second)

		if diff := cmp.Diff([]string{"b"}, b.redis.enqueuedIDs()); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"a", "b", "b", "c"}, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		if !strings.Contains(b.log.String(), "jobs=1") {
			t.Errorf("the log does not count the jobs:\n%s", b.log)
		}
	})
}

// loseTheEnd takes the last entries of the stream away, and all but some jobs.
func (f *fakeRedis) loseTheEnd(entries int, known ...string) {
	f.set(func(f *fakeRedis) {
		f.stream = f.stream[:len(f.stream)-entries]
		f.known, f.enqueued = known, nil
	})
}

func TestNoticesThatRedisLostItsLastMoments(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b", "c")
		wait(2 * time.Second)
		b.ledger.set(func(l *fakeLedger) { l.unfinished = requests("a", "b", "c") })
		b.redis.loseTheEnd(2, "a")
		b.redis.append("d") // at once, so that the end of the stream looks new
		wait(5 * time.Second)
		if got := b.redis.enqueuedIDs(); len(got) != 0 {
			t.Errorf("%v are enqueued while workers may still hold them", got)
		}
		wait(5 * time.Second)
		if diff := cmp.Diff([]string{"b", "c"}, b.redis.enqueuedIDs()); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
		if got := b.Status().Restored; got != 2 {
			t.Errorf("counted %d jobs, want 2", got)
		}
		if diff := cmp.Diff([]string{"a", "b", "c", "a", "d"}, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestSkipsNoEntryWhenTheClockOfRedisWentBack(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b", "c")
		wait(2 * time.Second)
		b.redis.loseTheEnd(2, "a", "b", "c")
		b.redis.set(func(f *fakeRedis) { // positions before those of b and c
			last := f.stream[0]
			for _, id := range []string{"d", "e"} {
				f.stream = append(f.stream, entry{ID: last.ID + "0", At: last.At, Event: events.JobEnqueued{Job: job.Job{ID: id}}})
			}
		})
		wait(10 * time.Second)
		if got := b.ledger.jobs(); !slices.Contains(got, "d") || !slices.Contains(got, "e") {
			t.Errorf("recorded %v, want d and e, too", got)
		}
		if got := b.redis.enqueuedIDs(); len(got) != 0 {
			t.Errorf("%v are enqueued again, which Redis knows", got)
		}
	})
}

func TestTheEndOfAQuietStreamIsNotTakenForALoss(t *testing.T) {
	b := newBench()
	b.ledger.unfinished = requests("a")
	b.redis.known = []string{"a"}
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b")
		wait(time.Hour)
		if b.log.String() != "" {
			t.Errorf("log:\n%s", b.log)
		}
	})
}

func TestFindsJobsThatRedisDoesNotKnow(t *testing.T) {
	b := newBench()
	ids := names(1100)
	b.redis.append("a")
	b.redis.known = slices.Delete(slices.Clone(ids), 600, 603)
	during(t, b, func(t *testing.T) {
		b.ledger.set(func(l *fakeLedger) {
			l.unfinished = requests(ids...)
			l.unfinished["young"] = job.Request{ID: "young", Resume: &job.Resume{Created: time.Now()}}
			l.ending = []string{ids[602]}
		})
		wait(29 * time.Second)
		want := ids[600:602]
		if diff := cmp.Diff(want, b.redis.enqueuedIDs()); diff != "" {
			t.Errorf("enqueued (-want +got):\n%s", diff)
		}
		if got := b.Status().Restored; got != 2 || !strings.Contains(b.log.String(), "jobs=2") {
			t.Errorf("counted %d jobs, want 2, and in the log:\n%s", got, b.log)
		}
		wait(40 * time.Second)
		if diff := cmp.Diff(append(slices.Clone(want), "young"), b.redis.enqueuedIDs()); diff != "" {
			t.Errorf("enqueued when all are old (-want +got):\n%s", diff)
		}
	})
}

func TestDoesNotLookForJobsWhileItIsBehind(t *testing.T) {
	b := newBench()
	b.ledger.slow = 20 * time.Second // for each page
	b.ledger.unfinished = requests("a")
	b.redis.append(names(1400)...)
	during(t, b, func(t *testing.T) {
		wait(30 * time.Second)
		if got := b.redis.enqueuedIDs(); len(got) != 0 {
			t.Errorf("%v are enqueued although their events may be in the backlog", got)
		}
		wait(time.Minute)
		if diff := cmp.Diff([]string{"a"}, b.redis.enqueuedIDs()); diff != "" {
			t.Errorf("enqueued when all is recorded (-want +got):\n%s", diff)
		}
	})
}
