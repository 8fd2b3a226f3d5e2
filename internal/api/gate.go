package api

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// A gate stands between the faces and the stores, and lets through what whoever
// acts in the context may see and change. What they may not see is not there:
// by its id it is not found, and lists, counts and groups leave it out.
//
// The gates name every method of the stores themselves and embed none, so that
// a new one is closed until somebody has thought of who may have it.
type gate struct {
	engine Engine
	ledger Ledger
	syncs  []sync.Sync
	keeper *keeper
}

func newGate(c Config) gate {
	return gate{c.Engine, c.Ledger, c.Syncs, &keeper{engine: c.Engine, ledger: c.Ledger}}
}

// around returns c with gates around its stores.
func (g gate) around(c Config) Config {
	c.Locks = gatedLocks{g, c.Locks}
	c.Timetable = gatedTimetable{g, c.Timetable}
	c.Engine = gatedEngine{g}
	c.Ledger = gatedLedger{g}
	return c
}

// raw returns a job, whoever asks.
func (g gate) raw(ctx context.Context, id string) (job.Job, error) {
	j, err := g.engine.Job(ctx, id)
	if err == nil {
		return j, nil
	}
	past, ledgerErr := g.ledger.Job(ctx, id)
	if ledgerErr == nil || fault.KindOf(err) == fault.NotFound {
		return past, ledgerErr
	}
	return job.Job{}, err
}

// sees reports whether a job may be seen: by itself, or because its lineage
// began with a job of the same person.
func (g gate) sees(ctx context.Context, j job.Job) bool {
	return auth.Of(ctx).Sees(j) || j.Root != "" && j.Root != j.ID && g.began(ctx, j.Root)
}

// began reports whether whoever acts began that lineage.
func (g gate) began(ctx context.Context, root string) bool {
	w := auth.Of(ctx)
	if w.Nobody() || !w.Anywhere(auth.Own) {
		return false
	}
	first, err := g.raw(ctx, root)
	return err == nil && first.Owner == w.Name && w.May(auth.Own, first.Client, first.Task)
}

// open checks that a job may be seen, and hides it otherwise. Those who see all
// are not kept waiting for the answer.
func (g gate) open(ctx context.Context, id string) error {
	if auth.Of(ctx).Sight() == nil {
		return nil
	}
	j, err := g.raw(ctx, id)
	if err == nil && !g.sees(ctx, j) {
		return noJob(id)
	}
	return err
}

func noJob(id string) error { return fault.New(fault.NotFound, "There is no job %s.", id) }

// handles checks that a job may be changed.
func (g gate) handles(ctx context.Context, id string) error {
	w := auth.Of(ctx)
	if w.By == "" && w.Everywhere(auth.Operate) {
		return nil
	}
	j, err := g.raw(ctx, id)
	switch {
	case err != nil:
		return err
	case !g.sees(ctx, j):
		return noJob(id)
	case !w.Handles(j):
		return fault.New(fault.Denied, "Job %s is not yours; changing it needs the right to operate %s of client %s.", id, j.Task, j.Client)
	}
	return nil
}

// may checks a right over a client and a task.
func may(ctx context.Context, right auth.Right, client, task string) error {
	client = firstOf(client, job.DefaultClient)
	if auth.Of(ctx).May(right, client, task) {
		return nil
	}
	return fault.New(fault.Denied, "This needs the right to %s for client %s and task %s.", verbs[right], client, task)
}

// verbs are rights as something that people do.
var verbs = map[auth.Right]string{auth.Own: "start jobs", auth.See: "see jobs", auth.Operate: "operate", auth.Administer: "administer"}

// shown returns a job as whoever acts may see it, without its secrets.
func (g gate) shown(ctx context.Context, j job.Job) job.Job {
	j = g.anonymous(ctx, j)
	j.Args = g.args(ctx, j.Client, j.Task, j.Args)
	return j
}

// anonymous takes the name from a job in the way that whoever acts may not see.
func (g gate) anonymous(ctx context.Context, j job.Job) job.Job {
	if j.Waiting != nil && g.hides(ctx, j.Waiting.Holder) {
		anonymous := *j.Waiting
		anonymous.Holder, anonymous.Task = "", ""
		j.Waiting = &anonymous
	}
	return j
}

// hides reports whether whoever acts may not see the job with that id. No job is
// hidden.
func (g gate) hides(ctx context.Context, id string) bool {
	if id == "" || auth.Of(ctx).Sight() == nil {
		return false
	}
	j, err := g.raw(ctx, id)
	return err != nil || !g.sees(ctx, j)
}

// touches reports whether whoever acts has anything to do with a client or a
// task; an empty name is any.
func touches(ctx context.Context, client, task string) bool {
	sight := auth.Of(ctx).Sight()
	return sight == nil || slices.ContainsFunc(sight, func(r job.Reach) bool {
		return (client == "" || r.Client == "" || r.Client == client) && (task == "" || job.Reach{Tasks: r.Tasks}.Fits("", task, ""))
	})
}

// seen returns those of all that may be seen, by their client and task.
func seen[T any](ctx context.Context, all []T, of func(T) (client, task string)) []T {
	w := auth.Of(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(one T) bool {
		client, task := of(one)
		return !w.May(auth.See, client, task)
	})
}
