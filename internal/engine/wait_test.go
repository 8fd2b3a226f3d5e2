package engine

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestAJobWaitsForWhatAnotherHolds(t *testing.T) { inBoth(t, waits) }

func waits(h *house) {
	task, begun, let := sits("exclusive")
	task.Writes = func(params) []string { return []string{"sis:main"} }
	h.worker(task)
	first := h.enqueue(job.Request{Task: "exclusive"}).ID
	next(h, begun)
	second := h.enqueue(job.Request{Task: "exclusive"}).ID
	elsewhere := h.enqueue(job.Request{Task: "exclusive", Client: "north"}).ID
	if id := next(h, begun); id != elsewhere {
		h.Fatalf("job %s runs; only the other client's should", id)
	}

	got := h.reaches(second, job.Waiting)

	says := regexp.MustCompile(`^Waits for default/sis:main, held by job ` + first + ` exclusive, for \d+ s\.$`)
	if !says.MatchString(got.Reason) || got.Attempt != 0 {
		h.Errorf("job = %+v", got)
	}
	if w := got.Waiting; w.Kind != job.WaitsForLock || w.Holder != first || w.Since == nil || time.Since(*w.Since) > time.Minute {
		h.Errorf("waits for %+v", w)
	}
	close(let)
	if got = h.reaches(second, job.Succeeded); got.Attempt != 1 || got.Failures != 0 || got.Reason != "" || got.Waiting != nil {
		h.Errorf("job = %+v, want one attempt", got)
	}
	kinds := []string{"job.enqueued", "job.waiting", "job.queued", "attempt.started", "attempt.ended"}
	if diff := cmp.Diff(kinds, h.kinds(second)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
	if e := last[events.JobWaiting](h, second); !says.MatchString(e.Reason) || e.Waiting.Holder != first {
		h.Errorf("event = %+v", e)
	}
	h.reaches(first, job.Succeeded)
	h.reaches(elsewhere, job.Succeeded)
	h.nothingLeft()
}

// named is a task that locks what its argument says: "r:x" reads x, "w:x"
// writes it, "b" blocks.
func named() (task tasks.Spec[params], begun <-chan string, let chan<- struct{}) {
	task, begun, let = sits("named")
	pick := func(letter string) func(p params) []string {
		return func(p params) (all []string) {
			for word := range strings.FieldsSeq(p.Name) {
				if name, ok := strings.CutPrefix(word, letter+":"); ok {
					all = append(all, name)
				}
			}
			return all
		}
	}
	task.Reads, task.Writes = pick("r"), pick("w")
	task.Blocking = func(p params) bool { return slices.Contains(strings.Fields(p.Name), "b") }
	return task, begun, let
}

func (h *house) wanting(name string) string {
	h.Helper()
	return h.enqueue(job.Request{Task: "named", Args: raw(fmt.Sprintf(`{"name":%q}`, name))}).ID
}

func TestReadersShareAndWritersDoNot(t *testing.T) { inBoth(t, readersShare) }

func readersShare(h *house) {
	task, begun, let := named()
	h.worker(task)
	r1, r2 := h.wanting("r:x"), h.wanting("r:x")
	got := []string{next(h, begun), next(h, begun)}
	if slices.Sort(got); !slices.Equal(got, []string{r1, r2}) {
		h.Fatalf("%v run, want %s and %s", got, r1, r2)
	}

	writer := h.wanting("w:x")
	h.reaches(writer, job.Waiting)
	r3 := h.wanting("r:x") // behind the writer, or it would starve
	h.reaches(r3, job.Waiting)
	other := h.wanting("w:y")
	if id := next(h, begun); id != other {
		h.Errorf("job %s began, want the one that wants something else", id)
	}

	let <- struct{}{}
	let <- struct{}{}
	let <- struct{}{}
	if id := next(h, begun); id != writer {
		h.Errorf("job %s began, want the writer", id)
	}
	if s := h.job(r3).State; s != job.Waiting {
		h.Errorf("the reader is %s while the writer runs", s)
	}
	close(let)
	h.reaches(r3, job.Succeeded)
	h.nothingLeft()
}

func TestABlockingJobIsTheOnlyOneOfItsClient(t *testing.T) { inBoth(t, blocks) }

func blocks(h *house) {
	task, begun, let := named()
	h.worker(task)
	first := h.wanting("")
	next(h, begun)
	blocking := h.wanting("b")
	if got := h.reaches(blocking, job.Waiting); got.Waiting.Kind != job.WaitsForBlocking {
		h.Errorf("waits for %+v", got.Waiting)
	}
	behind := h.wanting("r:x")
	h.reaches(behind, job.Waiting)
	elsewhere := h.enqueue(job.Request{Task: "named", Client: "north"}).ID
	if id := next(h, begun); id != elsewhere {
		h.Errorf("job %s began, want the other client's", id)
	}
	let <- struct{}{}
	let <- struct{}{}
	if id := next(h, begun); id != blocking {
		h.Errorf("job %s began, want the blocking one", id)
	}
	if got := h.job(behind); !strings.HasPrefix(got.Reason, "Waits until it may run beside other jobs of default/*") {
		h.Errorf("reason = %s", got.Reason)
	}
	close(let)
	h.reaches(behind, job.Succeeded)
	h.reaches(first, job.Succeeded)
	h.nothingLeft()
}

func TestHandOverGoesByTheOrderOfArrival(t *testing.T) { inBoth(t, handsOverInOrder) }

func handsOverInOrder(h *house) {
	task, begun, let := named()
	h.worker(task)
	h.wanting("w:x")
	next(h, begun)
	var line []string
	for range 5 {
		id := h.wanting("w:x")
		h.reaches(id, job.Waiting)
		line = append(line, id)
	}
	for _, want := range line {
		let <- struct{}{}
		if id := next(h, begun); id != want {
			h.Fatalf("job %s began, want %s", id, want)
		}
	}
	close(let)
	h.reaches(line[4], job.Succeeded)
	h.nothingLeft()
}

func TestAbortTakesAWaitingJobOutOfTheLine(t *testing.T) { inBoth(t, abortWaiting) }

func abortWaiting(h *house) {
	task, begun, let := named()
	h.worker(task)
	reader := h.wanting("r:x")
	next(h, begun)
	writer := h.wanting("w:x")
	h.reaches(writer, job.Waiting)
	behind := h.wanting("r:x")
	h.reaches(behind, job.Waiting)

	got, err := h.Abort(h.Context(), writer, "ada")

	if err != nil || got.State != job.Aborted || got.Reason != "Aborted by ada." {
		h.Errorf("job = %+v, error %v", got, err)
	}
	if id := next(h, begun); id != behind { // nobody is in its way any more
		h.Errorf("job %s began, want %s", id, behind)
	}
	close(let)
	h.reaches(reader, job.Succeeded)
	h.reaches(behind, job.Succeeded)
	h.nothingLeft()
}

func TestACalledJobThatIsAbortedMakesWayForTheNext(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, _, _ := named()
	p := h.puppet("p", task)
	first := h.wanting("w:x")
	running := h.one(p.claims(10, true))
	second, third := h.wanting("w:x"), h.wanting("w:x")
	if n := len(p.claims(10, false)); n != 0 {
		t.Fatalf("%d jobs were started beside %s", n, first)
	}
	p.ends(running, nil)
	if s := h.job(second).State; s != job.Queued { // it was called
		t.Fatalf("state = %s, want queued", s)
	}

	if _, err := h.Abort(t.Context(), second, "ada"); err != nil {
		t.Fatal(err)
	}

	if got := h.one(p.claims(10, true)); got.ID != third {
		t.Errorf("job %s was started, want %s", got.ID, third)
	}
}

func TestHurryKeepsTheOrderOfALine(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := named()
	h.worker(task)
	h.wanting("w:x")
	next(h, begun)
	second, third := h.wanting("w:x"), h.wanting("w:x")
	h.reaches(second, job.Waiting)
	h.reaches(third, job.Waiting)
	for _, id := range []string{second, third, second} {
		if _, err := h.Hurry(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		h.until("it waits again", func() bool { return h.job(id).State == job.Waiting })
	}
	let <- struct{}{}
	if id := next(h, begun); id != second {
		t.Errorf("job %s began, want %s", id, second)
	}
	close(let)
	h.reaches(third, job.Succeeded)
	h.nothingLeft()
}

func TestLimitsBoundHowManyRun(t *testing.T) { inBoth(t, limited) }

func limited(h *house) {
	task, begun, let := sits("limited")
	task.Limit, task.ClientLimit = 3, 2
	h.worker(task)
	var ids []string
	for _, client := range []string{"a", "a", "a", "b", "b", "b"} {
		ids = append(ids, h.enqueue(job.Request{Task: "limited", Client: client}).ID)
	}
	running := map[string]int{}
	for range 3 {
		running[h.job(next(h, begun)).Client]++
	}
	if running["a"] > 2 || running["b"] > 2 {
		h.Errorf("running: %v, want at most 2 of each", running)
	}
	h.until("the others wait", func() bool {
		n := 0
		for _, id := range ids {
			if h.job(id).State == job.Waiting {
				n++
			}
		}
		return n == 3
	})
	i := slices.IndexFunc(ids, func(id string) bool { return h.job(id).State == job.Waiting })
	if got := h.job(ids[i]); got.Waiting.Kind != job.WaitsForLimit || !strings.HasPrefix(got.Reason, "Waits for a place under the limit task:limited") {
		h.Errorf("reason = %s", got.Reason)
	}
	all, err := lock.New(h.rdb).Limits(h.Context())
	if err != nil || len(all) != 2 {
		h.Errorf("limits = %+v, %v", all, err)
	}
	if len(begun) != 0 {
		h.Errorf("%d more began", len(begun))
	}
	close(let)
	for _, id := range ids {
		h.reaches(id, job.Succeeded)
	}
	h.nothingLeft()
}

func TestAnOperatorsLimitThatIsLiftedLetsJobsGo(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := sits("limited")
	defer close(let)
	h.worker(task)
	h.sweeping()
	locks := lock.New(h.rdb)
	if err := locks.SetLimits(t.Context(), []job.Limit{{Client: "*", Max: 1}}); err != nil {
		t.Fatal(err)
	}
	h.enqueue(job.Request{Task: "limited"})
	next(h, begun)
	second := h.enqueue(job.Request{Task: "limited"}).ID
	h.reaches(second, job.Waiting)
	if err := locks.SetLimits(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if id := next(h, begun); id != second {
		t.Errorf("job %s began, want %s", id, second)
	}
}

func rated(count int, per time.Duration, ran chan<- string) tasks.Spec[params] {
	task := does("rated", func(_ context.Context, j *tasks.Job[params]) error { ran <- j.ID; return nil })
	task.Rates = func(params) []tasks.Rate { return []tasks.Rate{{Key: "mail", Count: count, Per: per, Window: true}} }
	return task
}

func TestARateSpreadsStarts(t *testing.T) { inBoth(t, rates) }

func rates(h *house) {
	ran := make(chan string, 10)
	h.worker(rated(2, 500*time.Millisecond, ran))
	var ids []string
	for range 5 {
		ids = append(ids, h.enqueue(job.Request{Task: "rated"}).ID)
	}
	for range ids {
		next(h, ran)
	}
	var starts []time.Time
	for _, id := range ids {
		starts = append(starts, *h.reaches(id, job.Succeeded).Started)
	}
	slices.SortFunc(starts, time.Time.Compare)
	for i := 2; i < len(starts); i++ {
		if gap := starts[i].Sub(starts[i-2]); gap < 499*time.Millisecond {
			h.Errorf("starts %d and %d are %s apart", i-2, i, gap)
		}
	}
	h.nothingLeft()
}

func TestWhatWaitsForItsTurnSaysUntilWhen(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	ran := make(chan string, 10)
	h.worker(rated(1, time.Hour, ran))
	h.enqueue(job.Request{Task: "rated"})
	next(h, ran)
	id := h.enqueue(job.Request{Task: "rated"}).ID
	got := h.reaches(id, job.Waiting)
	says := regexp.MustCompile(`^Waits for its turn under the rate limit default/mail, until \d\d:\d\d:\d\d UTC\.$`)
	if !says.MatchString(got.Reason) || got.Waiting.Until == nil || time.Until(*got.Waiting.Until) < 59*time.Minute {
		t.Errorf("job = %+v", got)
	}
	until := *got.Waiting.Until

	if _, err := h.Hurry(t.Context(), id); err != nil {
		t.Fatal(err)
	}

	h.until("it was looked at again", func() bool { return strings.Count(strings.Join(h.kinds(id), " "), "job.waiting") == 2 })
	if got := h.reaches(id, job.Waiting); !got.Waiting.Until.Equal(until) {
		t.Errorf("hurried, its turn is at %s instead of %s", got.Waiting.Until, until)
	}
	if _, err := h.Abort(t.Context(), id, "ada"); err != nil {
		t.Fatal(err)
	}
	third := h.enqueue(job.Request{Task: "rated"}).ID
	if got := h.reaches(third, job.Waiting); !got.Waiting.Until.Equal(until) {
		t.Errorf("the turn of an aborted job is lost: the next one's is at %s instead of %s", got.Waiting.Until, until)
	}
}

func TestAJobWhoseTaskIsUnknownHereWaitsForAnotherWorker(t *testing.T) { inBoth(t, unknownHere) }

func unknownHere(h *house) {
	h.declare(does("new.task", nothing))
	h.worker(does("old.task", nothing))
	id := h.enqueue(job.Request{Task: "new.task"}).ID

	got := h.reaches(id, job.Waiting)

	if got.Reason != "Waits for a worker that knows the task new.task." || got.Attempt != 0 {
		h.Errorf("job = %+v", got)
	}
	h.worker(does("new.task", nothing))
	h.reaches(id, job.Succeeded)
	h.nothingLeft()
}

func TestAWaitingJobIsHandedOverWithinOneTurn(t *testing.T) {
	h := realHouse(t)
	task, begun, let := named()
	h.worker(task)
	h.wanting("w:x")
	next(h, begun)
	var took []time.Duration
	for range 20 {
		id := h.wanting("w:x")
		h.reaches(id, job.Waiting)
		at := time.Now()
		let <- struct{}{}
		next(h, begun)
		took = append(took, time.Since(at))
	}
	close(let)
	slices.Sort(took)
	if took[10] > 100*time.Millisecond {
		t.Errorf("hand-over takes %s", took)
	}
}

// TestACalledJobThatExpiresMakesWayForTheNext lets the time of a job pass after
// it was called and before a worker has come to it.
func TestACalledJobThatExpiresMakesWayForTheNext(t *testing.T) {
	t.Parallel()
	h := newClockHouse(t)
	task, _, _ := named()
	p := h.puppet("p", task)
	h.wanting("w:x")
	running := h.one(p.claims(10, true))
	second := h.enqueue(job.Request{Task: "named", Args: raw(`{"name":"w:x"}`), Expires: h.now.Add(time.Second)}).ID
	third := h.wanting("w:x")
	p.claims(10, false)
	p.ends(running, nil)
	if s := h.state(second); s != job.Queued { // it was called
		t.Fatalf("state = %s, want queued", s)
	}
	h.passes(2 * time.Second)

	p.claims(10, true)

	if s := h.state(second); s != job.Expired {
		t.Errorf("state = %s, want expired", s)
	}
	h.one(p.claims(10, true))
	if s := h.state(third); s != job.Running {
		t.Errorf("the next is %s, want running", s)
	}
	for _, id := range h.rdb.ZRange(t.Context(), "beadle:{b}:lock:waiting", 0, -1).Val() {
		t.Errorf("job %s still stands in line", id)
	}
}
