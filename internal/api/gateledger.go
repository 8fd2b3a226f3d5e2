package api

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// gatedLedger is the ledger within the rights of whoever acts.
type gatedLedger struct{ gate }

// Ping implements [Ledger].
func (l gatedLedger) Ping(ctx context.Context) error { return l.ledger.Ping(ctx) }

// Tasks implements [TaskLedger].
func (l gatedLedger) Tasks(ctx context.Context) ([]job.Declaration, error) {
	all, err := l.ledger.Tasks(ctx)
	return tasksWithin(ctx, all), err
}

// Jobs implements [JobLedger].
func (l gatedLedger) Jobs(ctx context.Context, f job.Filter) ([]job.Job, error) {
	if err := l.mayCompare(ctx, f); err != nil {
		return nil, err
	}
	f.Within = auth.Of(ctx).Sight()
	if f.Within != nil && f.Root != "" && l.began(ctx, f.Root) {
		f.Within = nil
	}
	jobs, err := l.ledger.Jobs(ctx, f)
	for i, j := range jobs {
		jobs[i] = l.shown(ctx, j)
	}
	return jobs, err
}

// Job implements [JobLedger].
func (l gatedLedger) Job(ctx context.Context, id string) (job.Job, error) {
	j, err := l.ledger.Job(ctx, id)
	switch {
	case err != nil:
		return j, err
	case !l.sees(ctx, j):
		return job.Job{}, noJob(id)
	}
	return l.shown(ctx, j), nil
}

// Counts implements [JobLedger].
func (l gatedLedger) Counts(ctx context.Context, client string) (map[job.State]int64, error) {
	if sight := auth.Of(ctx).Sight(); sight != nil {
		return l.ledger.CountsWithin(ctx, client, sight)
	}
	return l.ledger.Counts(ctx, client)
}

// CountsWithin implements [JobLedger]: of what is in both, the reaches and sight.
func (l gatedLedger) CountsWithin(ctx context.Context, client string, within []job.Reach) (map[job.State]int64, error) {
	if sight := auth.Of(ctx).Sight(); sight != nil {
		within = met(within, sight)
	}
	return l.ledger.CountsWithin(ctx, client, within)
}

// met returns what is in a reach of both.
func met(some, others []job.Reach) []job.Reach {
	all := []job.Reach{}
	for _, r := range some {
		for _, other := range others {
			if both, ok := r.Meet(other); ok {
				all = append(all, both)
			}
		}
	}
	return all
}

// Attempts implements [JobLedger].
func (l gatedLedger) Attempts(ctx context.Context, id string) ([]job.Attempt, error) {
	if err := l.open(ctx, id); err != nil {
		return nil, err
	}
	return l.ledger.Attempts(ctx, id)
}

// QueueWaits implements [JobLedger].
func (l gatedLedger) QueueWaits(ctx context.Context, since time.Time, within []job.Reach) (job.QueueWaits, error) {
	if sight := auth.Of(ctx).Sight(); sight != nil && within == nil {
		within = sight
	} else if sight != nil {
		within = met(within, sight)
	}
	return l.ledger.QueueWaits(ctx, since, within)
}

// QueueTimes implements [JobLedger], for those who see all jobs.
func (l gatedLedger) QueueTimes(ctx context.Context, since, now time.Time) (map[string]job.QueueTime, error) {
	if auth.Of(ctx).Sight() != nil {
		return nil, nil
	}
	return l.ledger.QueueTimes(ctx, since, now)
}

// Waits implements [JobLedger], without the names of jobs that may not be seen.
func (l gatedLedger) Waits(ctx context.Context, id string) (job.Waits, error) {
	if err := l.open(ctx, id); err != nil {
		return nil, err
	}
	waits, err := l.ledger.Waits(ctx, id)
	for i, w := range waits {
		if l.hides(ctx, w.Holder) {
			waits[i].Holder, waits[i].Task = "", ""
		}
	}
	return waits, err
}

// RecentDurations implements [JobLedger]: of jobs of others, for those who see
// them.
func (l gatedLedger) RecentDurations(ctx context.Context, schedule, task, client string, n int) ([]job.Lasted, error) {
	if !auth.Of(ctx).May(auth.See, client, task) {
		return nil, nil
	}
	return l.ledger.RecentDurations(ctx, schedule, task, client, n)
}

// JobErrors implements [JobLedger].
func (l gatedLedger) JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error) {
	if err := l.open(ctx, id); err != nil {
		return nil, err
	}
	return l.ledger.JobErrors(ctx, id, after, limit)
}

// JobLogs implements [JobLedger].
func (l gatedLedger) JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error) {
	if err := l.open(ctx, id); err != nil {
		return nil, err
	}
	return l.ledger.JobLogs(ctx, id, after, limit)
}

