package engine

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A roll notes who had a turn.
type roll struct {
	mu    sync.Mutex
	calls []string
}

func (r *roll) call(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, name)
}

func (r *roll) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// of counts the turns of one.
func (r *roll) of(name string) (n int) {
	for _, one := range r.all() {
		if one == name {
			n++
		}
	}
	return n
}

func (h *house) many(n int, r job.Request) {
	h.Helper()
	all := slices.Repeat([]job.Request{r}, n)
	accepted, err := h.EnqueueBatch(h.Context(), all)
	if err != nil {
		h.Fatal(err)
	}
	for _, a := range accepted {
		if a.Err != nil {
			h.Fatal(a.Err)
		}
	}
}

// TestASmallClientDoesNotStandBehindALargeOne enqueues few jobs of one client
// behind very many of another.
func TestASmallClientDoesNotStandBehindALargeOne(t *testing.T) {
	h := realHouse(t)
	h.declare(does("any", nothing))
	h.many(3000, job.Request{Task: "any", Client: "large"})
	h.many(100, job.Request{Task: "any", Client: "small"})
	var turns roll
	h.worker(does("any", func(_ context.Context, j *tasks.Job[params]) error { turns.call(j.Client); return nil }))

	h.until("the small client's jobs have run", func() bool { return turns.of("small") == 100 })

	if n := turns.of("large"); n > 500 {
		t.Errorf("%d of the large client's jobs ran before", n)
	}
	h.until("all have run", func() bool { return len(turns.all()) == 3100 })
}

func TestAClientThatComesWhileAnotherIsServedIsServedSoon(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	p := h.puppet("p", does("any", nothing))
	h.many(300, job.Request{Task: "any", Client: "large"})
	p.claims(10, true)
	small := h.enqueue(job.Request{Task: "any", Client: "small"}).ID
	for n := range 4 { // what has come to asynq's list by now goes first
		if slices.ContainsFunc(p.claims(10, false), func(c claimed) bool { return c.ID == small }) {
			t.Logf("in claim %d", n+1)
			return
		}
	}
	t.Error("the small client's job is not among the next 40")
}

func TestClientsTakeTurns(t *testing.T) { inBoth(t, takeTurns) }

func takeTurns(h *house) {
	h.declare(does("any", nothing))
	clients := []string{"a", "b", "c", "d"}
	for i, client := range clients {
		h.many(20*(i+1), job.Request{Task: "any", Client: client})
	}
	p := h.puppet("p", does("any", nothing))
	counts := map[string]int{}
	for range 8 {
		for _, c := range p.claims(10, false) {
			counts[c.Client]++
		}
	}
	for _, client := range clients {
		if n := counts[client]; n < 15 || n > 25 {
			h.Errorf("of 80 jobs, the clients have %v", counts)
			break
		}
	}
}

func TestQueuesShareAWorkerByTheirWeights(t *testing.T) { inBoth(t, weighs) }

func weighs(h *house) {
	all := []tasks.Task{}
	for _, name := range []string{"urgent", "usual", "bulk"} {
		task := does(name, nothing)
		task.Queue = name
		all = append(all, task)
	}
	h.declare(all...)
	weights := map[string]int{"urgent": 6, "usual": 3, "bulk": 1}
	for queue := range weights {
		h.many(400, job.Request{Task: queue})
	}
	p := &puppet{h, NewWorker(h.Engine, tasks.NewRegistry(all...), WorkerOptions{Name: "p", Queues: weights, Concurrency: 20})}
	p.opens()
	counts := map[string]int{}
	for range 20 {
		for _, c := range p.claims(20, false) {
			counts[c.Queue]++
		}
	}
	if counts["urgent"] < 200 || counts["usual"] < 90 || counts["bulk"] < 20 {
		h.Errorf("of 400 jobs, the queues have %v", counts)
	}
	for n := range 50 { // one at a time, the weights are odds
		c := h.one(p.claims(1, false))
		if counts[c.Queue]++; n == 49 && counts["bulk"]+counts["usual"]+counts["urgent"] != 450 {
			h.Errorf("the queues have %v", counts)
		}
	}
}

func TestAnEmptyQueueLeavesItsShareToOthers(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("bulk", nothing)
	task.Queue = "bulk"
	h.declare(task)
	h.many(50, job.Request{Task: "bulk"})
	p := &puppet{h, NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Queues: map[string]int{"urgent": 9, "bulk": 1}, Concurrency: 20})}
	p.opens()
	if n := len(p.claims(20, true)); n != 20 {
		t.Errorf("%d of 20 places are used", n)
	}
}

func TestTwoWorkersShareWhatThereIs(t *testing.T) {
	h := realHouse(t)
	h.declare(does("any", nothing))
	const n = 2000
	h.many(n, job.Request{Task: "any"})
	var turns roll
	ran := does("any", func(_ context.Context, j *tasks.Job[params]) error { turns.call(j.ID); return nil })
	h.worker(ran)
	h.worker(ran)
	h.until("all have run", func() bool { return len(turns.all()) >= n })
	ids := turns.all()
	slices.Sort(ids)
	if once := len(slices.Compact(ids)); once != n {
		t.Errorf("%d jobs ran, want %d", once, n)
	}
	h.until("all are recorded", func() bool { d, _ := h.Depths(t.Context()); return d["default"][job.Running] == 0 })
	h.nothingLeft()
}
