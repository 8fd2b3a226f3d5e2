package engine

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestABatchAnswersEachRequestInItsPlace(t *testing.T) { inBoth(t, mixedBatch) }

func mixedBatch(h *house) {
	single := does("unique", nothing)
	single.Unique = &tasks.Unique{Policy: tasks.Reject}
	h.declare(does("any", nothing), single)
	before := h.enqueue(job.Request{Task: "any", Key: "old"})
	id := uuid.NewString()
	all := []job.Request{
		0: {Task: "any"},
		1: {Task: "nowhere"},
		2: {Task: "any", Key: "old"},
		3: {Task: "any", Key: "old", Args: raw(`{"other":1}`)},
		4: {Task: "any", ID: id},
		5: {Task: "any", ID: id},
		6: {Task: "unique"},
		7: {Task: "unique"},
		8: {Task: "any", Args: raw(`[`)},
		9: {Task: "any", At: time.Now().Add(time.Hour)},
	}

	got, err := h.EnqueueBatch(h.Context(), all)

	if err != nil || len(got) != len(all) {
		h.Fatalf("%d answers, %v", len(got), err)
	}
	var said []string
	for _, a := range got {
		if a.Err != nil {
			said = append(said, fmt.Sprint(fault.KindOf(a.Err)))
		} else {
			said = append(said, string(a.Job.State))
		}
	}
	none := fmt.Sprint(fault.Invalid)
	twice := fmt.Sprint(fault.Conflict)
	want := []string{"queued", none, "queued", twice, "queued", "queued", "queued", twice, none, "scheduled"}
	if diff := cmp.Diff(want, said); diff != "" {
		h.Errorf("answers (-want +got):\n%s", diff)
	}
	if got[2].Job.ID != before.ID || got[4].Job.ID != id || got[5].Job.ID != id {
		h.Errorf("jobs %s, %s, %s", got[2].Job.ID, got[4].Job.ID, got[5].Job.ID)
	}
	if !strings.Contains(fault.Message(got[7].Err), got[6].Job.ID) {
		h.Errorf("error = %v, want it to name job %s", got[7].Err, got[6].Job.ID)
	}
	if depths, err := h.Depths(h.Context()); err != nil || depths["default"][job.Queued] != 4 || depths["default"][job.Scheduled] != 1 {
		h.Errorf("depths = %v, %v; want 4 queued, one scheduled", depths, err)
	}
	if empty, err := h.EnqueueBatch(h.Context(), nil); err != nil || len(empty) != 0 {
		h.Errorf("no requests: %v, %v", empty, err)
	}
}

func TestABigBatchRunsInItsOrder(t *testing.T) {
	h := realHouse(t)
	const n = 3000
	h.declare(does("any", nothing))
	all := make([]job.Request, n)
	for i := range all {
		all[i] = job.Request{Task: "any", Args: raw(fmt.Sprintf(`{"name":"%d%s"}`, i, strings.Repeat("x", i%700)))}
	}
	accepted, err := h.EnqueueBatch(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int64{}
	for i, a := range accepted {
		if a.Err != nil {
			t.Fatalf("request %d: %v", i, a.Err)
		}
		place[a.Job.ID] = int64(i)
	}
	var ran, worst atomic.Int64
	h.worker(does("any", func(_ context.Context, j *tasks.Job[params]) error {
		late := ran.Add(1) - 1 - place[j.ID]
		worst.Store(max(worst.Load(), late, -late))
		return nil
	}))
	h.until("all have run", func() bool { return ran.Load() == n })
	if d := worst.Load(); d > 200 {
		t.Errorf("a job ran %d places from its own", d)
	}
	h.until("all are recorded", func() bool { d, _ := h.Depths(t.Context()); return d["default"][job.Running] == 0 })
	h.nothingLeft()
}

// failing is a client that loses Redis after some scripts.
type failing struct {
	losing
	asked int
}

func (f *failing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if f.left--; f.left < 0 {
			f.asked++
			cmd.SetErr(redis.ErrPoolTimeout)
			return redis.ErrPoolTimeout
		}
		return next(ctx, cmd)
	}
}

func TestABatchStopsWhereRedisWentAway(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	h, flaky := newHouse(t, m.Addr()), newHouse(t, m.Addr())
	h.declare(does("any", nothing))
	if _, err := flaky.EnqueueBatch(t.Context(), []job.Request{{Task: "any"}, {Task: "any"}}); err != nil { // the script is loaded
		t.Fatal(err)
	}
	lost := &failing{losing: losing{left: 2}}
	flaky.rdb.AddHook(lost)
	all := make([]job.Request, 10*portionJobs)
	for i := range all {
		all[i].Task = "any"
	}

	got, err := flaky.EnqueueBatch(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if accepted := i < 2*portionJobs; accepted != (a.Err == nil) || !accepted && fault.KindOf(a.Err) != fault.Unavailable {
			t.Fatalf("request %d: %v", i, a.Err)
		}
	}
	if lost.asked > 2 {
		t.Errorf("it was tried %d times more", lost.asked)
	}
	lost.left, lost.asked, flaky.known = 0, 0, declarations{}
	if _, err := flaky.EnqueueBatch(t.Context(), all); fault.KindOf(err) != fault.Unavailable || lost.asked > 1 {
		t.Errorf("error = %v after %d tries, want unavailable after one", err, lost.asked)
	}
}
