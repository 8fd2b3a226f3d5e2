package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// TestJobsOnlyMakeMovesThatTheyMay enqueues, claims, ends, aborts, hurries,
// breaks and kills at random. After every step each job has made at most moves
// that jobs may make, stands in exactly one place, the counters add up, locks
// are held by no more jobs than may, and the events alone tell the same story
// as the records. In the end everything can be brought to an end.
func TestJobsOnlyMakeMovesThatTheyMay(t *testing.T) {
	h := realHouse(t)
	rapid.Check(t, func(r *rapid.T) {
		h.rdb.FlushAll(context.Background())
		m := newModel(r, &house{t, New(h.rdb, slog.New(slog.DiscardHandler)), h.rdb})
		r.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"enqueue": m.enqueue,
			"claim":   m.claim,
			"end":     m.end,
			"abort":   m.abort,
			"hurry":   m.hurry,
			"break":   m.broken,
			"kill":    m.kill,
			"later":   m.later,
		})
		m.finish(r)
	})
}

// A model is what a few jobs ought to be.
type model struct {
	house   *house
	worker  *puppet
	ids     []string
	held    []claimed // attempts that are open, as the worker knows
	states  map[string]job.State
	told    map[string]job.State // according to the events
	read    string               // position up to which they were read
	aborted map[string]bool
}

// moment is how long things take in the model.
const moment = time.Millisecond

func newModel(t *rapid.T, h *house) *model {
	m := &model{house: h, states: map[string]job.State{}, told: map[string]job.State{}, aborted: map[string]bool{}}
	task, _, _ := named()
	task.Attempts, task.Backoff, task.Limit = 2, moment, 3
	task.Rates = func(p params) (all []tasks.Rate) {
		if strings.Contains(p.Name, "rate") {
			all = append(all, tasks.Rate{Key: "mail", Count: 1, Per: 3 * moment})
		}
		return all
	}
	task.Unique = &tasks.Unique{Args: []string{"name"}, Policy: rapid.SampledFrom([]tasks.Policy{tasks.QueueOne, tasks.ReplaceWaiting}).Draw(t, "policy")}
	plain := does("plain", nothing)
	plain.Attempts, plain.Backoff = 2, moment
	m.worker = &puppet{h, NewWorker(h.Engine, tasks.NewRegistry(task, plain), WorkerOptions{Name: "model"})}
	m.open(t)
	return m
}

