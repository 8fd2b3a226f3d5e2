package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// fresh is how long what was read of the catalogue and of the queues is taken
// for true.
const fresh = 2 * time.Second

// declarations are the tasks of the catalogue as they were read lately. They
// are asked for with every job, so that reading takes no lock.
type declarations struct {
	mu  sync.Mutex // of who changes them
	all atomic.Pointer[map[string]remembered]
}

type remembered struct {
	*job.Declaration
	read time.Time
}

func (d *declarations) get(name string) (*job.Declaration, bool) {
	all := d.all.Load()
	if all == nil {
		return nil, false
	}
	r, ok := (*all)[name]
	return r.Declaration, ok && time.Since(r.read) < fresh
}

func (d *declarations) put(task *job.Declaration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := map[string]remembered{}
	if all := d.all.Load(); all != nil {
		maps.Copy(next, *all)
	}
	next[task.Name] = remembered{task, time.Now()}
	d.all.Store(&next)
}

func (d *declarations) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all.Store(nil)
}

// declaration returns the task of that name from the catalogue. Others see the
// same; it must not be changed.
func (e *Engine) declaration(ctx context.Context, name string) (*job.Declaration, error) {
	if d, ok := e.known.get(name); ok {
		return d, nil
	}
	raw, err := e.rdb.HGet(ctx, tasksKey, name).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, fault.New(fault.Invalid, "There is no task %q; `jobctl tasks` lists those that workers have announced.", name).In("task")
	}
	if err != nil {
		return nil, wrap(err, "read task %s", name)
	}
	d := new(job.Declaration)
	if err := json.Unmarshal(raw, d); err != nil {
		return nil, fmt.Errorf("read task %s: %w", name, err)
	}
	e.known.put(d)
	return d, nil
}

// describe gives a job the description of its task, unless it has its own.
func (e *Engine) describe(ctx context.Context, r *record) {
	if r.described != "" {
		return
	}
	if d, err := e.declaration(ctx, r.Task); err == nil && d.Summary != "" {
		r.Description = d.Summary
	}
}

// queues are the names of all queues as they were read lately.
type queues struct {
	mu   sync.Mutex
	all  []string
	read time.Time
}

// queues returns the names of all queues that ever had a job.
func (e *Engine) queues(ctx context.Context) ([]string, error) {
	e.where.mu.Lock()
	defer e.where.mu.Unlock()
	if time.Since(e.where.read) < fresh && len(e.where.all) > 0 {
		return e.where.all, nil
	}
	return e.readQueues(ctx)
}

// moreQueues reports whether there are queues that were not known.
func (e *Engine) moreQueues(ctx context.Context) (bool, error) {
	e.where.mu.Lock()
	defer e.where.mu.Unlock()
	known := e.where.all
	all, err := e.readQueues(ctx)
	return slices.ContainsFunc(all, func(name string) bool { return !slices.Contains(known, name) }), err
}

func (e *Engine) readQueues(ctx context.Context) ([]string, error) {
	all, err := e.rdb.SMembers(ctx, queuesKey).Result()
	if err != nil {
		return nil, wrap(err, "read the names of queues")
	}
	slices.Sort(all)
	e.where.all, e.where.read = all, time.Now()
	return all, nil
}

// sawQueue takes note of a queue that this process has put a job into, so that
// it finds the job again at once.
func (e *Engine) sawQueue(name string) {
	e.where.mu.Lock()
	defer e.where.mu.Unlock()
	if !slices.Contains(e.where.all, name) {
		e.where.read = time.Time{}
	}
}
