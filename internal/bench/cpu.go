package bench

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"time"
)

// A cpu is the processor time that this process and Redis have used.
type cpu struct{ self, redis time.Duration }

func (b *Bed) cpu(ctx context.Context) (cpu, error) {
	self, err := selfCPU()
	if err != nil {
		return cpu{}, err
	}
	used, err := b.info(ctx, "cpu")
	if err != nil {
		return cpu{}, err
	}
	return cpu{self, seconds(used["used_cpu_user"]) + seconds(used["used_cpu_sys"])}, nil
}

func selfCPU() (time.Duration, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, fmt.Errorf("ask for our processor time: %w", err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), nil
}

// seconds reads a number of seconds; what Redis does not say is nought.
func seconds(text string) time.Duration {
	s, _ := strconv.ParseFloat(text, 64)
	return time.Duration(s * float64(time.Second))
}

// The figures of processor time.
const (
	selfTime  = "cpu, process"
	redisTime = "cpu, redis"
	allTime   = "cpu, together"
)

// addCPU puts the processor time since before, for each of n jobs, into a
// sample.
func (b *Bed) addCPU(ctx context.Context, s sample, before cpu, n int) error {
	after, err := b.cpu(ctx)
	if err != nil {
		return err
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
	s[selfTime], s[redisTime] = each(after.self-before.self), each(after.redis-before.redis)
	s[allTime] = s[selfTime] + s[redisTime]
	return nil
}
