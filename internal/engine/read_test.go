package engine

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestJobsReturnsThoseThatRedisHas(t *testing.T) { inBoth(t, readsMany) }

func readsMany(h *house) {
	other := does("other", nothing)
	other.Queue = "second"
	h.declare(does("task", nothing), other)
	want := map[string]job.Job{}
	ids := []string{uuid.NewString(), "nonsense"}
	for _, r := range []job.Request{{Task: "task"}, {Task: "other"}, {Task: "task", Client: "north", At: time.Now().Add(time.Hour)}} {
		j := h.enqueue(r)
		want[j.ID], ids = j, append(ids, j.ID)
	}
	got, err := h.Jobs(h.Context(), ids)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		h.Errorf("jobs (-want +got), error %v:\n%s", err, diff)
	}
	if none, err := h.Jobs(h.Context(), nil); err != nil || len(none) != 0 {
		h.Errorf("jobs = %v, error %v; want none", none, err)
	}
}

// TestFindsAJobInAQueueThatAnotherProcessMade reads right after another process
// has put the first job into a queue.
func TestFindsAJobInAQueueThatAnotherProcessMade(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	late := does("late", nothing)
	late.Queue = "late"
	h.declare(does("task", nothing), late)
	h.job(h.enqueue(job.Request{Task: "task"}).ID) // the names of queues are known
	another := &house{t, New(h.rdb, h.log), h.rdb}

	id := another.enqueue(job.Request{Task: "late"}).ID

	if got := h.job(id); got.Queue != "late" {
		t.Errorf("job = %+v", got)
	}
}

func TestDepthsCountEachJobOnce(t *testing.T) { inBoth(t, countsDepths) }

func countsDepths(h *house) {
	exclusive, begun, let := sits("exclusive")
	exclusive.Writes = func(params) []string { return []string{"x"} }
	fails := does("fails", func(context.Context, *tasks.Job[params]) error { return errOnFire })
	fails.Backoff = time.Hour
	idle := does("idle", nothing)
	idle.Queue = "idle"
	h.declare(idle)
	h.worker(exclusive, fails)
	var ids []string
	add := func(r job.Request) { ids = append(ids, h.enqueue(r).ID) }
	for range 3 {
		add(job.Request{Task: "exclusive"})
	}
	next(h, begun)
	for range 2 {
		add(job.Request{Task: "fails"})
	}
	add(job.Request{Task: "fails", At: time.Now().Add(time.Hour)})
	for _, client := range []string{"", "", "north"} {
		add(job.Request{Task: "idle", Client: client})
	}
	want := map[string]map[job.State]int64{
		"default": {job.Running: 1, job.Waiting: 2, job.Retrying: 2, job.Scheduled: 1, job.Queued: 0},
		"idle":    {job.Queued: 3, job.Waiting: 0, job.Retrying: 0, job.Scheduled: 0},
	}
	var got map[string]map[job.State]int64
	h.until("depths are as they should be", func() bool {
		var err error
		if got, err = h.Depths(h.Context()); err != nil {
			h.Fatal(err)
		}
		return got["default"][job.Waiting] == 2 && got["default"][job.Retrying] == 2 && got["default"][job.Running] == 1
	})
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("depths (-want +got):\n%s", diff)
	}
	for _, id := range ids {
		if places := h.stands(id); len(places) != 1 {
			h.Errorf("job %s, which is %s, stands in %v", id, h.job(id).State, places)
		}
	}
	close(let)
	for _, id := range ids[:3] {
		h.reaches(id, job.Succeeded)
	}
}

func TestForgetsOnlyWhatHasEnded(t *testing.T) { inBoth(t, forgets) }

func forgets(h *house) {
	task, begun, let := sits("long")
	h.worker(does("quick", nothing), task)
	ended := h.enqueue(job.Request{Task: "quick"}).ID
	h.reaches(ended, job.Succeeded)
	aborted := h.enqueue(job.Request{Task: "quick", At: time.Now().Add(time.Hour)}).ID
	h.abort(aborted)
	running := h.enqueue(job.Request{Task: "long"}).ID
	next(h, begun)
	scheduled := h.enqueue(job.Request{Task: "quick", At: time.Now().Add(time.Hour)}).ID

	ids := []string{ended, running, scheduled, aborted, uuid.NewString()}
	for range 600 {
		ids = append(ids, uuid.NewString())
	}
	if err := h.Forget(h.Context(), ids); err != nil {
		h.Fatal(err)
	}

	left, err := h.Jobs(h.Context(), ids)
	got := slices.Sorted(maps.Keys(left))
	want := []string{running, scheduled}
	if slices.Sort(want); err != nil || !slices.Equal(got, want) {
		h.Errorf("left are %v, %v; want %v", got, err, want)
	}
	close(let)
	h.reaches(running, job.Succeeded)
}

// TestAnEndedJobIsForgottenInAnyCase runs without a recorder that would say
// what it has.
func TestAnEndedJobIsForgottenInAnyCase(t *testing.T) {
	t.Parallel()
	h := newClockHouse(t)
	p := h.puppet("p", does("quick", nothing))
	ended := h.enqueue(job.Request{Task: "quick"}).ID
	p.ends(h.one(p.claims(1, true)), nil)
	aborted := h.enqueue(job.Request{Task: "quick"}).ID
	h.abort(aborted)
	waits := h.enqueue(job.Request{Task: "quick"}).ID

	h.passes(59 * time.Minute)
	h.sweeps()
	for _, id := range []string{ended, aborted} {
		if got := h.job(id); !got.State.Final() {
			t.Errorf("job = %+v", got)
		}
	}
	h.passes(2 * time.Minute)
	h.sweeps()

	for _, id := range []string{ended, aborted} {
		if _, err := h.Job(t.Context(), id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("after an hour it is still there: %v", err)
		}
	}
	if got := h.job(waits); got.State != job.Queued {
		t.Errorf("job = %+v, want it queued", got)
	}
}