// ErrorGroups implements [ErrorLedger].
func (l gatedLedger) ErrorGroups(ctx context.Context, f job.ErrorFilter) ([]job.ErrorGroup, error) {
	f.Within = auth.Of(ctx).Sight()
	return l.ledger.ErrorGroups(ctx, f)
}

// ErrorGroup implements [ErrorLedger].
func (l gatedLedger) ErrorGroup(ctx context.Context, fingerprint, client string) (job.ErrorGroup, error) {
	sight := auth.Of(ctx).Sight()
	if sight == nil {
		return l.ledger.ErrorGroup(ctx, fingerprint, client)
	}
	found, err := l.ledger.ErrorGroups(ctx, job.ErrorFilter{Fingerprint: fingerprint, Client: client, Within: sight, Limit: 1})
	if err == nil && (len(found) == 0 || fingerprint == "") {
		err = fault.New(fault.NotFound, "There is no group of errors %q; jobctl errors lists them.", fingerprint)
	}
	if err != nil {
		return job.ErrorGroup{}, err
	}
	return found[0], nil
}

// GroupErrors implements [ErrorLedger]: the errors of each client that may be
// seen, put together.
func (l gatedLedger) GroupErrors(ctx context.Context, fingerprint, client, before string, limit int) ([]job.GroupedError, error) {
	if auth.Of(ctx).Sight() == nil {
		return l.ledger.GroupErrors(ctx, fingerprint, client, before, limit)
	}
	group, err := l.ErrorGroup(ctx, fingerprint, client)
	if err != nil {
		return nil, err
	}
	clients, err := l.clientsOf(ctx, group.Task, client)
	if err != nil {
		return nil, err
	}
	var all []job.GroupedError
	for _, name := range clients {
		some, err := l.ledger.GroupErrors(ctx, fingerprint, name, before, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b job.GroupedError) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.JobID, a.JobID), cmp.Compare(b.Place(), a.Place()))
	})
	if limit > 0 {
		all = all[:min(len(all), limit)]
	}
	return all, nil
}

// clientsOf returns the clients whose jobs of a task may be seen; the one that
// is asked for, if it is one of them. All together are the empty name.
func (l gatedLedger) clientsOf(ctx context.Context, task, asked string) ([]string, error) {
	w := auth.Of(ctx)
	if w.May(auth.See, "", task) {
		return []string{asked}, nil
	}
	all, err := l.ledger.Clients(ctx)
	var names []string
	for _, c := range all {
		if w.May(auth.See, c.Name, task) && (asked == "" || asked == c.Name) {
			names = append(names, c.Name)
		}
	}
	return names, err
}

// Clients implements [ClientLedger].
func (l gatedLedger) Clients(ctx context.Context) ([]job.Client, error) {
	all, err := l.ledger.Clients(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(c job.Client) bool { return !touches(ctx, c.Name, "") }), err
}

// Client implements [ClientLedger].
func (l gatedLedger) Client(ctx context.Context, name string) (job.Client, error) {
	if !touches(ctx, name, "") {
		return job.Client{}, fault.New(fault.NotFound, "There is no client %s.", name)
	}
	return l.ledger.Client(ctx, name)
}

// UsableClient implements [ClientLedger].
func (l gatedLedger) UsableClient(ctx context.Context, name string) error {
	if !touches(ctx, name, "") {
		return fault.New(fault.NotFound, "There is no client %s.", name)
	}
	return l.ledger.UsableClient(ctx, name)
}

// CreateClient implements [ClientLedger].
func (l gatedLedger) CreateClient(ctx context.Context, c job.Client) (job.Client, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return job.Client{}, err
	}
	return l.ledger.CreateClient(ctx, c)
}

// EditClient implements [ClientLedger].
func (l gatedLedger) EditClient(ctx context.Context, c job.Client) (job.Client, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return job.Client{}, err
	}
	return l.ledger.EditClient(ctx, c)
}

// Schedules implements [ScheduleLedger].
func (l gatedLedger) Schedules(ctx context.Context) ([]job.Schedule, error) {
	all, err := l.ledger.Schedules(ctx)
	all = seen(ctx, all, func(s job.Schedule) (string, string) { return s.Client, s.Task })
	for i, s := range all {
		all[i] = l.bared(ctx, s)
	}
	return all, err
}

// Schedule implements [ScheduleLedger].
func (l gatedLedger) Schedule(ctx context.Context, name string) (job.Schedule, error) {
	s, err := l.schedule(ctx, name, auth.See)
	return l.bared(ctx, s), err
}

