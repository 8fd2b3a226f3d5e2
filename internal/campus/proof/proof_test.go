package proof_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

var (
	seeds = flag.Int("seeds", 50, "how many universities of the size are looked at")
	first = flag.Uint64("first", 1, "the first seed; the others follow it")
	size  = flag.String("size", "tiny", "the size of the universities")
	most  = flag.Int("rounds", 3, "how many times the sync runs at most before the end")
)

func TestTheLMSEndsUpAsTheOracleSaysWhateverHappensOnTheWay(t *testing.T) {
	t.Parallel()
	of, err := university.SizeOf(*size)
	if err != nil {
		t.Fatal(err)
	}
	began, queue := time.Now(), make(chan uint64)
	var g errgroup.Group
	for n := range runtime.GOMAXPROCS(0) {
		l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), fmt.Sprintf("ledger-%d.db", n)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		g.Go(func() error {
			for seed := range queue {
				if err := prove(t.Context(), l, of, seed); err != nil {
					t.Errorf("%s university %d: %v\nrepeat it with: go test ./internal/campus/proof -size %s -rounds %d -first %d -seeds 1", of.Name, seed, err, of.Name, *most, seed)
				}
			}
			return nil
		})
	}
	for seed := *first; seed < *first+uint64(*seeds) && !t.Failed(); seed++ {
		queue <- seed
		if done := seed - *first; done > 0 && done%100 == 0 {
			t.Logf("%d done; go on with -first %d", done, seed)
		}
	}
	close(queue)
	_ = g.Wait()
	t.Logf("%d %s universities from seed %d in %v", *seeds, of.Name, *first, time.Since(began).Round(time.Second/10))
}

// prove lives through one university's year, up to some event.
func prove(ctx context.Context, l *ledger.Ledger, of university.Size, seed uint64) error {
	w := newWorld(l, university.Options{Seed: seed, Size: of, Eventful: 20})
	if err := w.crossList(ctx); err != nil {
		return fmt.Errorf("link cross-listed sections: %w", err)
	}
	rounds := 1 + w.dice.IntN(*most)
	for n := range rounds {
		if err := w.round(ctx, w.dice.IntN(of.Students*8/rounds)); err != nil {
			return fmt.Errorf("round %d of %d, after event %d: %w", n+1, rounds, w.state.Events(), err)
		}
	}
	if err := w.drain(ctx); err != nil {
		return fmt.Errorf("after event %d: %w", w.state.Events(), err)
	}
	if err := w.judge(); err != nil {
		return fmt.Errorf("after event %d: %w", w.state.Events(), err)
	}
	return nil
}
