package roster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// divided runs the chain up to the job that hands out the shards of its plan,
// and returns their jobs.
func divided(c *campus) (shards []tasks.SinkRequest) {
	c.t.Helper()
	raw, _ := json.Marshal(roster.Args{Sync: c.sync.Name})
	o := outcome{progress: map[string]tasks.Progress{}}
	for next := []tasks.SinkRequest{{Task: roster.TermsPull, Args: raw}}; len(next) == 1; {
		one := next[0]
		var err error
		if next, err = c.attempt(c.jobID(), one, &o); err != nil {
			c.t.Fatalf("%s: %v", one.Task, err)
		}
		shards = next
	}
	return shards
}

func (c *campus) wants(r tasks.SinkRequest) tasks.Wants {
	c.t.Helper()
	task, _ := c.registry().Lookup(r.Task)
	w, err := task.Wants(r.Args)
	if err != nil {
		c.t.Fatal(err)
	}
	return w
}

// together makes an attempt at each job, all at the same time.
func (c *campus) together(jobs []tasks.SinkRequest) error {
	registry := c.registry()
	var g errgroup.Group
	for _, r := range jobs {
		id := c.jobID()
		g.Go(func() error {
			task, _ := registry.Lookup(r.Task)
			o := outcome{progress: map[string]tasks.Progress{}}
			return task.Attempt(context.Background(), tasks.Attempt{
				JobID: id, Client: c.client, Number: 1, Args: r.Args, Sink: &sink{task: r.Task, outcome: &o}, Log: slog.New(slog.DiscardHandler),
			})
		})
	}
	return g.Wait()
}

func TestALargePlanIsWrittenByJobsThatShareNoCourse(t *testing.T) {
	t.Parallel()
	lms := reference.New()
	c := newCampusAt(t, ledgerFor(t), university(60), lms)
	c.batch = 20
	shards := divided(c)

	if len(shards) != sync.Slots {
		t.Fatalf("%d jobs follow; want one for each of %d shards", len(shards), sync.Slots)
	}
	if state := lms.State(); len(state.Users) != 60 || len(state.Places) != 0 {
		t.Errorf("%d accounts and %d places before the shards begin; want all 60 and none", len(state.Users), len(state.Places))
	}
	held := map[string]bool{}
	for _, r := range shards {
		w := c.wants(r)
		for _, name := range w.Writes {
			if held[name] || !strings.HasPrefix(name, "sis-courses:main:") {
				t.Errorf("a shard writes %s, which another one does too, or which is not its own", name)
			}
			held[name] = true
		}
	}
	w := c.wants(tasks.SinkRequest{Task: roster.MakePlan, Args: []byte(`{"sync":"main"}`)})
	courses := slices.DeleteFunc(w.Reads, func(name string) bool { return !strings.HasPrefix(name, "sis-courses:") })
	if len(held) != len(courses) || slices.ContainsFunc(courses, func(name string) bool { return !held[name] }) {
		t.Errorf("the next plan reads %v, and the shards write %v", courses, held)
	}
	if err := c.together(shards); err != nil {
		t.Fatal(err)
	}
	if n := lms.Counts().Overlaps; n != 0 {
		t.Errorf("%d calls wrote to a course while another did", n)
	}
	if state := lms.State(); len(state.Places) != 300 || c.plan().State != sync.PlanDone {
		t.Errorf("%d places, and the plan is %s; want 300 and done", len(state.Places), c.plan().State)
	}
	lms.ResetCounts()
	c.must(roster.Args{})
	if n := lms.Counts().Writes(); n != 0 {
		t.Errorf("a further run made %d calls", n)
	}
}

func TestAPlanIsDoneWhenTheLastOfItsShardsIs(t *testing.T) {
	t.Parallel()
	c := newCampusAt(t, ledgerFor(t), university(30), reference.New())
	c.batch = 50
	shards := divided(c)
	o := outcome{progress: map[string]tasks.Progress{}}
	for i, r := range shards {
		if state := c.plan().State; state != sync.PlanApplying {
			t.Errorf("the plan is %s after %d of %d shards", state, i, len(shards))
		}
		for range 2 { // the second attempt finds nothing to do
			if _, err := c.attempt(c.jobID(), r, &o); err != nil {
				t.Fatal(err)
			}
		}
	}
	if state := c.plan().State; state != sync.PlanDone {
		t.Errorf("the plan is %s after all shards", state)
	}
}

func TestAShardOfAPlanThatWasReplacedWritesNothing(t *testing.T) {
	t.Parallel()
	lms := reference.New()
	c := newCampusAt(t, ledgerFor(t), university(30), lms)
	c.batch = 50
	shards := divided(c)
	c.must(roster.Args{})
	lms.ResetCounts()
	o := outcome{progress: map[string]tasks.Progress{}}
	for _, r := range shards {
		if _, err := c.attempt(c.jobID(), r, &o); err != nil {
			t.Fatal(err)
		}
	}
	if n := lms.Counts().Writes(); n != 0 || !slices.Contains(o.codes(), "STALE_VERSION") {
		t.Errorf("%d calls wrote, record errors %v", n, o.codes())
	}
}

func TestAShardThatThePlanDoesNotHaveIsRefused(t *testing.T) {
	t.Parallel()
	c := newCampusAt(t, ledgerFor(t), university(30), reference.New())
	c.batch = 50
	shards := divided(c)
	for args, wrong := range map[roster.Args]bool{
		{Sync: "main", Shard: 1, Shards: len(shards) + 1}: true, {Sync: "main", Shard: 3, Shards: 2}: true,
		{Sync: "main", Shard: -1}: true, {Sync: "main", Shard: 1, Shards: 9}: true, {Sync: "main", Shard: 1, Shards: len(shards)}: false,
	} {
		args.Plan = c.plan().ID
		if o := c.follow(roster.RegistrationsProcess, args); (o.err != nil) != wrong {
			t.Errorf("%+v: %v", args, o.err)
		}
	}
}

func TestWhatFailsInOneShardDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	lms := reference.New()
	c := newCampusAt(t, ledgerFor(t), university(30), lms)
	c.batch = 20
	shards := divided(c)
	gone := courseID(t, lms, lms.State().Courses[0].Key)
	var failed int
	lms.SetFaults(reference.Faults{Refuse: func(item any) error {
		if e, ok := item.(sis.Enrolment); ok && e.Course == gone {
			failed++
			return &sis.Error{Code: "COURSE_GONE", Message: "The course does not exist in the LMS any more."}
		}
		return nil
	}})
	o := outcome{progress: map[string]tasks.Progress{}}
	for _, r := range shards {
		if _, err := c.attempt(c.jobID(), r, &o); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(150, failed+len(lms.State().Places)); diff != "" || failed == 0 || len(o.errors) != failed {
		t.Errorf("%d refused, %d record errors, places (-want +got):\n%s", failed, len(o.errors), diff)
	}
	if state := c.plan().State; state != sync.PlanDone {
		t.Errorf("the plan is %s", state)
	}
}

func courseID(t *testing.T, lms *reference.Target, key string) string {
	t.Helper()
	found, err := lms.Courses(t.Context(), sis.CourseByKey, []string{key})
	if err != nil || len(found) != 1 {
		t.Fatal(fmt.Errorf("course %s: %v, %w", key, found, err))
	}
	return found[0].ID
}
