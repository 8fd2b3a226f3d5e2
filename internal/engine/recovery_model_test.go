package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// TestNoJobIsLostByWorkersThatFail has workers take, start, end, forget and
// give back jobs, die with them and come too late with outcomes, while people
// enqueue, abort, hurry and break. After every step each job stands in exactly
// one place, and what is counted and held is that of the jobs that run.
func TestNoJobIsLostByWorkersThatFail(t *testing.T) {
	h := realHouse(t)
	rapid.Check(t, func(t *rapid.T) {
		h.rdb.FlushAll(context.Background())
		c := newCrowd(&house{h.T, New(h.rdb, h.log), h.rdb})
		t.Repeat(map[string]func(*rapid.T){
			"":        c.check,
			"enqueue": c.enqueue,
			"claim":   func(t *rapid.T) { c.start(t, c.take(t)) },
			"take":    func(t *rapid.T) { c.take(t) },
			"start":   func(t *rapid.T) { c.start(t, c.worker(t)) },
			"end":     c.end,
			"forget":  c.forget,
			"die":     c.die,
			"return":  c.giveBack,
			"abort":   c.abort,
			"hurry":   c.hurry,
			"break":   c.breakLocks,
			"expire":  c.expire,
			"sweep":   func(*rapid.T) { c.house.sweeps() },
		})
		c.settle(t)
	})
}

// A crowd is a few workers and their jobs.
type crowd struct {
	house   *house
	all     []tasks.Task
	workers []*puppet
	ids     []string
	asked   map[*puppet][]claimed // taken, to be started
	running map[string]tried      // by id and fence
}

// A tried is an attempt that its worker takes for its own.
type tried struct {
	claimed
	by *puppet
}

func newCrowd(h *house) *crowd {
	c := &crowd{house: h, asked: map[*puppet][]claimed{}, running: map[string]tried{}}
	plain := tasks.Spec[params]{Name: "plain", Attempts: 2, Backoff: time.Nanosecond, Limit: 3, Run: nothing}
	locks := tasks.Spec[params]{Name: "locks", Attempts: 2, Backoff: time.Nanosecond, Run: nothing}
	locks.Reads = func(params) []string { return []string{"common"} }
	locks.Writes = func(p params) []string { return []string{p.Name} }
	blocking := tasks.Spec[params]{Name: "blocking", Attempts: 2, Backoff: time.Nanosecond, Blocking: func(params) bool { return true }, Run: nothing}
	c.all = []tasks.Task{plain, locks, blocking}
	c.hire()
	c.hire()
	return c
}

// hire has a new worker begin.
func (c *crowd) hire() { c.workers = append(c.workers, c.house.puppet("w", c.all...)) }

func (c *crowd) enqueue(t *rapid.T) {
	r := job.Request{
		Task:   rapid.SampledFrom([]string{"plain", "plain", "locks", "locks", "blocking"}).Draw(t, "task"),
		Client: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "client"),
		Args:   raw(fmt.Sprintf(`{"name":%q}`, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "writes"))),
	}
	if rapid.IntRange(0, 4).Draw(t, "later") == 4 {
		r.At = time.Now().Add(time.Hour)
	}
	if rapid.IntRange(0, 4).Draw(t, "expires") == 4 {
		r.Expires = time.Now().Add(time.Hour)
	}
	j, err := c.house.Enqueue(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	c.ids = append(c.ids, j.ID)
}

// some draws a job.
func (c *crowd) some(t *rapid.T) record {
	if len(c.ids) == 0 {
		t.Skip("no jobs yet")
	}
	return c.read(t, rapid.SampledFrom(c.ids).Draw(t, "job"))
}

