package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The bounds of one transaction that removes something: whoever records what
// happens waits no longer than it takes.
const (
	jobsPerSweep = 500
	rowsPerSweep = 5000
)

// A Sweep removes what is older than retention says, a little with each call of
// [Sweep.Next]: first log lines and record errors, then jobs with all that is
// left of them. It can end anywhere; another one finds the rest.
//
// A job stays while it has not ended, while a job of its lineage has not, while
// somebody has still to be told of it, and while a hold covers it. The first job
// of a lineage stays as long as another. Rules and holds are those of the
// moment: one that is set while a Sweep is under way counts from its next
// transaction on.
type Sweep struct {
	ledger *Ledger
	now    time.Time
	places []sweeper
}

// A sweeper is a place where old things are, walked from the oldest on.
type sweeper interface {
	// look returns the next jobs there that have something to remove under k,
	// and how many it looked at. None looked at is the end.
	look(ctx context.Context, k keeping) (found []candidate, looked int, err error)

	// remove removes it.
	remove(ctx context.Context, k keeping, found []candidate) (map[string]job.Pruned, error)

	// turn goes on behind what was looked at.
	turn()
}

// Sweep begins to remove what is too old at now. What no rule speaks of is kept
// as [Ledger.RetentionBase] says; while nothing says so, nothing is removed.
func (l *Ledger) Sweep(now time.Time) *Sweep {
	return &Sweep{ledger: l, now: now, places: []sweeper{
		newLogSweep(l), newErrorSweep(l), newJobSweep(l),
	}}
}

// Next removes some more, and returns how much of each client. It returns
// nothing at all when there is no more.
func (s *Sweep) Next(ctx context.Context) (removed map[string]job.Pruned, more bool, err error) {
	for len(s.places) > 0 {
		removed, looked, err := s.step(ctx, s.places[0])
		if err != nil {
			return removed, true, wrap(err, "remove what is too old")
		}
		if looked > 0 {
			return removed, true, nil
		}
		s.places = s.places[1:]
	}
	return nil, false, nil
}

// step looks once and removes what it finds. Where rules or holds were changed
// in between, it looks again at the same things.
func (s *Sweep) step(ctx context.Context, place sweeper) (map[string]job.Pruned, int, error) {
	removed := map[string]job.Pruned{}
	for {
		k, known, err := s.ledger.keeping(ctx, s.now)
		if err != nil || !known {
			return removed, 0, err
		}
		found, looked, err := place.look(ctx, k)
		if err != nil || looked == 0 {
			return removed, 0, err
		}
		some, err := place.remove(ctx, k, found)
		for client, n := range some {
			removed[client] = removed[client].Add(n)
		}
		if errors.Is(err, errChanged) {
			continue
		}
		if err == nil {
			place.turn()
		}
		return removed, looked, err
	}
}

// Prunable counts the jobs that a policy would remove now, up to most.
func (l *Ledger) Prunable(ctx context.Context, p job.RetentionPolicy, now time.Time, most int64) (jobs int64, err error) {
	k, _, err := l.keeping(ctx, now)
	if err != nil {
		return 0, wrap(err, "count what is too old")
	}
	k.policy = p
	for sweep := newJobSweep(l); jobs < most; sweep.turn() {
		found, looked, err := sweep.look(ctx, k)
		if err != nil {
			return 0, wrap(err, "count what is too old")
		}
		if looked == 0 {
			break
		}
		jobs += int64(len(found))
	}
	return min(jobs, most), nil
}

// keeping is what is kept at one moment.
type keeping struct {
	revision string // of rules and holds
	policy   job.RetentionPolicy
	holds    []job.Hold
	now      time.Time
}

// keeping reads rules and holds, and reports whether it is known what counts
// where there are none. The revision comes first: what changes after it was read
// is noticed when something is to be removed.
func (l *Ledger) keeping(ctx context.Context, now time.Time) (k keeping, known bool, err error) {
	k.now = now
	if k.revision, err = meta(ctx, l.read, metaRetention); err != nil {
		return k, false, err
	}
	if k.policy.Base, known, err = l.RetentionBase(ctx); err != nil {
		return k, false, err
	}
	if k.policy.Rules, err = l.RetentionRules(ctx); err != nil {
		return k, false, err
	}
	k.holds, err = l.Holds(ctx)
	return k, known, err
}

// held reports whether a hold covers the job.
func (k keeping) held(j job.Job) bool {
	for _, h := range k.holds {
		if h.Covers(j) {
			return true
		}
	}
	return false
}

// over reports whether the job ended longer ago than keep says, and nothing
// holds it.
func (k keeping) over(h candidate, keep job.Keep) bool {
	before := keep.Before(k.now)
	return !before.IsZero() && h.Ended != nil && h.Ended.Before(before) && !k.held(h.Job)
}

// A candidate is what there is to know of a job to remove it: not its arguments.
type candidate struct {
	job.Job
	created int64
}

const candidateColumns = `id, client, task, owner, root, state, errors, started_at, ended_at, schedule, slot_at, created_at`

func scanCandidate(r row) (h candidate, err error) {
	var started, ended, slot sql.NullInt64
	err = r.Scan(&h.ID, &h.Client, &h.Task, &h.Owner, &h.Root, &h.State, &h.Errors, &started, &ended, &h.Schedule, &slot, &h.created)
	h.Started, h.Ended, h.Slot = known(started), known(ended), known(slot)
	return h, err
}

func ids(candidates []candidate) []string {
	all := make([]string, len(candidates))
	for i, h := range candidates {
		all[i] = h.ID
	}
	return all
}

// byClient returns candidates by their client.
func byClient(candidates []candidate) map[string][]candidate {
	all := map[string][]candidate{}
	for _, h := range candidates {
		all[h.Client] = append(all[h.Client], h)
	}
	return all
}
