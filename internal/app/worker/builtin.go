package worker

import (
	"context"
	"log/slog"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// Builtin provides the tasks that come with Beadle: the campus tasks of the
// syncs that the settings name.
func Builtin(ctx context.Context, c config.Config, log *slog.Logger) (Tasks, error) {
	l, err := ledger.Open(ctx, c.Ledger)
	if err != nil {
		return Tasks{}, err
	}
	all, err := app.CampusTasks(c, l, log)
	if err != nil {
		l.Close()
		return Tasks{}, err
	}
	if len(all) == 0 {
		log.Warn("the settings name no syncs, so that this worker has no tasks")
	}
	return Tasks{All: all, Close: l.Close}, nil
}
