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
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/builtin/prune"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/trace"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Provide opens the ledger and makes the tasks of a worker.
func Provide(ctx context.Context, c config.Config, watch worker.Watch, log *slog.Logger) (worker.Tasks, error) {
	l, err := app.OpenLedger(ctx, c)
	if err != nil {
		return worker.Tasks{}, err
	}
	provided, err := Tasks(c, l, watch, log)
	if err != nil {
		l.Close()
		return worker.Tasks{}, err
	}
	if len(c.Syncs) == 0 {
		log.Warn("the settings name no syncs, so that this worker only looks after Beadle itself")
	}
	return worker.Tasks{
		All:   append(provided.All, Notices(c, l)),
		Close: func() error { return errors.Join(provided.Close(), l.Close()) },
		Check: l.Ping,
	}, nil
}

// Tasks returns all of them. They work on that ledger; when it is closed is the
// caller's business. Watch sees their calls to other systems; it may be nil.
func Tasks(c config.Config, l *ledger.Ledger, watch worker.Watch, log *slog.Logger) (worker.Tasks, error) {
	watch = traced(watch)
	targets, err := targets(c, watch, log)
	if err != nil {
		return worker.Tasks{}, err
	}
	sync, err := campus(c, l, targets, watch, log)
	if err != nil {
		return worker.Tasks{}, err
	}
	posts, err := attending(c, l, targets, watch, log)
	if err != nil {
		return worker.Tasks{}, err
	}
	return worker.Tasks{
		All:   slices.Concat([]tasks.Task{prune.New(pruning(l))}, sync, posts),
		Close: func() error { return closeAll(targets) },
	}, nil
}

// traced returns a watch that makes spans of calls as well.
func traced(watch worker.Watch) worker.Watch {
	return func(kind, name string) sis.Watch {
		spans := sis.Watch(trace.Calls(kind, name))
		if watch == nil {
			return spans
		}
		return sis.Watches(spans, watch(kind, name))
	}
}

// closeAll lets targets complete what they have not written yet.
func closeAll(targets map[string]sis.Target) (err error) {
	for name, target := range targets {
		if c, ok := target.(io.Closer); ok {
			if problem := c.Close(); problem != nil {
				err = errors.Join(err, fmt.Errorf("close target %s: %w", name, problem))
			}
		}
	}
	return err
}

// pruning goes by what the scheduler says of retention, not by the settings of
// the worker: those people do not see.
func pruning(l *ledger.Ledger) prune.Begin {
	return func(ctx context.Context, now time.Time) (prune.Sweep, bool, error) {
		_, known, err := l.RetentionBase(ctx)
		return l.Sweep(now), known, err
	}
}
