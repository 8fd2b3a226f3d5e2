package apitest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// grouped returns the record errors of a client's jobs, or of all, by their
// fingerprints, newest first.
func (l Ledger) grouped(of string) map[string][]job.GroupedError {
	groups := map[string][]job.GroupedError{}
	for id, errors := range l.errors {
		j := l.jobs[id]
		for _, e := range errors {
			if of == "" || of == j.Client {
				kind := job.Fingerprint(j.Task, e.Code, job.Pattern(e.Message))
				groups[kind] = append(groups[kind], job.GroupedError{RecordError: e, JobID: id, Client: j.Client})
			}
		}
	}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b job.GroupedError) int {
			return cmp.Or(b.At.Compare(a.At), strings.Compare(b.JobID, a.JobID), cmp.Compare(b.Seq, a.Seq))
		})
	}
	return groups
}

// ErrorGroups implements api.Ledger.
func (l Ledger) ErrorGroups(ctx context.Context, f job.ErrorFilter) (found []job.ErrorGroup, err error) {
	for kind := range l.grouped(f.Client) {
		g, err := l.ErrorGroup(ctx, kind, f.Client)
		if err != nil {
			return nil, err
		}
		if (f.Fingerprint == "" || f.Fingerprint == kind) && (f.Within == nil || reached(f.Within, job.Job{Client: l.jobs[g.JobID].Client, Task: g.Task})) && (f.Task == "" || f.Task == g.Task) && strings.Contains(strings.ToLower(g.Code+" "+g.Pattern), strings.ToLower(f.Text)) &&
			!g.Last.Before(f.From) && (f.To.IsZero() || g.First.Before(f.To)) {
			found = append(found, g)
		}
	}
	slices.SortFunc(found, func(a, b job.ErrorGroup) int { return strings.Compare(b.Cursor(), a.Cursor()) })
	for i, g := range found {
		if g.Cursor() == f.Before {
			found = found[i+1:]
			break
		}
	}
	return found[:min(len(found), f.Limit)], l.Ping(ctx)
}

// ErrorGroup implements api.Ledger.
func (l Ledger) ErrorGroup(ctx context.Context, fingerprint, of string) (job.ErrorGroup, error) {
	group := l.grouped(of)[fingerprint]
	if len(group) == 0 {
		return job.ErrorGroup{}, fault.New(fault.NotFound, "There is no group of errors %q; jobctl errors lists them.", fingerprint)
	}
	newest, jobs, clients := group[0], map[string]bool{}, map[string]bool{}
	for _, e := range group {
		jobs[e.JobID], clients[e.Client] = true, true
	}
	return job.ErrorGroup{
		Fingerprint: fingerprint, Task: l.jobs[newest.JobID].Task, Code: newest.Code, Pattern: job.Pattern(newest.Message),
		Errors: int64(len(group)), Jobs: int64(len(jobs)), Clients: int64(len(clients)),
		First: group[len(group)-1].At, Last: newest.At, JobID: newest.JobID, Message: newest.Message,
	}, l.Ping(ctx)
}

// GroupErrors implements api.Ledger.
func (l Ledger) GroupErrors(ctx context.Context, fingerprint, of, before string, limit int) ([]job.GroupedError, error) {
	group := l.grouped("")[fingerprint]
	if before != "" {
		i := slices.IndexFunc(group, func(e job.GroupedError) bool { return e.Cursor() == before })
		if i < 0 {
			return nil, fault.New(fault.Invalid, "%q is not where a page begins.", before).In("before")
		}
		group = group[i+1:]
	}
	group = slices.DeleteFunc(group, func(e job.GroupedError) bool { return of != "" && e.Client != of })
	return group[:min(len(group), limit)], l.Ping(ctx)
}
