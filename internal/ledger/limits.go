package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Limits returns the limits that operators have set, by task and client.
func (l *Ledger) Limits(ctx context.Context) ([]job.Limit, error) {
	scan := func(r row) (job.Limit, error) {
		limit := job.Limit{From: "operator"}
		err := r.Scan(&limit.Task, &limit.Client, &limit.Max)
		return limit, err
	}
	limits, err := list(ctx, l.read, scan, `SELECT task, client, max FROM limits ORDER BY task, client`)
	return limits, wrap(err, "list limits")
}

// PutLimit sets a limit, or changes it if there is one of that task and client.
func (l *Ledger) PutLimit(ctx context.Context, limit job.Limit) error {
	if limit.Max < 1 {
		return fault.New(fault.Invalid, "A limit is at least 1.").In("max")
	}
	_, err := l.write.ExecContext(ctx, `INSERT INTO limits (task, client, max) VALUES ($1, $2, $3)
		ON CONFLICT (task, client) DO UPDATE SET max = excluded.max`, key(limit.Task), key(limit.Client), limit.Max)
	return wrap(err, "put limit of task %q and client %q", limit.Task, limit.Client)
}

// DeleteLimit takes a limit away.
func (l *Ledger) DeleteLimit(ctx context.Context, task, client string) error {
	there, err := changed(l.write.ExecContext(ctx, `DELETE FROM limits WHERE task = $1 AND client = $2`, key(task), key(client)))
	if err == nil && !there {
		return fault.New(fault.NotFound, "There is no limit of %s.", limited(task, client))
	}
	return wrap(err, "delete limit of task %q and client %q", task, client)
}

// limited says what a limit is of.
func limited(task, client string) string {
	of := "all tasks"
	if task != "" {
		of = "task " + task
	}
	switch client {
	case "":
		return of
	case "*":
		return of + " for each client"
	}
	return of + " for client " + client
}
