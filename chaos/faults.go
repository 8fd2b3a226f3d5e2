package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
)

// A fault is one thing that is done to one process.
type fault struct {
	at, lasts time.Duration
	kind      journal.Fault
	target    string
}

// A trouble is a kind of fault, how often it comes and how long it lasts. A
// freeze of a worker may be shorter or longer than its lease of 6 s.
type trouble struct {
	target          string
	kind            journal.Fault
	weight          int
	atLeast, atMost time.Duration
}

var troubles = []trouble{
	{"worker", journal.Kill, 6, 200 * time.Millisecond, 3 * time.Second},
	{"worker", journal.Deploy, 2, 100 * time.Millisecond, time.Second},
	{"worker", journal.Freeze, 5, 7 * time.Second, 12 * time.Second},
	{"worker", journal.Freeze, 2, time.Second, 6 * time.Second},
	{"worker", journal.Cut, 3, time.Second, 15 * time.Second},
	{"worker", journal.Hole, 4, time.Second, 15 * time.Second},
	{"scheduler", journal.Kill, 2, 500 * time.Millisecond, 3 * time.Second},
	{"scheduler", journal.Freeze, 2, time.Second, 8 * time.Second},
	{"scheduler", journal.Hole, 1, time.Second, 8 * time.Second},
	{"redis", journal.Kill, 2, 200 * time.Millisecond, 3 * time.Second},
	{"redis", journal.Freeze, 2, time.Second, 4 * time.Second},
}

// Faults begin after a short while in peace and end before the span does. Redis
// is left alone for some time between its own.
const (
	peace     = 3 * time.Second
	redisRest = 12 * time.Second
)

// planOf returns the faults of a run, in order: first each trouble once, then
// by weight. It depends on the seed, the span and the number of workers only.
func planOf(s settings) (plan []fault) {
	if s.calm {
		return nil
	}
	chance := rand.New(rand.NewPCG(s.seed, 1))
	busy := map[string]time.Duration{}
	first := chance.Perm(len(troubles))
	for at := peace; at < s.span; at += between(chance, s.span/150, s.span/45) {
		t := pick(chance)
		if len(first) > 0 {
			t, first = troubles[first[0]], first[1:]
		}
		f := fault{at, between(chance, t.atLeast, t.atMost), t.kind, targetOf(chance, t, s.workers)}
		f.at = max(f.at, busy[f.target])
		if f.at+f.lasts+peace > s.span {
			continue
		}
		busy[f.target] = f.at + f.lasts + time.Second
		if t.target == "redis" {
			busy[f.target] += redisRest
		}
		plan = append(plan, f)
	}
	slices.SortStableFunc(plan, func(a, b fault) int { return int(a.at - b.at) })
	return plan
}

func between(chance *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(chance.Int64N(int64(high-low)))
}

func pick(chance *rand.Rand) trouble {
	sum := 0
	for _, t := range troubles {
		sum += t.weight
	}
	n := chance.IntN(sum)
	for _, t := range troubles {
		if n -= t.weight; n < 0 {
			return t
		}
	}
	return troubles[0]
}

func targetOf(chance *rand.Rand, t trouble, workers int) string {
	switch t.target {
	case "worker":
		return "worker-" + strconv.Itoa(1+chance.IntN(workers))
	case "scheduler":
		return "scheduler-" + strconv.Itoa(1+chance.IntN(schedulers))
	}
	return t.target
}

// maltreat injects the faults of a plan and returns when the span is over and
// everything is healed.
func (t *site) maltreat(ctx context.Context, plan []fault) error {
	start := time.Now()
	for _, f := range plan {
		if !sleep(ctx, f.at-time.Since(start)) {
			return ctx.Err()
		}
		t.faults.Go(func() { t.inject(ctx, f) })
	}
	if !sleep(ctx, t.span-time.Since(start)) {
		return ctx.Err()
	}
	t.faults.Wait()
	return nil
}

// sleep reports whether it was not interrupted.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (t *site) inject(ctx context.Context, f fault) {
	p := t.find(f.target)
	switch f.kind {
	case journal.Kill:
		if p == t.redis {
			t.killRedis(ctx, f.lasts)
			return
		}
		p.End(f.kind, syscall.SIGKILL, 0)
		t.again(ctx, p, f.lasts)
	case journal.Deploy:
		p.End(f.kind, syscall.SIGTERM, 15*time.Second)
		t.again(ctx, p, f.lasts)
	case journal.Freeze:
		p.Freeze()
		sleep(ctx, f.lasts)
		p.Thaw()
	case journal.Cut, journal.Hole:
		t.isolate(ctx, p, f)
	}
}

func (t *site) find(name string) *process.Process {
	for _, p := range t.processes {
		if p.Name == name {
			return p
		}
	}
	if t.postgres != nil && name == t.postgres.Name {
		return t.postgres
	}
	return t.redis
}

// again starts the next incarnation after a while.
func (t *site) again(ctx context.Context, p *process.Process, after time.Duration) {
	if !sleep(ctx, after) {
		return
	}
	if err := p.Begin(); err != nil {
		fmt.Println(err)
	}
}

func (t *site) isolate(ctx context.Context, p *process.Process, f fault) {
	way := t.proxies[p]
	p.Note(f.kind)
	if f.kind == journal.Cut {
		way.Cut()
	} else {
		way.Hole()
	}
	sleep(ctx, f.lasts)
	p.Note(journal.Heal)
	way.Heal()
}

// killRedis kills Redis and starts it again. With appendfsync everysec Redis
// may answer before it has written while an earlier sync is still going on; the
// promises are about a Redis that keeps what it acknowledged, so the kill waits
// for a moment without one, and a witness says if something is missing all the
// same.
func (t *site) killRedis(ctx context.Context, away time.Duration) {
	for range 200 {
		if info, err := t.rdb.Info(ctx, "persistence").Result(); err == nil && strings.Contains(info, "aof_pending_bio_fsync:0") {
			break
		}
	}
	told, err := t.rdb.Incr(ctx, "chaos:witness").Result()
	t.redis.End(journal.Kill, syscall.SIGKILL, 0)
	t.again(ctx, t.redis, away)
	if err != nil || until(ctx, "Redis", func() bool { return t.rdb.Ping(ctx).Err() == nil }) != nil {
		return
	}
	if kept, err := t.rdb.Get(ctx, "chaos:witness").Int64(); err == nil && kept < told {
		t.redis.Note(journal.Loss)
		fmt.Println("Redis came back without something that it had acknowledged")
	}
}
