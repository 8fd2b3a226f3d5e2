// Package builtin makes the tasks that come with Beadle from the settings: those
// that look after Beadle itself, and the campus tasks of the syncs that the
// settings name.
//
// They need the ledger, the connectors and a SQL database. A worker binary with
// tasks of its own ([github.com/beadle-jobs/beadle/pkg/worker]) has none of
// that linked in, which is why this is a package by itself.
package builtin

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/builtin/prune"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Provide opens the ledger and makes the tasks of a worker.
func Provide(ctx context.Context, c config.Config, log *slog.Logger) (worker.Tasks, error) {
	l, err := app.OpenLedger(ctx, c)
	if err != nil {
		return worker.Tasks{}, err
	}
	all, err := Tasks(c, l, log)
	if err != nil {
		l.Close()
		return worker.Tasks{}, err
	}
	if len(c.Syncs) == 0 {
		log.Warn("the settings name no syncs, so that this worker only looks after Beadle itself")
	}
	all = append(all, Notices(c, l))
	return worker.Tasks{All: all, Close: l.Close}, nil
}

// Tasks returns all of them. They work on that ledger.
func Tasks(c config.Config, l *ledger.Ledger, log *slog.Logger) ([]tasks.Task, error) {
	sync, err := campus(c, l, log)
	if err != nil {
		return nil, err
	}
	posts, err := attending(c, l, log)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]tasks.Task{prune.New(pruning(l))}, sync, posts), nil
}

// pruning goes by what the scheduler says of retention, not by the settings of
// the worker: those people do not see.
func pruning(l *ledger.Ledger) prune.Begin {
	return func(ctx context.Context, now time.Time) (prune.Sweep, bool, error) {
		_, known, err := l.RetentionBase(ctx)
		return l.Sweep(now), known, err
	}
}
