package lock

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// A keeper takes locks in tests.
type keeper struct {
	testing.TB
	*Locks
}

// frozen returns locks in a Redis whose clock only moves when told to.
func frozen(t testing.TB) (keeper, *miniredis.Miniredis) {
	m := miniredis.RunT(t)
	m.SetTime(time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC))
	return keeper{t, New(client(t, m.Addr()))}, m
}

// takes wants the locks to be granted.
func (k keeper) takes(holder string, reads, writes []string) Grant {
	k.Helper()
	g, by, err := k.Take(context.Background(), holder, "worker", reads, writes)
	if err != nil || len(by) > 0 {
		k.Fatalf("%s takes %v %v: held by %v, error %v", holder, reads, writes, by, err)
	}
	return g
}

// refused wants the locks to be refused, and returns who holds them.
func (k keeper) refused(holder string, reads, writes []string) []Holder {
	k.Helper()
	g, by, err := k.Take(context.Background(), holder, "worker", reads, writes)
	if err != nil || len(by) == 0 || g.Fence != 0 {
		k.Fatalf("%s takes %v %v: grant %v, held by %v, error %v", holder, reads, writes, g, by, err)
	}
	return by
}

func (k keeper) releases(holder string, g Grant) {
	k.Helper()
	if err := k.Release(context.Background(), holder, g.Fence); err != nil {
		k.Fatal(err)
	}
}

func TestOneWritesOrManyRead(t *testing.T) {
	for name, k := range map[string]keeper{
		"real":     {t, New(client(t, testservers.Redis(t)))},
		"embedded": {t, New(client(t, miniredis.RunT(t).Addr()))},
	} {
		t.Run(name, func(t *testing.T) {
			k.TB = t
			a := k.takes("a", []string{"users"}, []string{"gradebook"})
			b := k.takes("b", []string{"users"}, nil)

			by := k.refused("c", nil, []string{"users", "gradebook"})

			want := []Holder{{Resource: "users", JobID: "a"}, {Resource: "users", JobID: "b"}, {Resource: "gradebook", JobID: "a"}}
			sorted := cmpopts.SortSlices(func(a, b Holder) bool { return a.Resource+a.JobID < b.Resource+b.JobID })
			if diff := cmp.Diff(want, by, sorted, cmpopts.IgnoreFields(Holder{}, "Since")); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
			if ago := time.Since(by[0].Since); ago < 0 || ago > time.Minute {
				t.Errorf("held since %s", by[0].Since)
			}
			k.refused("c", []string{"gradebook"}, nil)
			k.releases("a", a)
			k.releases("b", b)
			if c := k.takes("c", nil, []string{"users", "gradebook"}); c.Fence <= b.Fence || b.Fence <= a.Fence {
				t.Errorf("fences do not grow: %d %d %d", a.Fence, b.Fence, c.Fence)
			}
		})
	}
}

func TestRefusalTakesNothing(t *testing.T) {
	k, _ := frozen(t)
	k.takes("a", nil, []string{"x"})
	k.refused("b", nil, []string{"w", "x", "y"})
	k.takes("c", nil, []string{"w", "y"})
}

func TestRefusesASecondGrantToALiveHolder(t *testing.T) {
	k, m := frozen(t)
	g := k.takes("a", []string{"x"}, nil)

	by := k.refused("a", []string{"y"}, nil)

	if diff := cmp.Diff([]Holder{{JobID: "a", Since: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}}, by); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	m.SetTime(time.Date(2026, 9, 1, 8, 0, 6, 0, time.UTC))
	if again := k.takes("a", []string{"y"}, nil); again.Fence <= g.Fence {
		t.Errorf("fences do not grow: %d %d", g.Fence, again.Fence)
	}
}

func TestWhatADeadHolderHadComesFree(t *testing.T) {
	k, m := frozen(t)
	old := k.takes("a", nil, []string{"x", "y"})
	m.SetTime(time.Date(2026, 9, 1, 8, 0, 5, 0, time.UTC))
	k.refused("b", nil, []string{"x"})

	m.SetTime(time.Date(2026, 9, 1, 8, 0, 6, 0, time.UTC))

	k.takes("b", nil, []string{"x"})
	k.takes("c", nil, []string{"y"})
	if lost, err := k.Renew(t.Context(), "worker", []string{"a", "b"}); err != nil || !slices.Equal(lost, []string{"a"}) {
		t.Errorf("lost %v, error %v; want a", lost, err)
	}
	k.releases("a", old) // it comes back from a long sleep
	k.refused("d", nil, []string{"x"})
}

