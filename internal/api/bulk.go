package api

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// abortMany serves POST /api/v1/jobs:abort.
func (a *API) abortMany(w http.ResponseWriter, r *http.Request) error {
	return a.many(w, r, a.book().AbortMany)
}

// retryMany serves POST /api/v1/jobs:retry.
func (a *API) retryMany(w http.ResponseWriter, r *http.Request) error {
	return a.many(w, r, a.book().RetryMany)
}

func (a *API) many(w http.ResponseWriter, r *http.Request, do func(context.Context, job.Bulk) (job.BulkResult, error)) error {
	var ask job.Bulk
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	result, err := do(r.Context(), ask)
	if late := goOn(w); late != nil { // many jobs may have taken longer than an answer may
		return late
	}
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, result)
}

// AbortMany stops jobs that have not ended.
func (b Jobs) AbortMany(ctx context.Context, ask job.Bulk) (job.BulkResult, error) {
	open := []job.State{job.Scheduled, job.Waiting, job.Queued, job.Running, job.Retrying, job.Held}
	return b.many(ctx, ask, open, func(ctx context.Context, id string) error {
		_, err := b.Abort(ctx, id, actor(ctx))
		return err
	})
}

// RetryMany makes new jobs of those that ended without success.
func (b Jobs) RetryMany(ctx context.Context, ask job.Bulk) (job.BulkResult, error) {
	return b.many(ctx, ask, []job.State{job.Failed, job.Aborted, job.Expired}, func(ctx context.Context, id string) error {
		_, err := b.Retry(ctx, id, actor(ctx))
		return err
	})
}

// many does something to jobs: those that there are as it is asked, one by one,
// each if whoever acts may. Where a filter names no states, those are meant.
func (b Jobs) many(ctx context.Context, ask job.Bulk, states []job.State, do func(ctx context.Context, id string) error) (job.BulkResult, error) {
	if err := checkBulk(ask); err != nil {
		return job.BulkResult{}, err
	}
	jobs, err := b.meant(ctx, ask, states)
	if err != nil {
		return job.BulkResult{}, err
	}
	if ask.DryRun {
		return job.BulkResult{Count: len(jobs), Sample: jobs[:min(len(jobs), 10)]}, nil
	}
	if err := checkExpected(ask, len(jobs)); err != nil {
		return job.BulkResult{}, err
	}
	t := &toll{result: job.BulkResult{Count: len(jobs)}, reasons: map[string]int{}}
	t.each(ctx, jobs, do)
	noteFacts(ctx, map[string]any{"jobs": len(jobs), "done": t.result.Done, "refused": t.result.Refused})
	return t.result, ctx.Err()
}

func checkBulk(ask job.Bulk) error {
	switch {
	case (ask.Filter == "") == (len(ask.IDs) == 0):
		return fault.New(fault.Invalid, "Give a filter or ids, one of them.").In("filter")
	case len(ask.IDs) > job.MostIDs:
		return fault.New(fault.Invalid, "Field ids has %d jobs; %d is the most. Use a filter for more.", len(ask.IDs), job.MostIDs).In("ids")
	case len(ask.Reason) > maxReason:
		return fault.New(fault.Invalid, "Field reason must be at most %d bytes.", maxReason).In("reason")
	case !ask.DryRun && ask.Expect == nil:
		return fault.New(fault.Invalid, "Field expect is required: how many jobs a dry run has counted.").In("expect")
	}
	return nil
}

// checkExpected refuses to do more than was seen, give or take what comes while
// a person makes up their mind.
func checkExpected(ask job.Bulk, n int) error {
	if expect := *ask.Expect; n-expect > 10 && (n-expect)*10 > expect {
		return fault.New(fault.Conflict, "There are %d such jobs by now, and you have seen %d. Nothing was done; look again.", n, expect).In("expect")
	}
	return nil
}

// meant returns the jobs that a bulk is about, newest first.
func (b Jobs) meant(ctx context.Context, ask job.Bulk, states []job.State) ([]job.Job, error) {
	if len(ask.IDs) > 0 {
		return b.named(ctx, ask.IDs)
	}
	f, err := job.ParseFilter(ask.Filter)
	if err != nil {
		return nil, err
	}
	if !f.Chooses() {
		return nil, fault.New(fault.Invalid, "The filter chooses all jobs; name a state, a task, or something else.").In("filter")
	}
	if len(f.States) == 0 {
		f.States = states
	}
	return b.chosen(ctx, f)
}

// named returns jobs by their ids, each once.
func (b Jobs) named(ctx context.Context, ids []string) (jobs []job.Job, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for _, id := range ids {
		j, err := b.Job(ctx, id)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// chosen returns all jobs of f that there are by now.
func (b Jobs) chosen(ctx context.Context, f job.Filter) (jobs []job.Job, err error) {
	f.Limit = maxLimit
	if now := b.now().Add(time.Millisecond); f.Created.To.IsZero() || now.Before(f.Created.To) {
		f.Created.To = now
	}
	for {
		found, _, err := b.search(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, j := range found.Jobs {
			jobs = append(jobs, job.Job{ID: j.ID, Task: j.Task, Client: j.Client, Owner: j.Owner, State: j.State, Description: j.Description, Created: j.Created})
		}
		if len(jobs) > job.MostAtOnce {
			return nil, fault.New(fault.Invalid, "There are more than %d such jobs, the most that can be changed at once; choose fewer.", job.MostAtOnce).In("filter")
		}
		if f.Before = found.Next; f.Before == "" {
			return jobs, nil
		}
	}
}

// A toll counts what was done to jobs, and what was not.
type toll struct {
	mu      sync.Mutex
	result  job.BulkResult
	reasons map[string]int // where a reason stands among the refusals
	away    error          // why nothing can be done any more
}

// atOnce is how many jobs of a bulk are changed at a time.
const atOnce = 8

// each does something to each job.
func (t *toll) each(ctx context.Context, jobs []job.Job, do func(ctx context.Context, id string) error) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, j := range jobs {
		g.Go(func() error {
			t.count(j.ID, t.one(ctx, j, do))
			return nil
		})
	}
	_ = g.Wait() // each error is counted
}

// one does something to a job, provided that it may be done.
func (t *toll) one(ctx context.Context, j job.Job, do func(ctx context.Context, id string) error) error {
	t.mu.Lock()
	away := t.away
	t.mu.Unlock()
	switch {
	case away != nil || ctx.Err() != nil:
		return cmp.Or(away, ctx.Err())
	case !auth.Of(ctx).Handles(j):
		return fault.New(fault.Denied, "You may not change this job.")
	}
	return do(ctx, j.ID)
}

func (t *toll) count(id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.result.Done++
		return
	}
	if fault.KindOf(err) == fault.Unavailable {
		t.away = err
	}
	text := fault.Message(err)
	kind := ids.ReplaceAllLiteralString(text, "#")
	at, known := t.reasons[kind]
	if !known {
		at = len(t.result.Refused)
		t.reasons[kind], t.result.Refused = at, append(t.result.Refused, job.BulkRefusal{Reason: text, First: id})
	}
	t.result.Refused[at].Jobs++
}

// ids are what tells refusals apart that are of one kind.
var ids = regexp.MustCompile(`\bJob \S+`)
