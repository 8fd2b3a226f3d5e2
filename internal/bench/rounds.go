package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The sides of most benchmarks.
const (
	ours       = "beadle"
	unrecorded = "beadle, no recorder"
	plain      = "asynq"
)

// A sample is what one side showed in one round, by the names of the figures.
type sample map[string]float64

// A side takes its turn in each round.
type side struct {
	name string
	turn func(ctx context.Context) (sample, error)
}

// results are all samples, by side.
type results map[string][]sample

// of returns the rounds of one figure of a side.
func (r results) of(side, figure string) []float64 {
	var all []float64
	for _, s := range r[side] {
		if v, ok := s[figure]; ok {
			all = append(all, v)
		}
	}
	return all
}

// alternate lets the sides take turns. Each round begins with another side, so
// that none is always the one behind a certain other.
func (b *Bed) alternate(ctx context.Context, rounds int, sides ...side) (results, error) {
	all := results{}
	for round := range rounds {
		for i := range sides {
			s := sides[(i+round)%len(sides)]
			b.tell(Step{round*len(sides) + i + 1, rounds * len(sides), fmt.Sprintf("round %d of %d: %s", round+1, rounds, s.name)})
			if err := b.fresh(ctx); err != nil {
				return nil, err
			}
			got, err := s.turn(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", s.name, round+1, err)
			}
			all[s.name] = append(all[s.name], got)
		}
	}
	return all, nil
}

// names returns what the sides are called.
func names(sides []side) []string {
	var all []string
	for _, s := range sides {
		all = append(all, s.name)
	}
	return all
}

func median(all []float64) float64 { return percentile(all, 50) }

// percentile returns the value that p percent of all are not above: the middle
// between two where it falls between them.
func percentile(all []float64, p float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	at := p / 100 * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (sorted[above]-sorted[below])*(at-float64(below))
}

// spread adds p50, p99 and max of durations to a report.
func (r *Report) spread(name, side string, all []time.Duration) {
	ms := make([]float64, len(all))
	for i, d := range all {
		ms[i] = millis(d)
	}
	r.add(name+" p50", "ms", side, percentile(ms, 50))
	r.add(name+" p99", "ms", side, percentile(ms, 99))
	r.add(name+" max", "ms", side, percentile(ms, 100))
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// poll asks until done says so.
func poll(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
