package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
)

func TestAShiftedClockIsWrongAndWhatItMeasuresIsNot(t *testing.T) {
	dir := t.TempDir()
	overlay, err := writeOverlay(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "clock")
	if err := goBuild(t.Context(), "-overlay", overlay, "-o", program, "./testdata/clock"); err != nil {
		t.Fatal(err)
	}
	for _, shift := range []int64{0, -300, 299} {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", clockVariable, shift))
		said, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var seconds int64
		var slept string
		if _, err := fmt.Sscan(string(said), &seconds, &slept); err != nil {
			t.Fatal(err)
		}
		if off := seconds - time.Now().Unix() - shift; off < -5 || off > 1 {
			t.Errorf("shifted by %d s, the clock is %d s beside that", shift, off)
		}
		if d, err := time.ParseDuration(slept); err != nil || d < 20*time.Millisecond || d > 10*time.Second {
			t.Errorf("shifted by %d s, it slept for %s", shift, slept)
		}
	}
}

func TestRefusesAStandardLibraryThatItDoesNotKnow(t *testing.T) {
	if _, err := shift("package time"); err == nil {
		t.Error("no error")
	}
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	s := settings{seed: 7, span: 3 * time.Minute, workers: 4}
	if diff := cmp.Diff(fmt.Sprint(planOf(s)), fmt.Sprint(planOf(s))); diff != "" {
		t.Errorf("faults differ:\n%s", diff)
	}
	if diff := cmp.Diff(orderOf(7, 12), orderOf(7, 12)); diff != "" {
		t.Errorf("jobs differ:\n%s", diff)
	}
}

func TestAPlanHasEveryTroubleAndHarmsNothingTwiceAtATime(t *testing.T) {
	for seed := range uint64(200) {
		s := settings{seed: seed, span: 3 * time.Minute, workers: 4}
		until, kinds, start := map[string]time.Duration{}, map[string]bool{}, time.Duration(0)
		for _, f := range planOf(s) {
			if f.at < until[f.target] {
				t.Errorf("seed %d: %s at %s, while something else is done to it", seed, f.target, f.at)
			}
			if f.at < start || f.at+f.lasts > s.span {
				t.Errorf("seed %d: %s from %s for %s is out of order, or out of the span", seed, f.target, f.at, f.lasts)
			}
			start, until[f.target] = f.at, f.at+f.lasts
			target, _, _ := strings.Cut(f.target, "-")
			kinds[target+" "+string(f.kind)] = true
		}
		for _, trouble := range troubles {
			if !kinds[trouble.target+" "+string(trouble.kind)] {
				t.Errorf("seed %d: no %s of a %s", seed, trouble.kind, trouble.target)
			}
		}
	}
}

func TestACalmRunHasNoFaults(t *testing.T) {
	if plan := planOf(settings{seed: 7, span: 3 * time.Minute, workers: 4, calm: true}); len(plan) != 0 {
		t.Errorf("faults: %v", plan)
	}
}

func TestTheLoadHasEveryKindOfJob(t *testing.T) {
	tasks, ends := map[string]int{}, map[bool]int{}
	names := map[string]bool{}
	for i := range 20_000 {
		o := orderOf(7, i)
		tasks[o.Task]++
		ends[o.Args.Succeeds()]++
		names[o.Args.Name] = true
	}
	for _, task := range errand.Tasks {
		if tasks[task] < 10 {
			t.Errorf("%d jobs of %s", tasks[task], task)
		}
	}
	if ends[false] < 100 || len(names) != 20_000 {
		t.Errorf("%d errands that fail, %d names", ends[false], len(names))
	}
}

func TestTheLoadOfAProofEndsWell(t *testing.T) {
	tasks := map[string]int{}
	for i := range 20_000 {
		o := shortOrder(7, i)
		tasks[o.Task]++
		if !o.Args.Succeeds() || o.Args.Fail > 0 {
			t.Errorf("job %d fails: %+v", i, o.Args)
		}
	}
	for _, task := range []string{errand.Plain, errand.Locked, errand.Chained, errand.Abortable} {
		if tasks[task] < 100 {
			t.Errorf("%d jobs of %s", tasks[task], task)
		}
	}
}

func TestAProcessOnAnotherHostIsStartedThere(t *testing.T) {
	g := ground{netns: map[string]string{"redis": "beadle-1-redis"}}
	cmd := exec.Command("redis-server", "--port", "1")
	cmd.Dir, cmd.Env = "/", []string{"A=b"}
	there := g.on("redis", cmd)
	if diff := cmp.Diff([]string{"ip", "netns", "exec", "beadle-1-redis", "redis-server", "--port", "1"}, there.Args); diff != "" {
		t.Error(diff)
	}
	if there.Dir != cmd.Dir || there.Env[0] != cmd.Env[0] {
		t.Errorf("it is started in %s with %v", there.Dir, there.Env)
	}
	if g.on("worker-1", cmd) != cmd {
		t.Error("a process without a host of its own is not started here")
	}
}
