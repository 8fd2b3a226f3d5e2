package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/job"
)

// errChanged says that rules or holds are no longer those that were read.
var errChanged = errors.New("rules or holds were changed")

// A rowSweep walks the rows of jobs in one table: their log, or their errors.
type rowSweep struct {
	ledger *Ledger
	table  string // with columns job_id and seq
	keep   func(job.Retention) job.Keep
	count  func(rows int64) job.Pruned

	after, last string // ids: behind the first it looks, at the other it looked last
}

func newLogSweep(l *Ledger) *rowSweep {
	return &rowSweep{
		ledger: l, table: "job_logs",
		keep:  func(r job.Retention) job.Keep { return r.Logs },
		count: func(rows int64) job.Pruned { return job.Pruned{Lines: rows} },
	}
}

func newErrorSweep(l *Ledger) *rowSweep {
	return &rowSweep{
		ledger: l, table: "job_errors",
		keep:  func(r job.Retention) job.Keep { return r.Errors },
		count: func(rows int64) job.Pruned { return job.Pruned{Errors: rows} },
	}
}

// owners jumps from the rows of one job to those of the next, along the primary
// key: it reads one row of each.
const owners = `WITH RECURSIVE owners (id) AS (
		SELECT MIN(job_id) FROM %[1]s WHERE job_id > $1
		UNION ALL
		SELECT (SELECT MIN(job_id) FROM %[1]s WHERE job_id > owners.id) FROM owners WHERE owners.id IS NOT NULL
	) SELECT id FROM owners WHERE id IS NOT NULL LIMIT %[2]d`

func (s *rowSweep) look(ctx context.Context, k keeping) (found []candidate, looked int, err error) {
	all, err := list(ctx, s.ledger.read, scanText, fmt.Sprintf(owners, s.table, jobsPerSweep), s.after)
	if err != nil || len(all) == 0 {
		return nil, 0, err
	}
	s.last = all[len(all)-1]
	candidates, err := s.ledger.candidates(ctx, all)
	for _, h := range candidates {
		if k.over(h, s.keep(k.policy.For(h.Client, h.Task))) {
			found = append(found, h)
		}
	}
	return found, len(all), err
}

func (s *rowSweep) remove(ctx context.Context, k keeping, found []candidate) (map[string]job.Pruned, error) {
	removed := map[string]job.Pruned{}
	for client, candidates := range byClient(found) {
		n, err := s.ledger.removeRows(ctx, k, s.table, ids(candidates))
		removed[client] = s.count(n)
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (s *rowSweep) turn() { s.after = s.last }

// candidates returns what there is to know of those jobs, in no order.
func (l *Ledger) candidates(ctx context.Context, ids []string) ([]candidate, error) {
	where, arg, err := l.among("id", ids)
	if err != nil {
		return nil, err
	}
	return list(ctx, l.read, scanCandidate, `SELECT `+candidateColumns+` FROM jobs WHERE `+where, arg)
}

// removeRows removes all rows of jobs from a table, in as many transactions as
// it takes, and returns how many it removed.
func (l *Ledger) removeRows(ctx context.Context, k keeping, table string, ids []string) (removed int64, err error) {
	for len(ids) > 0 {
		n, err := l.removeSomeRows(ctx, k, table, ids)
		removed += n
		if err != nil || n < rowsPerSweep {
			return removed, err
		}
	}
	return removed, nil
}

func (l *Ledger) removeSomeRows(ctx context.Context, k keeping, table string, ids []string) (removed int64, err error) {
	where, arg, err := l.among("job_id", ids)
	if err != nil {
		return 0, err
	}
	err = l.whileKept(ctx, k, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, fmt.Sprintf(
			`DELETE FROM %[1]s WHERE (job_id, seq) IN (SELECT job_id, seq FROM %[1]s WHERE %[2]s LIMIT %[3]d)`, table, where, rowsPerSweep), arg)
		if err != nil {
			return err
		}
		removed, err = res.RowsAffected()
		return err
	})
	return removed, err
}

// whileKept calls do in a transaction in which rules and holds stay what k
// knows of them.
func (l *Ledger) whileKept(ctx context.Context, k keeping, do func(tx *sql.Tx) error) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		same, err := stillRetention(ctx, tx, k.revision)
		if err != nil {
			return err
		}
		if !same {
			return errChanged
		}
		return do(tx)
	})
}