func (c *crowd) read(t *rapid.T, id string) record {
	rec, err := c.house.read(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func (c *crowd) worker(t *rapid.T) *puppet {
	return c.workers[rapid.IntRange(0, len(c.workers)-1).Draw(t, "worker")]
}

// idle reports whether a worker has no jobs.
func (c *crowd) idle(w *puppet) bool {
	for _, r := range c.running {
		if r.by == w {
			return false
		}
	}
	return len(c.asked[w]) == 0
}

func (c *crowd) begin(w *puppet, started []claimed) {
	for _, s := range started {
		c.running[fmt.Sprint(s.ID, s.fence)] = tried{s, w}
	}
}

func (c *crowd) take(t *rapid.T) *puppet {
	w := c.worker(t)
	started, asked := w.takes(rapid.IntRange(1, 3).Draw(t, "places"), c.idle(w))
	c.begin(w, started)
	c.asked[w] = append(c.asked[w], asked...)
	return w
}

func (c *crowd) start(_ *rapid.T, w *puppet) {
	c.begin(w, w.starts(c.asked[w]...))
	delete(c.asked, w)
}

// one draws an attempt, and has its worker let go of it.
func (c *crowd) one(t *rapid.T) tried {
	if len(c.running) == 0 {
		t.Skip("nothing runs")
	}
	key := rapid.SampledFrom(slices.Sorted(maps.Keys(c.running))).Draw(t, "attempt")
	defer delete(c.running, key)
	return c.running[key]
}

func (c *crowd) end(t *rapid.T) {
	r := c.one(t)
	o := []outcome{
		{},
		{err: errOnFire},
		{err: tasks.Permanent(errOnFire)},
		{err: context.Canceled, cause: errShutdown},
		{err: context.Canceled, cause: errLeaseLost},
	}[rapid.IntRange(0, 4).Draw(t, "outcome")]
	open := c.read(t, r.ID).fence
	if counts := r.by.records(r.claimed, o); counts != (open == r.fence) {
		t.Fatalf("the outcome under fence %d counts: %t; the job has %d", r.fence, counts, open)
	}
	if rapid.Bool().Draw(t, "twice") && r.by.records(r.claimed, o) {
		t.Fatal("an outcome counts twice")
	}
}

// forget has a worker not know what it holds, as if the reply had been lost.
func (c *crowd) forget(t *rapid.T) {
	w := c.worker(t)
	maps.DeleteFunc(c.running, func(_ string, r tried) bool { return r.by == w })
	delete(c.asked, w)
	for id, fence := range w.beats().held {
		w.disown(id, fence)
	}
}

func (c *crowd) giveBack(t *rapid.T) {
	r := c.one(t)
	r.by.giveBack(r.by.session(), r.claimed)
}

// die ends a worker, whose attempts may still come with an outcome.
func (c *crowd) die(t *rapid.T) {
	w := c.worker(t)
	if rapid.IntRange(0, 4).Draw(t, "told to stop") == 4 {
		w.sayStopping()
	}
	c.house.rdb.ZAddXX(context.Background(), "beadle:{b}:lock:leases", redis.Z{Score: 1, Member: w.sessionID()})
	delete(c.asked, w)
	c.workers = slices.DeleteFunc(c.workers, func(other *puppet) bool { return other == w })
	c.hire() // which finds the dead one, as any heartbeat does
}

func (c *crowd) abort(t *rapid.T) {
	rec := c.some(t)
	_, err := c.house.Abort(context.Background(), rec.ID, "ada")
	c.refused(t, "abort", rec, err, rec.State.Final())
}

func (c *crowd) hurry(t *rapid.T) {
	rec := c.some(t)
	_, err := c.house.Hurry(context.Background(), rec.ID)
	c.refused(t, "hurry", rec, err, rec.State.Final() || rec.State == job.Running)
}

func (c *crowd) breakLocks(t *rapid.T) {
	rec := c.some(t)
	_, err := c.house.Break(context.Background(), rec.ID, "ada", "it hangs")
	c.refused(t, "break", rec, err, rec.State != job.Running)
}

func (c *crowd) refused(t *rapid.T, what string, rec record, err error, want bool) {
	if conflict := fault.KindOf(err) == fault.Conflict; conflict != want || err != nil && !conflict {
		t.Fatalf("%s a job that is %s: %v", what, rec.State, err)
	}
}

// expire lets the time pass by which a job had to start.
func (c *crowd) expire(t *rapid.T) {
	rec := c.some(t)
	if rec.Expires == nil || rec.State.Final() {
		t.Skip("does not expire")
	}
	c.house.rdb.HSet(context.Background(), recordKey(rec.Queue, rec.ID), "expires", "1")
	c.house.rdb.ZAddXX(context.Background(), "beadle:{b}:job:expiries", redis.Z{Score: 1, Member: rec.Queue + " " + rec.ID})
	c.house.sweeps()
	if after := c.read(t, rec.ID); rec.Attempt == 0 && after.State != job.Expired {
		t.Fatalf("job is %s, want expired", after.State)
	}
}

func (c *crowd) check(t *rapid.T) {
	places, use := c.house.places(), map[string]int{}
	holders := c.house.rdb.HGetAll(context.Background(), "beadle:{b}:lock:holders").Val()
	for _, id := range c.ids {
		rec, at := c.read(t, id), places[id]
		delete(places, id)
		if rec.State.Final() && len(at) == 1 && strings.HasPrefix(at[0], "taken ") {
			at = nil // it ended when a worker was about to start it
		}
		if rec.State.Final() && len(at) > 0 || !rec.State.Final() && len(at) != 1 {
			t.Fatalf("job %s of %s is %s and stands in %v", id, rec.Task, rec.State, at)
		}
		runs := rec.State == job.Running
		if runs && at[0] != "beadle:{b}:lock:held:"+rec.session || runs != (rec.fence != 0) {
			t.Fatalf("job %s is %s with fence %d and stands in %v", id, rec.State, rec.fence, at)
		}
		if _, holds := holders[id]; holds != (runs && rec.Task != "plain") {
			t.Fatalf("job %s of %s is %s and holds %q", id, rec.Task, rec.State, holders[id])
		}
		if runs {
			for _, scope := range []string{"all", "client:" + rec.Client, "task:" + rec.Task, "task:" + rec.Task + ":client:" + rec.Client} {
				use[scope]++
			}
		}
	}
	if len(places) > 0 {
		t.Fatalf("nobody knows of %v", places)
	}
	counted := c.house.rdb.HGetAll(context.Background(), "beadle:{b}:lock:use").Val()
	if fmt.Sprint(counted) != fmt.Sprint(use) {
		t.Fatalf("counted are %v, want %v", counted, use)
	}
}

// settle has one worker bring everything to its end, after all others have
// died.
func (c *crowd) settle(t *rapid.T) {
	ctx := context.Background()
	for _, w := range c.workers {
		c.house.rdb.ZAddXX(ctx, "beadle:{b}:lock:leases", redis.Z{Score: 1, Member: w.sessionID()})
	}
	w := c.house.puppet("last", c.all...)
	for range 5 * (len(c.ids) + 1) {
		for _, id := range c.ids {
			if rec := c.read(t, id); rec.State == job.Scheduled || rec.State == job.Retrying {
				c.refused(t, "hurry", rec, func() error { _, err := c.house.Hurry(ctx, id); return err }(), false)
			}
		}
		for _, s := range w.claims(3, true) {
			if !w.ends(s, nil) {
				t.Fatalf("the end of %s does not count", s.ID)
			}
		}
	}
	for _, id := range c.ids {
		if rec := c.read(t, id); !rec.State.Final() {
			t.Fatalf("job %s of %s is %s in the end: %+v", id, rec.Task, rec.State, rec.Waiting)
		}
	}
}
