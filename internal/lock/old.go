package lock

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Grant is the right to work with what was asked for.
type Grant = job.Grant

// A Holder says who stands in the way of a grant, and since when.
type Holder = job.Holder

// Take grants holder, a job that runs on worker, all that it asks for or
// nothing. If it is refused, by says who stands in the way. A holder whose
// earlier grant still lives is refused too: whatever it did then may still be
// going on. Names that are empty or longer than 200 bytes are
// [fault.Invalid].
func (l *Locks) Take(ctx context.Context, holder, worker string, reads, writes []string) (g Grant, by []Holder, err error) {
	if err := checkNames(holder, reads, writes); err != nil {
		return g, nil, err
	}
	args := []any{prefix, holder, worker, Lease.Microseconds(), len(reads)}
	args = append(append(args, anys(reads)...), anys(writes)...)
	reply, err := takeScript.Run(ctx, l.rdb, []string{prefix + "fence"}, args...).Slice()
	if err != nil {
		return g, nil, fmt.Errorf("take the locks of %s: %w", holder, err)
	}
	g.Lease = Lease
	g.Fence, by, err = parseTaken(reply)
	return g, by, err
}

// Renew extends the leases of all that worker holds for holders, in one round
// trip. Those it has lost already, because their lease ran out or somebody
// else was granted them, are returned and stay lost.
func (l *Locks) Renew(ctx context.Context, worker string, holders []string) (lost []string, err error) {
	if len(holders) == 0 {
		return nil, nil
	}
	args := append([]any{prefix, worker, Lease.Microseconds()}, anys(holders)...)
	lost, err = renewScript.Run(ctx, l.rdb, []string{prefix + "fence"}, args...).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("renew the locks of worker %s: %w", worker, err)
	}
	return lost, nil
}

// Release gives back what holder was granted under that fence. If it holds
// nothing any more, or something newer, nothing happens.
func (l *Locks) Release(ctx context.Context, holder string, fence int64) error {
	err := releaseScript.Run(ctx, l.rdb, []string{prefix + "fence"}, prefix, holder, fence).Err()
	if err != nil {
		return fmt.Errorf("release the locks of %s: %w", holder, err)
	}
	return nil
}

// parseTaken reads takeScript's reply: the fence, or 0 and three values for
// each holder in the way.
func parseTaken(reply []any) (fence int64, by []Holder, err error) {
	if len(reply) == 0 {
		return 0, nil, fmt.Errorf("take locks: unexpected reply %v", reply)
	}
	fence, err = asInt(reply[0])
	for rest := reply[1:]; err == nil && len(rest) >= 3; rest = rest[3:] {
		var since int64
		since, err = asInt(rest[2])
		by = append(by, Holder{Resource: fmt.Sprint(rest[0]), JobID: fmt.Sprint(rest[1]), Since: time.UnixMicro(since).UTC()})
	}
	if err != nil {
		return 0, nil, fmt.Errorf("take locks: read reply: %w", err)
	}
	return fence, by, nil
}

// asInt reads a number that a script returned as text, since whole numbers of
// that size do not survive Lua's own conversion everywhere.
func asInt(v any) (n int64, err error) {
	_, err = fmt.Sscan(fmt.Sprint(v), &n)
	return n, err
}

func checkNames(holder string, reads, writes []string) error {
	for _, names := range [][]string{{holder}, reads, writes} {
		for _, name := range names {
			switch {
			case name == "":
				return fault.New(fault.Invalid, "A resource needs a name.")
			case len(name) > maxName:
				return fault.New(fault.Invalid, "The resource name %.40s… is longer than %d bytes.", name, maxName)
			}
		}
	}
	return nil
}

func anys(names []string) []any {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = name
	}
	return all
}
