package feed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/feed"
	"github.com/beadle-jobs/beadle/internal/job"
)

// said is what a frame tells, in short: "a queued>running 40, b >succeeded".
func said(t *testing.T, f job.Frame) string {
	t.Helper()
	var data struct {
		Jobs    []job.Live
		Counts  map[job.State]int64
		Recount bool
	}
	if err := json.Unmarshal(f.Data, &data); len(f.Data) > 0 && err != nil {
		t.Fatalf("%v: %s", err, f.Data)
	}
	var words []string
	for _, l := range data.Jobs {
		word := fmt.Sprintf("%s %s>%s", l.ID, l.Was, l.State)
		if l.Progress.Done > 0 {
			word += fmt.Sprint(" ", l.Progress.Done)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func TestOfEachJobOnlyTheLastStateOfABatchIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		w := watch(t, run(t, r), job.Lookout{}, everything, "")
		w.ready()
		r.say(accepted("a"))
		if got := said(t, w.within(time.Millisecond)); got != "a >queued" {
			t.Errorf("at once: %s", got)
		}
		r.say(started("a"), accepted("b"), started("b"))
		r.progress("b", 40)
		r.say(ended("a"))
		if got := said(t, w.within(300*time.Millisecond)); got != "a queued>succeeded 100, b >running 40" {
			t.Errorf("then: %s", got)
		}
		r.progress("b", 60)
		if got := said(t, w.within(600*time.Millisecond)); got != "b running>running 60" {
			t.Errorf("progress: %s", got)
		}
	})
}

func TestAtMostFourFramesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		w := watch(t, run(t, r), job.Lookout{}, everything, "")
		w.ready()
		go func() {
			for i := range 2000 {
				r.say(accepted(fmt.Sprint(i)))
				time.Sleep(5 * time.Millisecond)
			}
		}()
		frames, jobs := 0, 0
		for until := time.Now().Add(11 * time.Second); time.Now().Before(until); {
			if frame := w.within(time.Second); frame.Kind != "" {
				frames++
				jobs += strings.Count(string(frame.Data), `"id"`)
			}
		}
		if frames > 42 || jobs != 2000 {
			t.Errorf("%d frames in 10 s, with %d of 2000 jobs", frames, jobs)
		}
	})
}

func TestGoesOnWhereAViewerWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		f := run(t, r)
		w := watch(t, f, job.Lookout{}, everything, "")
		w.ready()
		r.say(accepted("a"))
		last := w.within(time.Second).Position
		for _, id := range []string{"b", "c"} {
			r.say(accepted(id))
			w.within(time.Second)
		}
		again := watch(t, f, job.Lookout{}, everything, last)
		if got := said(t, again.within(time.Millisecond)); got != "b >queued, c >queued" {
			t.Errorf("from the ring: %s", got)
		}
	})
}

func TestGoesOnAtAnotherScheduler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		r.say(accepted("a"), accepted("b"), accepted("c"))
		w := watch(t, run(t, r), job.Lookout{}, everything, position(2))
		if got := said(t, w.within(time.Second)); !strings.Contains(got, "c >queued") {
			t.Errorf("from the stream: %s", got)
		}
	})
}

func TestWhatCannotBeToldIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		for i := range 10 {
			r.say(accepted(fmt.Sprint(i)))
		}
		r.trim(3)
		f := run(t, r)
		for _, after := range []string{position(2), position(99), "nonsense"} {
			w := watch(t, f, job.Lookout{}, everything, after)
			if frame := w.within(time.Second); frame.Kind != job.FrameReset || frame.Position != position(10) {
				t.Errorf("after %s: %+v", after, frame)
			}
		}
	})
}

func TestASlowViewerIsToldToReadAgainAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		f := run(t, r)
		slow, quick := watch(t, f, job.Lookout{}, everything, ""), watch(t, f, job.Lookout{}, everything, "")
		slow.ready()
		quick.ready()
		got := 0
		for i := range 6000 {
			r.say(accepted(fmt.Sprint(i)))
			if i%1000 == 999 {
				got += strings.Count(string(quick.within(time.Second).Data), `"id"`)
				time.Sleep(time.Second)
			}
		}
		for frame := quick.within(time.Second); frame.Kind != ""; frame = quick.within(time.Second) {
			got += strings.Count(string(frame.Data), `"id"`)
		}
		if got != 6000 {
			t.Errorf("the quick one was told of %d of 6000 jobs", got)
		}
		if frame := slow.within(time.Second); frame.Kind != job.FrameReset {
			t.Errorf("the slow one gets %s", frame.Kind)
		}
		r.say(accepted("z"))
		if got := said(t, slow.within(time.Second)); got != "z >queued" {
			t.Errorf("the slow one goes on with %s", got)
		}
	})
}

func TestAFeedThatIsFarBehindGoesToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		w := watch(t, run(t, r), job.Lookout{}, everything, "")
		w.ready()
		r.say(accepted("a"))
		w.within(time.Millisecond)
		for i := range 5000 {
			r.say(accepted(fmt.Sprint(i)))
		}
		if frame := w.within(time.Second); frame.Kind != job.FrameReset || frame.Position != position(5001) {
			t.Errorf("%s at %s", frame.Kind, frame.Position)
		}
	})
}

func TestTellsWhoMaySeeAndWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		f := run(t, r)
		paul := watch(t, f, job.Lookout{}, func(j job.Job) bool { return j.Owner == "paul" }, "")
		late := watch(t, f, job.Lookout{States: []job.State{job.Running}, Client: "north"}, everything, "")
		paul.ready()
		late.ready()
		first, child := accepted("p"), accepted("child")
		first.Job.Owner, child.Job.Owner, child.Job.Root = "paul", "job p", "p"
		r.say(accepted("a"), first, child)
		if got := said(t, paul.within(time.Second)); got != "p >queued, child >queued" {
			t.Errorf("paul is told %q", got)
		}
		if frame := late.within(500 * time.Millisecond); frame.Kind != "" {
			t.Errorf("nothing ran, and yet: %s", frame.Data)
		}
		r.say(started("a"))
		if got := said(t, late.within(time.Second)); got != "a queued>running" {
			t.Errorf("into the state: %q", got)
		}
		r.say(ended("a"))
		if got := said(t, late.within(time.Second)); got != "a running>succeeded 100" {
			t.Errorf("out of it: %q", got)
		}
	})
}

func TestStrangersAreLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		old := job.Job{ID: "old", Task: "sis.plan", Client: "north", Root: "old", State: job.Running}
		r.jobs["old"] = old
		f := run(t, r, old, job.Job{ID: "past", State: job.Failed, Root: "past"})
		w := watch(t, f, job.Lookout{}, everything, "")
		w.ready()
		r.progress("old", 7)
		if got := said(t, w.within(time.Second)); got != "old running>running 7" {
			t.Errorf("a job that ran before: %q", got)
		}
		r.say(ended("old"))
		if got := said(t, w.within(time.Second)); got != "old running>succeeded 100" {
			t.Errorf("its end: %q", got)
		}
	})
}

func TestNothingIsReadForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		f := run(t, r)
		next, leave, err := f.Watch("anna", job.Lookout{}, everything, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := next(t.Context()); err != nil {
			t.Fatal(err)
		}
		leave()
		leave()
		time.Sleep(time.Minute)
		before := r.asked()
		time.Sleep(time.Hour)
		if n := r.asked() - before; n != 0 || f.Viewers() != 0 {
			t.Errorf("%d reads in an hour for %d viewers", n, f.Viewers())
		}
	})
}

func TestAPersonHasSoManyViewers(t *testing.T) {
	f := &feed.Feed{PerPerson: 1}
	_, leave, err := f.Watch("anna", job.Lookout{}, everything, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Watch("anna", job.Lookout{}, everything, ""); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the second: %v", err)
	}
	if _, _, err := f.Watch("paul", job.Lookout{}, everything, ""); err != nil {
		t.Errorf("another person: %v", err)
	}
	leave()
	if _, _, err := f.Watch("anna", job.Lookout{}, everything, ""); err != nil {
		t.Errorf("after the first has left: %v", err)
	}
}

func TestRedisMayGoAwayAndComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis()
		w := watch(t, run(t, r), job.Lookout{}, everything, "")
		w.ready()
		r.mu.Lock()
		r.away = errors.New("connection refused")
		r.mu.Unlock()
		time.Sleep(10 * time.Second)
		r.mu.Lock()
		r.away = nil
		r.mu.Unlock()
		if frame := w.within(5 * time.Second); frame.Kind != job.FrameReset {
			t.Errorf("after that: %+v", frame)
		}
		r.say(accepted("a"))
		if got := said(t, w.within(time.Second)); got != "a >queued" {
			t.Errorf("then: %q", got)
		}
	})
}

func TestTheEndOfTheFeedIsTheEndOfAllViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &feed.Feed{Stream: newRedis(), Ledger: books(nil), PerPerson: 3}
		ctx, stop := context.WithCancel(t.Context())
		go f.Run(ctx)
		w := watch(t, f, job.Lookout{}, everything, "")
		w.ready()
		time.AfterFunc(time.Minute, stop)
		if _, err := w.next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("%v", err)
		}
	})
}

func TestManyComeAndGo(t *testing.T) {
	r := newRedis()
	f := run(t, r)
	f.PerPerson = 100
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for range 20 {
				next, leave, err := f.Watch("anna", job.Lookout{}, everything, "")
				if err != nil {
					t.Error(err)
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
				_, _ = next(ctx)
				cancel()
				leave()
			}
		})
	}
	for i := range 200 {
		r.say(accepted(fmt.Sprint(i)))
	}
	all.Wait()
	if diff := cmp.Diff(0, f.Viewers()); diff != "" {
		t.Errorf("viewers that are left (-want +got)\n%s", diff)
	}
}
