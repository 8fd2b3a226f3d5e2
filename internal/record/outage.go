package record

import (
	"context"
	"log/slog"
	"time"
)

// An outage is a run of turns that failed. It is logged when it begins and when
// it is over, not in between.
type outage struct {
	since time.Time
	wait  time.Duration
}

// note takes the result of a turn and returns how long to wait before the next.
func (o *outage) note(ctx context.Context, log *slog.Logger, err error) time.Duration {
	switch {
	case err == nil && o.wait > 0:
		log.InfoContext(ctx, "job history is recorded again", "away", time.Since(o.since).Round(time.Millisecond))
		*o = outage{}
	case err != nil && o.wait == 0:
		log.WarnContext(ctx, "job history is not recorded for now; events wait in Redis", "err", err)
		*o = outage{since: time.Now(), wait: firstBackoff}
	case err != nil:
		o.wait = min(2*o.wait, lastBackoff)
	}
	return o.wait
}