// open begins a session of the worker.
func (m *model) open(t *rapid.T) {
	if err := m.worker.openSession(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.held = nil
}

func (m *model) enqueue(t *rapid.T) {
	r := job.Request{Task: "plain", Client: rapid.SampledFrom([]string{"", "north"}).Draw(t, "client")}
	if name := rapid.SampledFrom([]string{"", "w:x", "r:x", "r:x r:y", "w:y", "b", "rate", "rate w:x"}).Draw(t, "wants"); name != "" {
		r.Task, r.Args = "named", raw(fmt.Sprintf(`{"name":%q}`, name))
	}
	if rapid.IntRange(0, 3).Draw(t, "later") == 0 {
		r.At = time.Now().Add(5 * moment)
	}
	if rapid.IntRange(0, 7).Draw(t, "expires") == 0 {
		r.Expires = time.Now().Add(7 * moment)
	}
	j, err := m.house.Enqueue(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(m.ids, j.ID) {
		m.ids, m.states[j.ID] = append(m.ids, j.ID), j.State
	}
}

func (m *model) claim(t *rapid.T) {
	m.held = append(m.held, m.worker.claims(rapid.IntRange(1, 4).Draw(t, "places"), len(m.held) == 0)...)
}

// end records how an attempt ended; what was taken from the worker does not
// count any more.
func (m *model) end(t *rapid.T) {
	if len(m.held) == 0 {
		t.Skip("nothing runs")
	}
	i := rapid.IntRange(0, len(m.held)-1).Draw(t, "attempt")
	c := m.held[i]
	m.held = slices.Delete(m.held, i, i+1)
	open := m.record(t, c.ID).fence == c.fence
	err := rapid.SampledFrom([]error{nil, nil, errOnFire, tasks.Permanent(errOnFire)}).Draw(t, "result")
	if recorded := m.worker.ends(c, err); recorded != open {
		t.Fatalf("the outcome of an attempt counts: %t, that is open: %t", recorded, open)
	}
}

func (m *model) record(t *rapid.T, id string) record {
	rec, err := m.house.read(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// some draws a job.
func (m *model) some(t *rapid.T) string {
	if len(m.ids) == 0 {
		t.Skip("no jobs yet")
	}
	return rapid.SampledFrom(m.ids).Draw(t, "job")
}

func (m *model) abort(t *rapid.T) {
	id := m.some(t)
	_, err := m.house.Abort(context.Background(), id, "ada")
	if conflict := fault.KindOf(err) == fault.Conflict; conflict != m.states[id].Final() || err != nil && !conflict {
		t.Fatalf("abort of a job that is %s: %v", m.states[id], err)
	}
	m.aborted[id] = true
}

func (m *model) hurry(t *rapid.T) {
	id := m.some(t)
	_, err := m.house.Hurry(context.Background(), id)
	refused := m.states[id].Final() || m.states[id] == job.Running
	if conflict := fault.KindOf(err) == fault.Conflict; refused && !conflict || err != nil && !conflict {
		t.Fatalf("hurry a job that is %s: %v", m.states[id], err)
	}
}

func (m *model) broken(t *rapid.T) {
	id := m.some(t)
	_, err := m.house.Break(context.Background(), id, "ada", "Because.")
	if conflict := fault.KindOf(err) == fault.Conflict; conflict == (m.states[id] == job.Running) || err != nil && !conflict {
		t.Fatalf("break the locks of a job that is %s: %v", m.states[id], err)
	}
}

// kill lets the worker die, and another take its place.
func (m *model) kill(t *rapid.T) {
	if err := m.house.rdb.ZAdd(context.Background(), "beadle:{b}:lock:leases", redis.Z{Score: 1, Member: m.worker.sessionID()}).Err(); err != nil {
		t.Fatal(err)
	}
	m.house.sweeps()
	m.open(t)
}

// later lets some time pass, in which the worker renews its lease.
func (m *model) later(t *rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(1, 5).Draw(t, "moments")) * moment)
	if p := m.worker.beats(); !p.alive {
		t.Fatal("a renewed lease was lost")
	}
	m.house.sweeps()
}

// finish lets everything come to its end.
func (m *model) finish(t *rapid.T) {
	for range 500 {
		for _, c := range m.held {
			m.worker.ends(c, nil)
		}
		m.held = m.worker.claims(10, true)
		time.Sleep(moment)
		m.house.sweeps()
		m.check(t)
		if !slices.ContainsFunc(m.ids, func(id string) bool { return !m.states[id].Final() }) {
			m.house.nothingLeft()
			return
		}
	}
	for _, id := range m.ids {
		if !m.states[id].Final() {
			t.Errorf("job %s never ends: %+v", id, m.record(t, id).at(time.Now()))
		}
	}
}

func (m *model) check(t *rapid.T) {
	m.listen(t)
	places, records := m.places(t), m.records(t)
	for _, id := range m.ids {
		rec := records[id]
		state := rec.State
		if was := m.states[id]; was != state && !reachable(was, state) {
			t.Fatalf("job went from %s to %s", was, state)
		}
		if late := m.told[id] == job.Scheduled && state == job.Queued; m.told[id] != state && !late { // its time has come, which is no event
			t.Fatalf("the events say %s of a job that is %s", m.told[id], state)
		}
		want := 1
		if state.Final() {
			want = 0
		}
		if len(places[id]) != want {
			t.Fatalf("a job that is %s stands in %v", state, places[id])
		}
		if running := state == job.Running; running != (rec.fence != 0) || running != strings.Contains(strings.Join(places[id], " "), "held") {
			t.Fatalf("a job that is %s has fence %d and stands in %v", state, rec.fence, places[id])
		}
		m.states[id] = state
	}
	m.locks(t, records)
}

// records reads the records of all jobs.
func (m *model) records(t *rapid.T) map[string]record {
	all, err := m.house.readAll(context.Background(), m.ids)
	if err != nil || len(all) != len(m.ids) {
		t.Fatalf("%d of %d jobs are there: %v", len(all), len(m.ids), err)
	}
	return all
}

// reachable reports whether a step may take a job from was to is: at once, or
// by way of others.
func reachable(was, is job.State) bool {
	for _, between := range job.States {
		if was.Can(is) || was.Can(between) && between.Can(is) {
			return true
		}
	}
	return false
}

// places returns where each job stands.
func (m *model) places(t *rapid.T) map[string][]string {
	ctx, places := context.Background(), map[string][]string{}
	keys := m.house.rdb.Keys(ctx, "*").Val()
	replies := map[string]redis.Cmder{}
	_, err := m.house.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			switch {
			case strings.HasSuffix(key, ":pending"), strings.HasPrefix(key, prefix+"line:"), strings.HasPrefix(key, prefix+"alone:"):
				replies[key] = p.LRange(ctx, key, 0, -1)
			case strings.HasSuffix(key, ":scheduled"), strings.HasSuffix(key, ":retry"), strings.HasPrefix(key, prefix+"waiting:"):
				replies[key] = p.ZRange(ctx, key, 0, -1)
			case strings.Contains(key, ":held:"):
				replies[key] = p.HKeys(ctx, key)
			}
		}
		return nil
	})
	if err != nil && len(replies) > 0 {
		t.Fatal(err)
	}
	for key, reply := range replies {
		for _, id := range reply.(*redis.StringSliceCmd).Val() {
			places[id] = append(places[id], key)
		}
	}
	return places
}

