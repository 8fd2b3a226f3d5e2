package ledger

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A jobSweep walks the jobs of each client and task, the oldest first.
type jobSweep struct {
	ledger *Ledger
	begun  bool
	of     scope
	ended  bool // there is no other client or task
	after  place
	last   place
	full   bool // there may be more of this client and task

	closed map[string]bool // first jobs of lineages of which none is unfinished
}

// A scope is the jobs of one task of one client.
type scope struct{ client, task string }

// A place is where a job stands in the order of their creation.
type place struct {
	created int64
	id      string
}

func newJobSweep(l *Ledger) *jobSweep { return &jobSweep{ledger: l, closed: map[string]bool{}} }

func (s *jobSweep) look(ctx context.Context, k keeping) (found []candidate, looked int, err error) {
	for {
		if err := s.enter(ctx); err != nil || s.ended {
			return nil, 0, err
		}
		candidates, err := s.oldest(ctx, k.policy.For(s.of.client, s.of.task).Jobs, k)
		if err != nil {
			return nil, 0, err
		}
		s.full = len(candidates) == jobsPerSweep
		if len(candidates) == 0 {
			if err := s.leave(ctx); err != nil {
				return nil, 0, err
			}
			continue
		}
		last := candidates[len(candidates)-1]
		s.last = place{last.created, last.ID}
		candidates = slices.DeleteFunc(candidates, func(h candidate) bool { return k.held(h.Job) })
		if found, err = s.settled(ctx, candidates); err != nil {
			return nil, 0, err
		}
		if found, err = s.ledger.quiet(ctx, found); err != nil {
			return nil, 0, err
		}
		found, err = s.ledger.childless(ctx, found)
		return found, jobsPerSweep, err
	}
}

// enter finds the first client and task.
func (s *jobSweep) enter(ctx context.Context) error {
	if s.begun {
		return nil
	}
	s.begun = true
	return s.leave(ctx)
}

// leave goes to the next client and task that have jobs.
func (s *jobSweep) leave(ctx context.Context) error {
	scan := func(r row) (next scope, err error) {
		err = r.Scan(&next.client, &next.task)
		return next, err
	}
	next, err := scan(s.ledger.read.QueryRowContext(ctx,
		`SELECT client, task FROM jobs WHERE (client, task) > ($1, $2) ORDER BY client, task LIMIT 1`, s.of.client, s.of.task))
	if errors.Is(err, sql.ErrNoRows) {
		s.ended = true
		return nil
	}
	s.of, s.after, s.full = next, place{}, true
	return err
}

// oldest returns the next jobs that ended longer ago than keep says. A job is
// made before it ends, so that the walk along the order of creation ends there.
func (s *jobSweep) oldest(ctx context.Context, keep job.Keep, k keeping) ([]candidate, error) {
	before := keep.Before(k.now)
	if before.IsZero() || !s.full {
		return nil, nil
	}
	return list(ctx, s.ledger.read, scanCandidate, `SELECT `+candidateColumns+` FROM jobs
		WHERE client = $1 AND task = $2 AND created_at < $3 AND (created_at, id) > ($4, $5) AND ended_at < $3
		ORDER BY created_at, id LIMIT $6`,
		s.of.client, s.of.task, millis(before), s.after.created, s.after.id, jobsPerSweep)
}

// settled returns those of whose lineage every job has ended.
func (s *jobSweep) settled(ctx context.Context, candidates []candidate) ([]candidate, error) {
	var unsure []string
	for _, h := range candidates {
		if !s.closed[h.Root] {
			unsure = append(unsure, h.Root)
		}
	}
	slices.Sort(unsure)
	unsure = slices.Compact(unsure)
	open, err := s.ledger.unfinished(ctx, unsure)
	if err != nil {
		return nil, err
	}
	if len(s.closed) > 100*jobsPerSweep {
		clear(s.closed)
	}
	for _, root := range unsure {
		if !slices.Contains(open, root) {
			s.closed[root] = true
		}
	}
	return slices.DeleteFunc(candidates, func(h candidate) bool { return slices.Contains(open, h.Root) }), nil
}