func TestRenewalKeepsWhatOneWorkerHolds(t *testing.T) {
	k, m := frozen(t)
	k.takes("a", nil, []string{"x"})
	k.takes("b", nil, []string{"y"})
	for second := 4; second < 20; second += 4 {
		m.SetTime(time.Date(2026, 9, 1, 8, 0, second, 0, time.UTC))
		if lost, err := k.Renew(t.Context(), "worker", []string{"a", "b"}); err != nil || len(lost) > 0 {
			t.Fatalf("after %d s: lost %v, error %v", second, lost, err)
		}
	}
	lost, err := k.Renew(t.Context(), "another", []string{"a"})
	if err != nil || !slices.Equal(lost, []string{"a"}) {
		t.Errorf("another worker: lost %v, error %v; want a", lost, err)
	}
	k.refused("c", []string{"x"}, nil)
}

func TestAnOldGrantReleasesNothingNewer(t *testing.T) {
	k, m := frozen(t)
	old := k.takes("a", nil, []string{"x"})
	m.SetTime(time.Date(2026, 9, 1, 8, 1, 0, 0, time.UTC))
	k.takes("a", nil, []string{"x"})

	k.releases("a", old)

	k.refused("b", nil, []string{"x"})
}

func TestFencesGrowWhenTheClockGoesBack(t *testing.T) {
	k, m := frozen(t)
	before := k.takes("a", nil, []string{"x"})
	m.SetTime(time.Date(2026, 8, 1, 8, 0, 0, 0, time.UTC))
	if after := k.takes("b", nil, []string{"y"}); after.Fence != before.Fence+1 {
		t.Errorf("fences %d, %d; want one more", before.Fence, after.Fence)
	}
}

func TestRefusesNamesThatAreTooLongOrEmpty(t *testing.T) {
	k, _ := frozen(t)
	for _, name := range []string{"", strings.Repeat("x", 201)} {
		_, _, err := k.Take(t.Context(), "a", "worker", nil, []string{name})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("name of %d bytes: error = %v, want invalid", len(name), err)
		}
	}
	k.takes("a", nil, []string{strings.Repeat("x", 200)})
}

func TestLeavesNothingBehind(t *testing.T) {
	k, m := frozen(t)
	k.releases("a", k.takes("a", []string{"x"}, []string{"y"}))
	if diff := cmp.Diff([]string{"beadle:{lock}:fence"}, m.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// TestNeverGrantsAConflict takes, renews, releases and lets time pass at
// random, beside a model that is a list of who holds what until when.
func TestNeverGrantsAConflict(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		m := miniredis.RunT(outer)
		defer m.Close()
		at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
		m.SetTime(at)
		rdb := redis.NewClient(&redis.Options{Addr: m.Addr()})
		defer rdb.Close()
		model := &world{locks: New(rdb), held: map[string]*holding{}, at: at, clock: m.SetTime}
		t.Repeat(map[string]func(*rapid.T){
			"take": model.take, "release": model.release, "renew": model.renew, "wait": model.wait,
		})
	})
}

// A world is what ought to be held.
type world struct {
	locks *Locks
	held  map[string]*holding
	at    time.Time
	clock func(time.Time)
}

type holding struct {
	reads, writes []string
	until         time.Time
	fence         int64
}

var (
	someJob       = rapid.SampledFrom([]string{"a", "b", "c", "d"})
	someResources = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), rapid.ID[string])
)

func (w *world) take(t *rapid.T) {
	id := someJob.Draw(t, "job")
	asked := &holding{reads: someResources.Draw(t, "reads"), writes: someResources.Draw(t, "writes")}
	g, by, err := w.locks.Take(context.Background(), id, "worker", asked.reads, asked.writes)
	if err != nil {
		t.Fatal(err)
	}
	if free := w.free(id, asked); free != (len(by) == 0) {
		t.Fatalf("%s takes %+v: held by %v, want free %t", id, asked, by, free)
	}
	if len(by) == 0 {
		asked.until, asked.fence = w.at.Add(Lease), g.Fence
		w.held[id] = asked
	}
}

func (w *world) free(id string, asked *holding) bool {
	for other, h := range w.held {
		if !h.until.After(w.at) {
			continue
		}
		if other == id || overlap(asked.writes, h.writes) || overlap(asked.writes, h.reads) || overlap(asked.reads, h.writes) {
			return false
		}
	}
	return true
}

func (w *world) release(t *rapid.T) {
	id := someJob.Draw(t, "job")
	if h := w.held[id]; h != nil {
		if err := w.locks.Release(context.Background(), id, h.fence); err != nil {
			t.Fatal(err)
		}
		delete(w.held, id)
	}
}

func (w *world) renew(t *rapid.T) {
	id := someJob.Draw(t, "job")
	lost, err := w.locks.Renew(context.Background(), "worker", []string{id})
	if err != nil {
		t.Fatal(err)
	}
	h := w.held[id]
	if alive := h != nil && h.until.After(w.at); alive != (len(lost) == 0) {
		t.Fatalf("renew %s: lost %v, want alive %t", id, lost, alive)
	}
	if len(lost) == 0 {
		h.until = w.at.Add(Lease)
	}
}

func (w *world) wait(t *rapid.T) {
	w.at = w.at.Add(time.Duration(rapid.IntRange(1, 7000).Draw(t, "ms")) * time.Millisecond)
	w.clock(w.at)
}
