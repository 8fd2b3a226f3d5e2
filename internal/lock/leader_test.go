package lock

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// An office counts who leads.
type office struct {
	leading atomic.Int32
	terms   atomic.Int32
}

// candidate runs a candidate until stop is called.
func (o *office) candidate(t *testing.T, rdb redis.UniversalClient) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := NewLeader(rdb, "scheduler", "a", slog.New(slog.DiscardHandler)).Run(ctx, o.lead); err != nil {
			t.Errorf("candidate: %v", err)
		}
	})
	return func() { cancel(); run.Wait() }
}

func (o *office) lead(ctx context.Context) error {
	o.leading.Add(1)
	o.terms.Add(1)
	<-ctx.Done()
	o.leading.Add(-1)
	return nil
}

func TestTheNextCandidateLeadsWhenTheLeaderResigns(t *testing.T) {
	var o office
	rdb := client(t, miniredis.RunT(t).Addr())
	stop := o.candidate(t, rdb)
	eventually(t, func() bool { return o.leading.Load() == 1 })
	defer o.candidate(t, rdb)()

	stop()

	eventually(t, func() bool { return o.terms.Load() == 2 && o.leading.Load() == 1 })
}

func TestADeposedLeaderStopsAndNobodyLeadsUntilItsLeaseWouldHaveRunOut(t *testing.T) {
	var o office
	rdb := client(t, miniredis.RunT(t).Addr())
	defer o.candidate(t, rdb)()
	eventually(t, func() bool { return o.leading.Load() == 1 })

	was, err := Depose(t.Context(), rdb, "scheduler")
	deposed := time.Now()
	if err != nil || was != "a" {
		t.Fatalf("deposed %q, %v", was, err)
	}
	if again, err := Depose(t.Context(), rdb, "scheduler"); err != nil || again != "" {
		t.Errorf("deposed %q with nobody in office, %v", again, err)
	}

	eventually(t, func() bool { return o.leading.Load() == 0 })
	if took := time.Since(deposed); took > 2*renewEvery {
		t.Errorf("it led for another %s", took)
	}
	eventually(t, func() bool { return o.terms.Load() == 2 && o.leading.Load() == 1 })
	if took := time.Since(deposed); took < leaderLease-2*renewEvery || took > leaderLease+2*time.Second {
		t.Errorf("the office was vacant for %s", took)
	}
}

func eventually(t *testing.T, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never happened")
		}
	}
}

// A script stands in for Redis where only the candidate's own clock
// matters.
type script struct {
	redis.UniversalClient
	claim func() (int64, error)
}

func (s script) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	n, err := s.claim()
	cmd := redis.NewCmd(ctx)
	cmd.SetVal(n)
	cmd.SetErr(err)
	return cmd
}

func TestStopsLeadingBeforeItsLeaseRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Bool
		rdb := script{claim: func() (int64, error) {
			if cut.Load() {
				return 0, errors.New("the line is cut")
			}
			return 1, nil
		}}
		ctx, cancel := context.WithCancel(t.Context())
		var ended time.Duration
		leader := NewLeader(rdb, "scheduler", "a", slog.New(slog.DiscardHandler))
		err := leader.Run(ctx, func(leading context.Context) error {
			time.Sleep(9500 * time.Millisecond) // renewed at 9 s
			if leading.Err() != nil {
				t.Error("the lease was renewed, and leading ended")
			}
			cut.Store(true)
			last := time.Now().Add(-500 * time.Millisecond)
			<-leading.Done()
			ended = time.Since(last)
			cancel()
			return nil
		})
		if err != nil || ended != leaderLease-margin {
			t.Errorf("stopped %s after the last renewal, error %v; want %s", ended, err, leaderLease-margin)
		}
	})
}

func TestEverybodyCanAskWhoLeads(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { rdb.Close() })
	leading := func() string {
		name, err := Leading(t.Context(), rdb, "scheduler")
		if err != nil {
			t.Error(err)
		}
		return name
	}
	if name := leading(); name != "" {
		t.Errorf("before an election %q leads", name)
	}
	err := NewLeader(rdb, "scheduler", "ada/a:17", slog.New(slog.DiscardHandler)).Run(t.Context(), func(context.Context) error {
		if name := leading(); name != "ada/a:17" {
			t.Errorf("%q leads", name)
		}
		return nil
	})
	if name := leading(); name != "" || err != nil {
		t.Errorf("after it resigned, with %v, %q leads", err, name)
	}
}

func TestStopsLeadingWhenSomebodyElseIsElected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answer atomic.Int64
		answer.Store(1)
		ctx, cancel := context.WithCancel(t.Context())
		terms := 0
		leader := NewLeader(script{claim: func() (int64, error) { return answer.Load(), nil }}, "scheduler", "a", slog.New(slog.DiscardHandler))
		err := leader.Run(ctx, func(leading context.Context) error {
			if terms++; terms == 2 {
				cancel()
				return nil
			}
			answer.Store(0)
			time.AfterFunc(20*time.Second, func() { answer.Store(1) })
			<-leading.Done()
			return leading.Err()
		})
		if err != nil || terms != 2 {
			t.Errorf("%d terms, error %v; want a second election", terms, err)
		}
	})
}

func TestAnErrorOfTheLeadersWorkIsReturned(t *testing.T) {
	broken := errors.New("broken")
	rdb := client(t, miniredis.RunT(t).Addr())
	err := NewLeader(rdb, "scheduler", "a", slog.New(slog.DiscardHandler)).Run(t.Context(), func(context.Context) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}
