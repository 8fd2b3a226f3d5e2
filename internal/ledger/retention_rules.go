package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// metaRetention is the fact how often rules and holds were changed.
const metaRetention = "retention"

// RetentionRules returns what people have set over the settings, by task and
// client.
func (l *Ledger) RetentionRules(ctx context.Context) ([]job.RetentionRule, error) {
	rules, err := list(ctx, l.read, scanRetentionRule,
		`SELECT client, tasks, jobs, errors, logs, reason, actor, at FROM retention_rules ORDER BY tasks, client`)
	return rules, wrap(err, "list retention rules")
}

func scanRetentionRule(r row) (rule job.RetentionRule, err error) {
	var jobs, errs, logs sql.NullInt64
	var at int64
	err = r.Scan(&rule.Client, &rule.Tasks, &jobs, &errs, &logs, &rule.Reason, &rule.By, &at)
	rule.Jobs, rule.Errors, rule.Logs, rule.At = keep(jobs), keep(errs), keep(logs), instant(at)
	return rule, err
}

func keep(days sql.NullInt64) *job.Keep {
	if !days.Valid {
		return nil
	}
	return new(job.Keep(days.Int64))
}

func keptDays(k *job.Keep) any {
	if k == nil {
		return nil
	}
	return int64(*k)
}

// PutRetentionRule sets a rule, in the place of the one of the same scope.
func (l *Ledger) PutRetentionRule(ctx context.Context, r job.RetentionRule) error {
	err := l.changeRetention(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO retention_rules (client, tasks, jobs, errors, logs, reason, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (client, tasks) DO UPDATE SET jobs = excluded.jobs, errors = excluded.errors, logs = excluded.logs,
				reason = excluded.reason, actor = excluded.actor, at = excluded.at`,
			key(r.Client), key(r.Tasks), keptDays(r.Jobs), keptDays(r.Errors), keptDays(r.Logs), prose(r.Reason), key(r.By), millis(r.At))
		return err
	})
	return wrap(err, "put retention of %s", r.Scope())
}

// DeleteRetentionRule takes the rule of that scope away.
func (l *Ledger) DeleteRetentionRule(ctx context.Context, client, tasks string) error {
	scope := job.RetentionRule{Client: client, Tasks: tasks}.Scope()
	err := l.changeRetention(ctx, func(tx *sql.Tx) error {
		there, err := changed(tx.ExecContext(ctx, `DELETE FROM retention_rules WHERE client = $1 AND tasks = $2`, key(client), key(tasks)))
		if err == nil && !there {
			return fault.New(fault.NotFound, "There is no retention rule for %s.", scope)
		}
		return err
	})
	return wrap(err, "delete retention of %s", scope)
}

// changeRetention calls do in a transaction that waits for a removal which has
// begun, and that a removal which has not begun will notice.
func (l *Ledger) changeRetention(ctx context.Context, do func(tx *sql.Tx) error) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = $1`, metaRetention)
		if err != nil {
			return err
		}
		return do(tx)
	})
}

// stillRetention keeps rules and holds as they are until tx ends. It reports
// whether they are those of that revision.
func stillRetention(ctx context.Context, tx *sql.Tx, revision string) (bool, error) {
	return changed(tx.ExecContext(ctx, `UPDATE meta SET value = value WHERE name = $1 AND value = $2`, metaRetention, revision))
}
