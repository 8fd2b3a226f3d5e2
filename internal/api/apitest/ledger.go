package apitest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Ledger implements api.Ledger.
type Ledger struct{ *Platform }

// Ping implements api.Ledger.
func (l Ledger) Ping(context.Context) error {
	if l.booksDown {
		return fault.New(fault.Unavailable, "The ledger does not answer.")
	}
	return nil
}

// Tasks implements api.Ledger.
func (l Ledger) Tasks(ctx context.Context) ([]job.Declaration, error) {
	return slices.Clone(l.tasks), l.Ping(ctx)
}

// Jobs implements api.Ledger.
func (l Ledger) Jobs(ctx context.Context, f job.Filter) ([]job.Job, error) {
	found, err := l.Search(ctx, f)
	return found.Jobs, err
}

// Search implements api.Ledger.
func (l Ledger) Search(ctx context.Context, f job.Filter) (found job.Found, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, seen := f.Before, f.Before == ""
	if p, ok, err := job.ParseCursor(f.Before); err != nil {
		return found, err
	} else if ok {
		last = p.ID
	}
	for _, j := range l.sorted() {
		if seen && len(found.Jobs) < f.Limit && matches(f, j) {
			found.Jobs = append(found.Jobs, j)
		}
		seen = seen || j.ID == last
	}
	if n := len(found.Jobs); n > 0 && n == f.Limit {
		found.Next = job.PlaceOf(found.Jobs[n-1]).Cursor()
	}
	return found, l.Ping(ctx)
}

// CountJobs implements api.Ledger.
func (l Ledger) CountJobs(ctx context.Context, f job.Filter, most int) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range l.jobs {
		if matches(f, j) {
			n++
		}
	}
	return min(n, most), l.Ping(ctx)
}

func matches(f job.Filter, j job.Job) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return (len(f.States) == 0 || slices.Contains(f.States, j.State)) &&
		job.Reach{Tasks: f.Task}.Fits("", j.Task, "") && is(f.Client, j.Client) && is(f.Owner, j.Owner) && is(f.Root, j.Root) && is(f.Schedule, j.Schedule) &&
		(!f.Errors || j.Errors > 0 || j.State == job.Failed) && within(f.Created, j.Created) && says(f, j) && tagged(f, j) && reached(f.Within, j)
}

func within(p job.Period, at time.Time) bool {
	return !at.Before(p.From) && (p.To.IsZero() || at.Before(p.To))
}

// says reports whether a job has all the words of a filter.
func says(f job.Filter, j job.Job) bool {
	for _, word := range f.Words {
		if !strings.Contains(strings.ToLower(j.ID+" "+j.Description+" "+j.Error), strings.ToLower(word)) {
			return false
		}
	}
	return true
}

// tagged reports whether a job has all the tags of a filter.
func tagged(f job.Filter, j job.Job) bool {
	return !slices.ContainsFunc(f.Tags, func(tag string) bool { return !slices.Contains(j.Tags, tag) })
}

// reached reports whether a job is in one of the reaches; nil has no bounds.
func reached(reaches []job.Reach, j job.Job) bool {
	return reaches == nil || slices.ContainsFunc(reaches, func(r job.Reach) bool { return r.Fits(j.Client, j.Task, j.Owner) })
}

// Job implements api.Ledger.
func (l Ledger) Job(ctx context.Context, id string) (job.Job, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.Ping(ctx); err != nil {
		return job.Job{}, err
	}
	j, ok := l.jobs[id]
	if !ok || !l.past[id] {
		return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
	}
	return j, nil
}

// Attempts implements api.Ledger.
func (l Ledger) Attempts(ctx context.Context, id string) ([]job.Attempt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.jobs[id]
	if j.Attempt == 0 {
		return nil, l.Ping(ctx)
	}
	return []job.Attempt{{Number: 1, Worker: "campus-1", Outcome: job.AttemptRunning, Started: Now.Add(-time.Minute)}}, l.Ping(ctx)
}

