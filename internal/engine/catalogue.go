package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Tasks returns the catalogue: every task that a worker has announced, by
// name. Tasks stay in it when their workers stop.
func (e *Engine) Tasks(ctx context.Context) ([]job.Declaration, error) {
	raw, err := e.rdb.HGetAll(ctx, tasksKey).Result()
	if err != nil {
		return nil, wrap(err, "read the catalogue of tasks")
	}
	all := make([]job.Declaration, 0, len(raw))
	for name, text := range raw {
		var d job.Declaration
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return nil, fmt.Errorf("read task %s: %w", name, err)
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b job.Declaration) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// announce enters the worker's tasks into the catalogue, except those that a
// newer build has declared. With replace, it also renews those of builds that
// are just as old, as at the start of a worker; a running one only fills in
// what is missing.
func (e *Engine) announce(ctx context.Context, all []job.Declaration, replace bool) error {
	if len(all) == 0 {
		return nil
	}
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Name
	}
	known, err := e.rdb.HMGet(ctx, tasksKey, names...).Result()
	if err != nil {
		return wrap(err, "read the catalogue of tasks")
	}
	var changes []any
	var changed []job.Declaration
	for i, d := range all {
		text, _ := known[i].(string)
		if supersedes(d, text, replace) {
			changes, changed = append(changes, d.Name, encode(d)), append(changed, d)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if err := e.rdb.HSet(ctx, tasksKey, changes...).Err(); err != nil {
		return wrap(err, "announce tasks")
	}
	e.known.forget()
	return e.declareLimits(ctx, changed)
}

// declareLimits makes the limits that tasks declare known.
func (e *Engine) declareLimits(ctx context.Context, all []job.Declaration) error {
	limits := lock.New(e.rdb)
	for _, d := range all {
		if err := limits.DeclareLimits(ctx, d.Name, d.Limits); err != nil {
			return wrap(err, "declare the limits of task %s", d.Name)
		}
	}
	return nil
}

// supersedes reports whether d takes the place of the declaration that the
// catalogue has, if any.
func supersedes(d job.Declaration, known string, replace bool) bool {
	var old job.Declaration
	if json.Unmarshal([]byte(known), &old) != nil || d.BuiltAt.After(old.BuiltAt) {
		return true
	}
	return replace && d.BuiltAt.Equal(old.BuiltAt)
}

// declare describes a worker's tasks for the catalogue.
func declare(reg *tasks.Registry, o WorkerOptions) []job.Declaration {
	var all []job.Declaration
	for _, info := range reg.Infos() {
		d := job.Declaration{
			Name: info.Name, Summary: info.Summary, Queue: first(info.Queue, o.Queue), Schema: info.Schema,
			Timeout: info.Timeout, Attempts: info.Attempts, Backoff: info.Backoff, Build: o.Build, BuiltAt: o.BuiltAt.UTC(),
			Warn: info.Warn, Locks: info.Locks, Where: info.Where, EachWorker: info.EachWorker, Limits: limitsOf(info),
		}
		if info.Unique != nil {
			d.Unique = &job.Unique{Args: info.Unique.Args, Policy: job.UniquePolicy(info.Unique.Policy)}
		}
		task, _ := reg.Lookup(info.Name)
		d.Reads, d.Writes = usualLocks(task)
		for _, s := range info.Schedules {
			d.Schedules = append(d.Schedules, job.DeclaredSchedule{
				Name: s.Name, Cron: s.Cron, Zone: s.Zone, Client: s.Client, Args: s.Args, Wants: wantsWith(task, s.Args),
			})
		}
		all = append(all, d)
	}
	return all
}

// limitsOf are the limits that a task declares.
func limitsOf(info tasks.Info) (all []job.Limit) {
	if info.Limit > 0 {
		all = append(all, job.Limit{Task: info.Name, Max: info.Limit, From: "task"})
	}
	if info.ClientLimit > 0 {
		all = append(all, job.Limit{Task: info.Name, Client: "*", Max: info.ClientLimit, From: "task"})
	}
	return all
}

// usualLocks returns the locks of a task that can do without arguments; those
// of others follow from their arguments.
func usualLocks(task tasks.Task) (reads, writes []string) {
	if w := wantsWith(task, json.RawMessage("{}")); w != nil {
		return w.Reads, w.Writes
	}
	return nil, nil
}

// wantsWith returns what a job with these arguments wants; nil if the task
// cannot say.
func wantsWith(task tasks.Task, args json.RawMessage) *job.Wants {
	if task.Check(args) != nil {
		return nil
	}
	w, err := guardWants(task, args)
	if err != nil {
		return nil
	}
	return &job.Wants{Reads: w.Reads, Writes: w.Writes, Blocking: w.Blocking}
}

// Workers returns the workers that were heard of within the last ten seconds,
// by name.
func (e *Engine) Workers(ctx context.Context) ([]job.Worker, error) {
	ids, err := e.rdb.ZRange(ctx, workersKey, 0, -1).Result()
	if err != nil || len(ids) == 0 {
		return nil, wrap(err, "read workers")
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = workerKey(id)
	}
	found, err := e.rdb.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, wrap(err, "read workers")
	}
	orders, err := e.rdb.HGetAll(ctx, ordersKey).Result()
	if err != nil {
		return nil, wrap(err, "read what workers were told")
	}
	var live []job.Worker
	for i, value := range found {
		text, there := value.(string)
		var w job.Worker
		if !there {
			continue
		}
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			return nil, fmt.Errorf("read worker %s: %w", ids[i], err)
		}
		order := readTold(orders[ids[i]])
		w.Order, w.OrderedBy = order.order, order.by
		live = append(live, w)
	}
	slices.SortFunc(live, func(a, b job.Worker) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return live, nil
}
