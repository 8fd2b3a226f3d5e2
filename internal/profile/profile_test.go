package profile_test

import (
	"context"
	"io"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/profile"
)

func TestAProcessTakesOneProfileAtATime(t *testing.T) {
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Fatal(err)
	}
	_, err := profile.Take(t.Context(), "any", time.Millisecond)
	pprof.StopCPUProfile()
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "A profile is being taken in this process already") {
		t.Errorf("the second one: %v", err)
	}
	if _, err := profile.Take(t.Context(), "any", time.Millisecond); err != nil {
		t.Errorf("one after the other: %v", err)
	}
}

func TestProfilesOfSeveralWorkersAreOne(t *testing.T) {
	var all [][]byte
	var apart time.Duration
	for range 2 {
		ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
		go pprof.Do(ctx, pprof.Labels(profile.TaskLabel, "spins"), func(ctx context.Context) {
			for ctx.Err() == nil {
			}
		})
		raw, err := profile.Take(ctx, "spins", time.Minute)
		stop()
		if err != nil {
			t.Fatal(err)
		}
		busy, err := profile.Busy(raw)
		if err != nil || busy == 0 {
			t.Fatalf("the CPUs spent %s: %v", busy, err)
		}
		all, apart = append(all, raw), apart+busy
	}
	one, err := profile.Merge(all)
	if err != nil {
		t.Fatal(err)
	}
	if together, err := profile.Busy(one); err != nil || together != apart {
		t.Errorf("together the CPUs spent %s, want %s: %v", together, apart, err)
	}
}
