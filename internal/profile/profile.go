// Package profile takes CPU profiles of this process that show one task only.
//
// The worker labels what each attempt does with its task and client (see
// runtime/pprof), also in the goroutines that the code starts. A profile is that
// of the whole process; what is not of the task is left out before it goes
// anywhere.
package profile

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/google/pprof/profile"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// TaskLabel is the label with the name of the task that code runs for.
const TaskLabel = "task"

// Take takes a profile of what the jobs of a task do in this process for that
// long, or until ctx ends. There is one at a time in a process: another is a
// [fault.Conflict].
func Take(ctx context.Context, task string, d time.Duration) ([]byte, error) {
	var all bytes.Buffer
	if err := pprof.StartCPUProfile(&all); err != nil {
		return nil, fault.New(fault.Conflict, "A profile is being taken in this process already; ask again in a minute.").Because(err)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	pprof.StopCPUProfile()
	return of(all.Bytes(), task)
}

// of returns a profile without what is not of the task.
func of(raw []byte, task string) ([]byte, error) {
	p, err := profile.ParseData(raw)
	if err != nil {
		return nil, fmt.Errorf("read a profile: %w", err)
	}
	p.Sample = slices.DeleteFunc(p.Sample, func(s *profile.Sample) bool { return !slices.Contains(s.Label[TaskLabel], task) })
	return write(p.Compact())
}

// Merge makes one profile of several.
func Merge(raw [][]byte) ([]byte, error) {
	if len(raw) == 1 {
		return raw[0], nil
	}
	all := make([]*profile.Profile, 0, len(raw))
	for _, one := range raw {
		p, err := profile.ParseData(one)
		if err != nil {
			return nil, fmt.Errorf("read a profile: %w", err)
		}
		all = append(all, p)
	}
	merged, err := profile.Merge(all)
	if err != nil {
		return nil, fmt.Errorf("merge profiles: %w", err)
	}
	return write(merged)
}

func write(p *profile.Profile) ([]byte, error) {
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		return nil, fmt.Errorf("write a profile: %w", err)
	}
	return out.Bytes(), nil
}

// Busy returns how much time the CPUs spent on what a profile shows.
func Busy(raw []byte) (total time.Duration, err error) {
	p, err := profile.ParseData(raw)
	if err != nil {
		return 0, fmt.Errorf("read a profile: %w", err)
	}
	for _, s := range p.Sample {
		total += time.Duration(s.Value[len(s.Value)-1])
	}
	return total, nil
}
