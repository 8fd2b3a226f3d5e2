package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A clockHouse is a house whose Redis has a clock that the test moves.
type clockHouse struct {
	*house
	m   *miniredis.Miniredis
	now time.Time
}

func newClockHouse(t *testing.T) *clockHouse {
	t.Helper()
	m := miniredis.RunT(t)
	h := &clockHouse{newHouse(t, m.Addr()), m, time.Now().UTC().Truncate(time.Millisecond)}
	m.SetTime(h.now)
	return h
}

// passes moves the clock of Redis.
func (h *clockHouse) passes(d time.Duration) {
	h.now = h.now.Add(d)
	h.m.FastForward(d)
	h.m.SetTime(h.now)
}

// sweeps does what the leader does twice a second.
func (h *house) sweeps() int {
	h.Helper()
	s := NewSweeper(h.Engine)
	n, err := s.Sweep(context.Background())
	if err == nil {
		err = h.expire(context.Background())
	}
	if err == nil {
		err = s.Search(context.Background())
	}
	if err != nil {
		h.Fatal(err)
	}
	return n
}

// A puppet is a worker that takes each of its steps when it is told to.
type puppet struct {
	h *house
	*Worker
}

func (h *house) puppet(name string, all ...tasks.Task) *puppet {
	h.Helper()
	p := &puppet{h, NewWorker(h.Engine, tasks.NewRegistry(all...), WorkerOptions{Name: name})}
	p.opens()
	return p
}

// opens begins a session.
func (p *puppet) opens() {
	p.h.Helper()
	if err := p.openSession(context.Background()); err != nil {
		p.h.Fatal(err)
	}
}

// beats sends a heartbeat.
func (p *puppet) beats() pulse {
	p.h.Helper()
	got, err := p.beat(context.Background(), p.session(), false)
	if err != nil {
		p.h.Fatal(err)
	}
	return got
}

// claims takes up to n jobs and starts those that may start.
func (p *puppet) claims(n int, idle bool) []claimed {
	p.h.Helper()
	started, asked := p.takes(n, idle)
	return append(started, p.starts(asked...)...)
}

// takes claims up to n jobs, and finds out what those want that were not
// started.
func (p *puppet) takes(n int, idle bool) (started, asked []claimed) {
	p.h.Helper()
	args := p.claimArgs(p.order(batch{claim: n, idle: idle}))
	haul, err := p.readHaul(runScript(context.Background(), p.engine, claimScript, args...), time.Now())
	if err != nil {
		p.h.Fatal(err)
	}
	for _, c := range haul.jobs {
		c.task, _ = p.registry.Lookup(c.Task)
		if c.started {
			started = append(started, c)
			continue
		}
		c.wants, c.refusal = wantsOf(c.record, c.task)
		asked = append(asked, c)
	}
	return started, asked
}

// starts starts jobs that were taken.
func (p *puppet) starts(asked ...claimed) []claimed {
	p.h.Helper()
	if len(asked) == 0 {
		return nil
	}
	started, err := readStarted(runScript(context.Background(), p.engine, startScript, p.startArgs(asked)...), asked)
	if err != nil {
		p.h.Fatal(err)
	}
	return started
}

// ends records that an attempt returned err, and reports whether that counts.
func (p *puppet) ends(c claimed, err error) (recorded bool) {
	p.h.Helper()
	return p.records(c, outcome{err: err})
}

// records is ends for any outcome.
func (p *puppet) records(c claimed, o outcome) (recorded bool) {
	p.h.Helper()
	info := c.task.Info()
	o.began, o.policy = p.engine.now(), policy{info.Attempts, info.Backoff}
	hold := newHold(p.session(), c.record)
	x := p.decide(hold, newReport(p.Worker, hold), o, c.record)
	for all := []*ending{x}; len(all) > 0; {
		all[0].done = func(ok bool) { recorded = ok }
		args, err := endingArgs(all)
		if err == nil {
			all, err = readRecorded(runScript(context.Background(), p.engine, finishScript, append([]any{p.sessionID()}, args...)...), all)
		}
		if err != nil {
			p.h.Fatal(err)
		}
	}
	return recorded
}

// one returns the only one of some jobs.
func (h *house) one(all []claimed) claimed {
	h.Helper()
	if len(all) != 1 {
		h.Fatalf("%d jobs were started, want one", len(all))
	}
	return all[0]
}

// stands returns where a job stands, as the keys of Redis say.
func (h *house) stands(id string) []string { return h.places()[id] }

// places returns where every job stands: each that has not ended must be in
// exactly one place.
func (h *house) places() map[string][]string {
	ctx, all := context.Background(), map[string][]string{}
	add := func(key string, ids []string) {
		for _, id := range ids {
			all[id] = append(all[id], key)
		}
	}
	for _, key := range h.rdb.Keys(ctx, "*").Val() {
		switch {
		case match(key, "asynq:{b}:*}:pending"), match(key, "beadle:{b}:job:line:*"), match(key, "beadle:{b}:job:alone:*"), match(key, "asynq:{b}:*}:active"):
			add(key, h.rdb.LRange(ctx, key, 0, -1).Val())
		case match(key, "asynq:{b}:*}:scheduled"), match(key, "asynq:{b}:*}:retry"), match(key, "beadle:{b}:job:waiting:*"), match(key, "asynq:{b}:*}:archived"):
			add(key, h.rdb.ZRange(ctx, key, 0, -1).Val())
		case match(key, "beadle:{b}:lock:held:*"):
			for id, place := range h.rdb.HGetAll(ctx, key).Val() {
				if strings.HasPrefix(place, "0 ") {
					all[id] = append(all[id], "taken "+key)
				} else {
					all[id] = append(all[id], key)
				}
			}
		}
	}
	return all
}

// state is the state of a job, as its record says.
func (h *house) state(id string) job.State { return h.job(id).State }

// places is how many of a worker's places are free, and not about to be filled.
func (d *desk) places() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.size - d.taken
}