// unfinished returns those of the lineages that have a job which has not ended.
func (l *Ledger) unfinished(ctx context.Context, roots []string) ([]string, error) {
	if len(roots) == 0 {
		return nil, nil
	}
	itself, arg, err := l.among("id", roots)
	if err != nil {
		return nil, err
	}
	below, _, err := l.among("root", roots)
	if err != nil {
		return nil, err
	}
	return list(ctx, l.read, scanText, `SELECT id FROM jobs WHERE `+itself+` AND ended_at IS NULL
		UNION SELECT root FROM jobs WHERE `+below+` AND root <> id AND ended_at IS NULL`, arg)
}

// quiet returns those of which nothing is left to be told to anybody: whoever
// tells of a job reads it first.
func (l *Ledger) quiet(ctx context.Context, found []candidate) ([]candidate, error) {
	if len(found) == 0 {
		return nil, nil
	}
	about, arg, err := l.among("job", ids(found))
	if err != nil {
		return nil, err
	}
	pending, err := list(ctx, l.read, scanText, `SELECT DISTINCT job FROM notice_happenings WHERE `+about, arg)
	return slices.DeleteFunc(found, func(h candidate) bool { return slices.Contains(pending, h.ID) }), err
}

// childless returns all but the first jobs of lineages that have a job which is
// not among them. They go at the next run, once nothing leads to them.
func (l *Ledger) childless(ctx context.Context, found []candidate) ([]candidate, error) {
	if len(found) == 0 {
		return nil, nil
	}
	below, arg, err := l.among("root", ids(found))
	if err != nil {
		return nil, err
	}
	itself, _, err := l.among("id", ids(found))
	if err != nil {
		return nil, err
	}
	led, err := list(ctx, l.read, scanText,
		`SELECT DISTINCT root FROM jobs WHERE `+below+` AND root <> id AND NOT (`+itself+`)`, arg)
	return slices.DeleteFunc(found, func(h candidate) bool { return slices.Contains(led, h.ID) }), err
}

// turn goes on behind what was looked at. What was kept stays behind it.
func (s *jobSweep) turn() { s.after = s.last }

// remove removes jobs. Their many rows go first, so that no transaction is long.
func (s *jobSweep) remove(ctx context.Context, k keeping, found []candidate) (map[string]job.Pruned, error) {
	var removed job.Pruned
	var err error
	if removed.Lines, err = s.ledger.removeRows(ctx, k, "job_logs", ids(found)); err != nil {
		return map[string]job.Pruned{s.of.client: removed}, err
	}
	if removed.Errors, err = s.ledger.removeRows(ctx, k, "job_errors", ids(found)); err != nil {
		return map[string]job.Pruned{s.of.client: removed}, err
	}
	removed.Jobs, err = s.ledger.removeJobs(ctx, k, found)
	return map[string]job.Pruned{s.of.client: removed}, err
}

// What is found to be removed may have got a job below it since. Those that began
// no lineage go first, so that one which is too old as a whole goes as a whole.
const (
	removableBelow = `root <> id
		AND NOT EXISTS (SELECT 1 FROM jobs AS beside WHERE beside.root = jobs.root AND beside.root <> beside.id AND beside.ended_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM jobs AS above WHERE above.id = jobs.root AND above.ended_at IS NULL)`
	removableFirst = `root = id
		AND NOT EXISTS (SELECT 1 FROM jobs AS below WHERE below.root = jobs.id AND below.root <> below.id)`
)

// removeJobs removes jobs, and moves them from the counts of those that there
// are to the counts of those that were.
func (l *Ledger) removeJobs(ctx context.Context, k keeping, found []candidate) (removed int64, err error) {
	if len(found) == 0 {
		return 0, nil
	}
	where, arg, err := l.among("id", ids(found))
	if err != nil {
		return 0, err
	}
	err = l.whileKept(ctx, k, func(tx *sql.Tx) error {
		if err := holdPosition(ctx, tx); err != nil {
			return err
		}
		var gone []string
		for _, removable := range []string{removableBelow, removableFirst} {
			some, err := list(ctx, tx, scanText, `DELETE FROM jobs WHERE `+where+` AND ended_at IS NOT NULL
				AND id NOT IN (SELECT job FROM notice_happenings) AND `+removable+` RETURNING id`, arg)
			if err != nil {
				return err
			}
			gone = append(gone, some...)
		}
		removed = int64(len(gone))
		return writer{tx, l.dialect}.countRemoved(ctx, found, gone, k.now)
	})
	return removed, err
}