// schedule returns one over which whoever acts has a right, with its secrets.
func (g gate) schedule(ctx context.Context, name string, right auth.Right) (job.Schedule, error) {
	s, err := g.ledger.Schedule(ctx, name)
	switch {
	case err != nil:
		return s, err
	case !auth.Of(ctx).May(auth.See, s.Client, s.Task):
		return job.Schedule{}, fault.New(fault.NotFound, "There is no schedule %s.", name)
	}
	return s, may(ctx, right, s.Client, s.Task)
}

// Slots implements [ScheduleLedger].
func (l gatedLedger) Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error) {
	if err := l.opened(ctx, schedule); err != nil {
		return nil, err
	}
	return l.ledger.Slots(ctx, schedule, from, to, limit)
}

// opened checks that a schedule may be seen. One that was deleted may be seen by
// those who see all.
func (g gate) opened(ctx context.Context, name string) error {
	if auth.Of(ctx).Everywhere(auth.See) {
		return nil
	}
	_, err := g.schedule(ctx, name, auth.See)
	return err
}

// LastSlots implements [ScheduleLedger].
func (l gatedLedger) LastSlots(ctx context.Context, schedules []string) (map[string]job.Slot, error) {
	var visible []string
	for _, name := range schedules {
		if l.opened(ctx, name) == nil {
			visible = append(visible, name)
		}
	}
	return l.ledger.LastSlots(ctx, visible)
}

// Limits implements [LimitLedger].
func (l gatedLedger) Limits(ctx context.Context) ([]job.Limit, error) { return l.ledger.Limits(ctx) }

// PutLimit implements [LimitLedger].
func (l gatedLedger) PutLimit(ctx context.Context, limit job.Limit) error {
	if err := mayLimit(ctx, limit.Task, limit.Client); err != nil {
		return err
	}
	return l.ledger.PutLimit(ctx, limit)
}

// DeleteLimit implements [LimitLedger].
func (l gatedLedger) DeleteLimit(ctx context.Context, task, client string) error {
	if err := mayLimit(ctx, task, client); err != nil {
		return err
	}
	return l.ledger.DeleteLimit(ctx, task, client)
}

// mayLimit checks the right to limit the jobs of a task and a client. A limit of
// all clients, or of each, is for those who operate all of them.
func mayLimit(ctx context.Context, task, client string) error {
	if client == "*" {
		client = ""
	}
	if auth.Of(ctx).By == "" && auth.Of(ctx).May(auth.Operate, client, task) {
		return nil
	}
	return fault.New(fault.Denied, "This needs the right to operate all that the limit bounds.")
}

// Audit implements [AuditLedger].
func (l gatedLedger) Audit(ctx context.Context, f job.AuditFilter) ([]job.AuditEntry, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return nil, err
	}
	return l.ledger.Audit(ctx, f)
}

// VerifyAudit implements [AuditLedger].
func (l gatedLedger) VerifyAudit(ctx context.Context) (job.AuditCheck, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return job.AuditCheck{}, err
	}
	return l.ledger.VerifyAudit(ctx)
}

// Search implements [JobSearch].
func (l gatedLedger) Search(ctx context.Context, f job.Filter) (job.Found, error) {
	if err := l.mayCompare(ctx, f); err != nil {
		return job.Found{}, err
	}
	f.Within = l.sight(ctx, f)
	found, err := l.ledger.Search(ctx, f)
	for i, j := range found.Jobs {
		found.Jobs[i] = l.shown(ctx, j)
	}
	return found, err
}

// sight returns what may be seen of the jobs of a filter: all of a lineage that
// whoever acts began.
func (g gate) sight(ctx context.Context, f job.Filter) []job.Reach {
	sight := auth.Of(ctx).Sight()
	if sight != nil && f.Root != "" && g.began(ctx, f.Root) {
		return nil
	}
	return sight
}

// CountJobs implements [JobSearch].
func (l gatedLedger) CountJobs(ctx context.Context, f job.Filter, most int) (int, error) {
	if err := l.mayCompare(ctx, f); err != nil {
		return 0, err
	}
	f.Within = l.sight(ctx, f)
	return l.ledger.CountJobs(ctx, f, most)
}

// Pauses implements [PauseLedger].
func (l gatedLedger) Pauses(ctx context.Context, at time.Time) ([]job.Pause, error) {
	all, err := l.ledger.Pauses(ctx, at)
	if err != nil {
		return nil, err
	}
	return l.pausesWithin(ctx, all)
}

// PutPause implements [PauseLedger]. Queues are of all clients.
func (l gatedLedger) PutPause(ctx context.Context, p job.Pause) error {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return l.ledger.PutPause(ctx, p)
}

// DeletePause implements [PauseLedger].
func (l gatedLedger) DeletePause(ctx context.Context, queue string) error {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return l.ledger.DeletePause(ctx, queue)
}
