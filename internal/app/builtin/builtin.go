// Package builtin makes the tasks that come with Beadle from the settings: the
// campus tasks of the syncs that these name.
//
// They need the ledger, the connectors and a SQL database. A worker binary with
// tasks of its own ([github.com/beadle-jobs/beadle/pkg/worker]) has none of
// that linked in, which is why this is a package by itself.
package builtin

import (
	"context"
	"log/slog"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// Provide opens the ledger and makes the tasks of a worker.
func Provide(ctx context.Context, c config.Config, log *slog.Logger) (worker.Tasks, error) {
	l, err := ledger.Open(ctx, c.Ledger)
	if err != nil {
		return worker.Tasks{}, err
	}
	all, err := Tasks(c, l, log)
	if err != nil {
		l.Close()
		return worker.Tasks{}, err
	}
	if len(all) == 0 {
		log.Warn("the settings name no syncs, so that this worker has no campus tasks")
	}
	all = append(all, Notices(c, l))
	return worker.Tasks{All: all, Close: l.Close}, nil
}
