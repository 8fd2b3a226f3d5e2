package engine

import (
	"context"
	"errors"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func match(key, pattern string) bool {
	ok, _ := path.Match(pattern, strings.ReplaceAll(key, "/", "|"))
	return ok
}

func TestWorkEndsOneSecondBeforeTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newSession(time.Now()), time.Now()
		h := newHold(s, record{})
		<-h.work.Done()
		if after := time.Since(began); after != 5*time.Second || !errors.Is(context.Cause(h.work), errLeaseLost) {
			t.Errorf("ended after %s because %v", after, context.Cause(h.work))
		}
	})
}

func TestARenewalCountsFromWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newSession(time.Now()), time.Now()
		time.Sleep(4 * time.Second)
		s.extend(began.Add(2 * time.Second)) // the reply took two seconds
		<-s.lease.Done()
		if after := time.Since(began); after != 7*time.Second {
			t.Errorf("ended after %s, want 7s", after)
		}
	})
}

func TestALostLeaseStaysLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(time.Now())
		time.Sleep(5 * time.Second)
		synctest.Wait()
		s.extend(time.Now())
		if s.lease.Err() == nil {
			t.Error("a late renewal revived a lease")
		}
	})
}

func TestADeadWorkersJobsGoToAnother(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	dead, other := h.puppet("dead", task), h.puppet("other", task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	lost := h.one(dead.claims(5, true))

	h.passes(4 * time.Second)
	other.beats()
	if n := h.sweeps(); n != 0 {
		t.Errorf("%d jobs were given back within the lease", n)
	}
	h.passes(2 * time.Second)
	if p := other.beats(); !p.alive {
		t.Error("the live worker lost its lease")
	}

	again := h.one(other.claims(5, true))
	if again.ID != id || again.Attempt != 2 || again.fence <= lost.fence || again.Crashes != 1 || again.Failures != 0 {
		t.Errorf("second attempt = %+v", again.record)
	}
	if dead.ends(lost, nil) {
		t.Error("the outcome of a dead worker was recorded")
	}
	if got := h.state(id); got != job.Running {
		t.Errorf("job is %s", got)
	}
	if !other.ends(again, nil) {
		t.Error("the outcome of its holder was not recorded")
	}
	end := h.history(id)
	outcomes := []job.Outcome{}
	for _, e := range end {
		if e, ok := e.(events.AttemptEnded); ok {
			outcomes = append(outcomes, e.Outcome)
		}
	}
	if len(outcomes) != 2 || outcomes[0] != job.AttemptLost || outcomes[1] != job.AttemptSucceeded {
		t.Errorf("outcomes = %v, want lost and succeeded", outcomes)
	}
}

func TestTheSweeperFindsDeadWorkers(t *testing.T) {
	h := newClockHouse(t)
	dead := h.puppet("dead", does("task", nothing))
	id := h.enqueue(job.Request{Task: "task"}).ID
	dead.claims(5, true)
	h.passes(6 * time.Second)
	if n := h.sweeps(); n != 1 || h.state(id) != job.Queued {
		t.Errorf("%d jobs were given back, job is %s", n, h.state(id))
	}
	if got := h.stands(id); len(got) != 1 || got[0] != "asynq:{b}:default}:pending" {
		t.Errorf("job stands in %v", got)
	}
}

func TestALeaseThatWasReapedTakesNoJobs(t *testing.T) {
	h := newClockHouse(t)
	task := tasks.Spec[params]{Name: "locks", Writes: func(params) []string { return []string{"x"} }, Run: nothing}
	frozen := h.puppet("frozen", does("task", nothing), task)
	h.enqueue(job.Request{Task: "locks"})
	_, asked := frozen.takes(5, true)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.passes(6 * time.Second)
	h.sweeps()

	if got := frozen.claims(5, true); len(got) != 0 {
		t.Errorf("a worker without a lease was given %d jobs", len(got))
	}
	if got := frozen.starts(asked...); len(got) != 0 {
		t.Errorf("a worker without a lease started %d jobs", len(got))
	}
	for _, id := range []string{id, asked[0].ID} {
		if got := h.stands(id); len(got) != 1 || strings.Contains(got[0], "held") {
			t.Errorf("job stands in %v", got)
		}
	}
	frozen.opens()
	if got := frozen.claims(5, true); len(got) != 2 {
		t.Errorf("%d jobs were given to a new session, want 2", len(got))
	}
}

func TestAnOldOutcomeLeavesTheNewHoldAlone(t *testing.T) {
	h := newClockHouse(t)
	w := h.puppet("w", does("task", nothing))
	id := h.enqueue(job.Request{Task: "task"}).ID
	first := h.one(w.claims(1, true))
	w.records(first, outcome{err: context.Canceled, cause: errShutdown})
	second := h.one(w.claims(1, true))

	if w.records(first, outcome{err: context.Canceled, cause: errShutdown}) {
		t.Error("an outcome was recorded twice")
	}
	if p := w.beats(); p.held[id] != second.fence {
		t.Error("the second attempt is not held any more")
	}
	if !w.ends(second, nil) || h.state(id) != job.Succeeded {
		t.Errorf("job is %s", h.state(id))
	}
}

func TestLosingContactIsNoFailure(t *testing.T) {
	for name, cause := range map[string]error{"lease": errLeaseLost, "locks": errBroken} {
		t.Run(name, func(t *testing.T) {
			h := newClockHouse(t)
			w := h.puppet("w", does("task", nothing))
			id := h.enqueue(job.Request{Task: "task"}).ID
			w.records(h.one(w.claims(1, true)), outcome{err: context.Canceled, cause: cause})
			got := h.job(id)
			if got.State != job.Queued || got.Failures != 0 {
				t.Errorf("job = %+v, want queued and no failure", got)
			}
			if end := last[events.AttemptEnded](h.house, id); end.Outcome != job.AttemptLost {
				t.Errorf("outcome = %s, want lost", end.Outcome)
			}
		})
	}
}

func TestAWorkerWithoutALeaseWaitsForANewOne(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.newWorker(does("task", nothing))
	h.start(w)
	h.until("the worker is idle", func() bool { return w.desk.places() == w.desk.size })
	before := w.session()
	before.lose(errLeaseLost)
	id := h.enqueue(job.Request{Task: "task"}).ID
	got := h.reaches(id, job.Succeeded)
	if got.Attempt != 1 || w.session() == before {
		t.Errorf("job = %+v, want one attempt in a new session", got)
	}
}