// locks looks at who runs: a writer runs alone.
func (m *model) locks(t *rapid.T, records map[string]record) {
	readers, writers, running, limited := map[string]int{}, map[string]int{}, map[string]int{}, 0
	for _, rec := range records {
		if rec.State != job.Running {
			continue
		}
		running[rec.Client]++
		if rec.Task == "named" {
			limited++
		}
		var wants job.Wants
		if rec.wants != "" {
			if err := json.Unmarshal([]byte(rec.wants), &wants); err != nil {
				t.Fatal(err)
			}
		}
		if wants.Blocking {
			wants.Writes = append(wants.Writes, rec.Client+"/*")
		}
		for _, name := range wants.Writes {
			writers[name]++
		}
		for _, name := range wants.Reads {
			readers[name]++
		}
	}
	for name, n := range writers {
		client, everything := strings.CutSuffix(name, "/*")
		if n > 1 || readers[name] > 0 || everything && running[client] > 1 {
			t.Fatalf("%s is written by %d and read by %d; %v run", name, n, readers[name], running)
		}
	}
	if limited > 3 {
		t.Fatalf("%d run under a limit of 3", limited)
	}
}

// listen reads what the events tell, whose moves must each be one that jobs may
// make.
func (m *model) listen(t *rapid.T) {
	entries, err := m.house.Events(context.Background(), m.read, 10_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		m.read = entry.ID
		if entry.Event == nil {
			t.Fatal("an event makes no sense")
		}
		id := entry.Event.JobID()
		was, is := m.told[id], stateAfter(entry.Event)
		if is == "" {
			continue
		}
		if was != "" && was != is && !was.Can(is) {
			t.Fatalf("an event moves a job from %s to %s: %+v", was, is, entry.Event)
		}
		m.told[id] = is
	}
}

// stateAfter is the state of a job after an event; empty if that says nothing.
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
