package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

var writeFailedPull = replacing("sis_failed_pulls", "sync TEXT, stream TEXT, reason TEXT, failed_at BIGINT", "sync, stream")

// FailSISPull says that the last pull of a stream has failed, until one
// succeeds.
func (l *Ledger) FailSISPull(ctx context.Context, name string, f sync.FailedPull) error {
	err := l.writing(ctx, func(w writer) error {
		return w.put(ctx, writeFailedPull, [][]any{{name, string(f.Stream), prose(f.Reason), millis(f.At)}})
	})
	return wrap(err, "write that a pull of sync %s has failed", name)
}

// SISFailedPulls returns the streams whose last pull has failed.
func (l *Ledger) SISFailedPulls(ctx context.Context, name string) (map[sis.Stream]sync.FailedPull, error) {
	scan := func(r row) (f sync.FailedPull, err error) {
		var at int64
		err = r.Scan(&f.Stream, &f.Reason, &at)
		f.At = instant(at)
		return f, err
	}
	all, err := list(ctx, l.read, scan, `SELECT stream, reason, failed_at FROM sis_failed_pulls WHERE sync = $1`, name)
	failed := make(map[sis.Stream]sync.FailedPull, len(all))
	for _, f := range all {
		failed[f.Stream] = f
	}
	return failed, wrap(err, "read failed pulls of sync %s", name)
}
