package record

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
)

// trim drops what has been recorded and is no longer of interest to viewers,
// but never the last entry that is recorded: as long as it is there, Redis has
// lost nothing that the ledger has.
func (r *Recorder) trim(ctx context.Context) error {
	if r.last.ID == "" {
		return nil
	}
	upTo := before(r.last.ID)
	if horizon := time.Now().Add(-keep); r.last.At.After(horizon) {
		upTo = fmt.Sprintf("%d-0", horizon.UnixMilli())
	}
	if upTo == r.trimmed {
		return nil
	}
	if err := r.Stream.Trim(ctx, upTo); err != nil {
		return err
	}
	r.trimmed = upTo
	r.pages.trimmed(upTo)
	return nil
}

// before returns the position right before another one.
func before(id string) string {
	first, second, _ := strings.Cut(id, "-")
	ms, _ := strconv.ParseUint(first, 10, 64)
	seq, _ := strconv.ParseUint(second, 10, 64)
	switch {
	case seq > 0:
		return fmt.Sprintf("%d-%d", ms, seq-1)
	case ms > 0:
		return fmt.Sprintf("%d-%d", ms-1, uint64(math.MaxUint64-1))
	}
	return "0-0"
}

// forgetAtOnce is how many jobs Redis forgets in one step.
const forgetAtOnce = 1000

// forget tells Redis which ended jobs are recorded. If it does not hear, it
// forgets them by itself, but later.
func (r *Recorder) forget(ctx context.Context, entries []events.Entry) {
	for ids := range slices.Chunk(events.Ended(entries), forgetAtOnce) {
		err := r.Jobs.Forget(ctx, ids)
		if err != nil && !r.deaf {
			r.Log.WarnContext(ctx, "Redis keeps ended jobs for an hour, because it did not hear that they are recorded", "err", err)
		}
		if r.deaf = err != nil; r.deaf {
			return
		}
	}
}
