package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// TestJobsOnlyMakeMovesThatTheyMay enqueues, delivers, aborts, hurries and
// crashes at random. After every step each job has made at most a move that
// jobs may make, the counters add up, and the events alone tell the same story
// as the records.
func TestJobsOnlyMakeMovesThatTheyMay(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	h := newHouse(t, m.Addr())
	rapid.Check(t, func(t *rapid.T) {
		m.FlushAll()
		model := newModel(t, h)
		t.Repeat(map[string]func(*rapid.T){
			"":        model.check,
			"enqueue": model.enqueue,
			"deliver": model.deliver,
			"crash":   model.crash,
			"abort":   model.abort,
			"hurry":   model.hurry,
		})
	})
}

// A model is what a few jobs ought to be.
type model struct {
	house  *house
	locks  *fakeLocks
	worker *Worker
	ids    []string
	states map[string]job.State
	result error // of the next attempt
}

func newModel(t *rapid.T, h *house) *model {
	m := &model{house: h, locks: newFakeLocks(), states: map[string]job.State{}}
	task := tasks.Spec[params]{
		Name: "task", Attempts: 2, Backoff: time.Nanosecond,
		Run: func(context.Context, *tasks.Job[params]) error { return m.result },
	}
	reg := tasks.NewRegistry(task)
	m.worker = NewWorker(h.Engine, m.locks, reg, WorkerOptions{Name: "model"})
	if err := h.announce(context.Background(), m.worker.declared, true); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *model) enqueue(t *rapid.T) {
	r := job.Request{Task: "task"}
	if rapid.Bool().Draw(t, "later") {
		r.At = time.Now().Add(time.Hour)
	}
	j, err := m.house.Enqueue(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	m.ids, m.states[j.ID] = append(m.ids, j.ID), j.State
}

// some draws a job.
func (m *model) some(t *rapid.T) string {
	if len(m.ids) == 0 {
		t.Skip("no jobs yet")
	}
	return rapid.SampledFrom(m.ids).Draw(t, "job")
}

func (m *model) deliver(t *rapid.T) {
	id := m.some(t)
	m.result = rapid.SampledFrom([]error{nil, errBroken, tasks.Permanent(errBroken)}).Draw(t, "result")
	m.locks.by = nil
	switch rapid.SampledFrom([]string{"free", "held", "held by itself"}).Draw(t, "locks") {
	case "held":
		m.locks.by = []job.Holder{{Resource: "x", JobID: "another"}}
	case "held by itself":
		m.locks.by = []job.Holder{{JobID: id}}
	}
	err := m.worker.handle(context.Background(), id)
	j, gone := m.house.Job(context.Background(), id)
	if gone != nil {
		t.Fatal(gone)
	}
	if _, back := errors.AsType[putBack](err); back == j.State.Final() {
		t.Fatalf("asynq hears %v of a job that is %s", err, j.State)
	}
}

// crash begins an attempt that nobody will finish.
func (m *model) crash(t *rapid.T) {
	id := m.some(t)
	rec, err := m.house.read(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if rec.State.Final() || rec.abortBy != "" || rec.Due.After(time.Now()) {
		t.Skip("not to be started")
	}
	m.locks.fence++
	hold := &hold{grant: job.Grant{Fence: m.locks.fence}, lease: context.Background()}
	if _, ok, err := m.worker.begin(hold, rec, now()); !ok || err != nil {
		t.Fatalf("begin: %t, %v", ok, err)
	}
}

func (m *model) abort(t *rapid.T) {
	id := m.some(t)
	_, err := m.house.Abort(context.Background(), id, "ada")
	if conflict := fault.KindOf(err) == fault.Conflict; conflict != m.states[id].Final() || err != nil && !conflict {
		t.Fatalf("abort of a job that is %s: %v", m.states[id], err)
	}
}

func (m *model) hurry(t *rapid.T) {
	id := m.some(t)
	_, err := m.house.Hurry(context.Background(), id)
	refused := m.states[id].Final() || m.states[id] == job.Running
	if conflict := fault.KindOf(err) == fault.Conflict; conflict != refused || err != nil && !conflict {
		t.Fatalf("hurry a job that is %s: %v", m.states[id], err)
	}
}

func (m *model) check(t *rapid.T) {
	depths := map[job.State]int64{}
	told := m.told(t)
	for _, id := range m.ids {
		j, err := m.house.Job(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if was := m.states[id]; was != j.State && !reachable(was, j.State) {
			t.Fatalf("job went from %s to %s", was, j.State)
		}
		if told[id] != j.State {
			t.Fatalf("the events say %s of a job that is %s", told[id], j.State)
		}
		m.states[id] = j.State
		if !j.State.Final() {
			depths[j.State]++
		}
	}
	all, err := m.house.Depths(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range job.States {
		if all["default"][state] != depths[state] {
			t.Fatalf("depths = %v, want %v", all, depths)
		}
	}
}

// reachable reports whether a delivery may take a job from was to is: at once,
// or by an attempt.
func reachable(was, is job.State) bool {
	return was.Can(is) || was.Can(job.Running) && job.Running.Can(is)
}

// told returns the state of each job according to the events, whose moves must
// each be one that jobs may make.
func (m *model) told(t *rapid.T) map[string]job.State {
	entries, err := m.house.Events(context.Background(), "", 100_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]job.State{}
	for _, entry := range entries {
		id := entry.Event.JobID()
		was, is := states[id], stateAfter(entry.Event)
		if was != "" && was != is && !was.Can(is) {
			t.Fatalf("an event moves a job from %s to %s: %+v", was, is, entry.Event)
		}
		states[id] = is
	}
	return states
}

// stateAfter is the state of a job after an event of this test's.
func stateAfter(e events.Event) job.State {
	switch e := e.(type) {
	case events.JobEnqueued:
		return e.Job.State
	case events.JobWaiting:
		return job.Waiting
	case events.JobQueued:
		return job.Queued
	case events.AttemptStarted:
		return job.Running
	case events.AttemptEnded:
		return e.State
	case events.JobEnded:
		return e.State
	}
	return ""
}