// Waits implements api.Ledger: a job that has begun had waited for gradebook.
func (l Ledger) Waits(ctx context.Context, id string) (job.Waits, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.jobs[id].Attempt == 0 {
		return nil, l.Ping(ctx)
	}
	gradebook := job.Wait{Kind: job.WaitsForLock, For: "gradebook", Holder: "succeeded", Task: "roster.sync"}
	return job.Waits{}.Begin(gradebook, Now.Add(-4*time.Minute)).End(Now.Add(-time.Minute)), l.Ping(ctx)
}

// QueueWaits implements api.Ledger: no job has begun.
func (l Ledger) QueueWaits(ctx context.Context, _ time.Time, _ []job.Reach) (job.QueueWaits, error) {
	return job.QueueWaits{}, l.Ping(ctx)
}

// QueueTimes implements api.Ledger: a job of the queue worker takes two minutes.
func (l Ledger) QueueTimes(ctx context.Context, _, _ time.Time) (map[string]job.QueueTime, error) {
	return map[string]job.QueueTime{"worker": {Jobs: 40, Mean: 2 * time.Minute}}, l.Ping(ctx)
}

// JobErrors implements api.Ledger.
func (l Ledger) JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error) {
	return page(l.errors[id], limit, func(e job.RecordError) bool { return e.Seq > after }), l.Ping(ctx)
}

// JobLogs implements api.Ledger.
func (l Ledger) JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error) {
	return page(l.logs[id], limit, func(line job.LogLine) bool { return line.Seq > after }), l.Ping(ctx)
}

// page returns the first of those that are wanted.
func page[T any](all []T, limit int, want func(T) bool) (some []T) {
	for _, one := range all {
		if want(one) && len(some) < limit {
			some = append(some, one)
		}
	}
	return some
}

// Counts implements api.Ledger.
func (l Ledger) Counts(ctx context.Context, client string) (map[job.State]int64, error) {
	return l.CountsWithin(ctx, client, nil)
}

// CountsWithin implements api.Ledger.
func (l Ledger) CountsWithin(ctx context.Context, client string, reaches []job.Reach) (map[job.State]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[job.State]int64{}
	for _, j := range l.jobs {
		if (client == "" || client == j.Client) && reached(reaches, j) {
			counts[j.State]++
		}
	}
	return counts, l.Ping(ctx)
}

// Clients implements api.Ledger.
func (l Ledger) Clients(ctx context.Context) (all []job.Client, err error) {
	for _, name := range slices.Sorted(maps.Keys(l.clients)) {
		all = append(all, l.clients[name])
	}
	return all, l.Ping(ctx)
}

// Client implements api.Ledger.
func (l Ledger) Client(ctx context.Context, name string) (job.Client, error) {
	c, ok := l.clients[name]
	if !ok {
		return c, fault.New(fault.NotFound, "There is no client %q.", name).In("client")
	}
	return c, l.Ping(ctx)
}

// UsableClient implements api.Ledger.
func (l Ledger) UsableClient(ctx context.Context, name string) error {
	c, err := l.Client(ctx, name)
	if err == nil && c.Disabled {
		err = fault.New(fault.Conflict, "The client %q is disabled and takes no new jobs.", name).In("client")
	}
	return err
}

// CreateClient implements api.Ledger.
func (l Ledger) CreateClient(ctx context.Context, c job.Client) (job.Client, error) {
	if _, taken := l.clients[c.Name]; taken {
		return c, fault.New(fault.Conflict, "There already is a client %q.", c.Name).In("name")
	}
	return l.EditClient(ctx, c)
}

// EditClient implements api.Ledger.
func (l Ledger) EditClient(ctx context.Context, c job.Client) (job.Client, error) {
	if c.Title == "" {
		c.Title = c.Name
	}
	l.clients[c.Name] = c
	return c, l.Ping(ctx)
}
