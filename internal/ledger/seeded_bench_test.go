package ledger_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// seededLedger names the variable that names a ledger which `jobctl bench seed`
// has filled.
const seededLedger = "BEADLE_SEEDED_LEDGER"

// BenchmarkSeeded reads what people look at from a ledger with very many jobs,
// and says how long that took at most in 95 of 100 times.
func BenchmarkSeeded(b *testing.B) {
	location := os.Getenv(seededLedger)
	if location == "" {
		b.Skip(seededLedger + " does not name a ledger that was filled by jobctl bench seed")
	}
	l := open(b, location)
	for _, look := range looks(b, l) {
		b.Run(look.name, func(b *testing.B) { percentiles(b, look.at) })
	}
}

// A look is one thing that people look at. at is given a number that is another
// one each time.
type look struct {
	name string
	at   func(ctx context.Context, n int) error
}

func looks(b *testing.B, l *ledger.Ledger) []look {
	some := sample(b, l)
	of := func(n int) job.Job { return some[n%len(some)] }
	listed := func(name string, filter func(j job.Job) job.Filter) look {
		return look{name, func(ctx context.Context, n int) error {
			_, err := l.Jobs(ctx, filter(of(n)))
			return err
		}}
	}
	failed := []job.State{job.Failed}
	return []look{
		listed("jobs", func(job.Job) job.Filter { return job.Filter{} }),
		listed("jobs, a later page", func(j job.Job) job.Filter { return job.Filter{Before: j.ID} }),
		listed("jobs of a state", func(j job.Job) job.Filter { return job.Filter{States: []job.State{j.State}} }),
		listed("jobs of a state, a later page", func(j job.Job) job.Filter { return job.Filter{States: []job.State{j.State}, Before: j.ID} }),
		listed("jobs of a task", func(j job.Job) job.Filter { return job.Filter{Task: j.Task} }),
		listed("jobs of a client", func(j job.Job) job.Filter { return job.Filter{Client: j.Client} }),
		listed("jobs of a client, a later page", func(j job.Job) job.Filter { return job.Filter{Client: j.Client, Before: j.ID} }),
		listed("jobs of an owner", func(j job.Job) job.Filter { return job.Filter{Owner: j.Owner} }),
		listed("jobs of a schedule", func(j job.Job) job.Filter { return job.Filter{Schedule: j.Schedule} }),
		listed("jobs of a task and a client", func(j job.Job) job.Filter { return job.Filter{Task: j.Task, Client: j.Client} }),
		listed("jobs of a task and nobody", func(j job.Job) job.Filter { return job.Filter{Task: j.Task, Client: "nobody"} }),
		listed("troubled jobs", func(job.Job) job.Filter { return job.Filter{Errors: true} }),
		listed("troubled jobs of a task", func(j job.Job) job.Filter { return job.Filter{Errors: true, Task: j.Task} }),
		listed("troubled jobs of an owner", func(j job.Job) job.Filter { return job.Filter{Errors: true, Owner: j.Owner} }),
		listed("troubled jobs of nobody", func(job.Job) job.Filter { return job.Filter{Errors: true, Owner: "nobody"} }),
		listed("failed jobs of a task", func(j job.Job) job.Filter { return job.Filter{States: failed, Task: j.Task} }),
		listed("failed jobs of nobody", func(job.Job) job.Filter { return job.Filter{States: failed, Client: "nobody"} }),
		listed("aborted jobs of nobody", func(job.Job) job.Filter { return job.Filter{States: []job.State{job.Aborted}, Client: "nobody"} }),
		{"a job's page", func(ctx context.Context, n int) error { return lookAtJob(ctx, l, of(n)) }},
		{"counts", func(ctx context.Context, _ int) error { return reading(l.Counts(ctx, "")) }},
		{"counts of a client", func(ctx context.Context, n int) error { return reading(l.Counts(ctx, of(n).Client)) }},
		{"waits in queues", func(ctx context.Context, n int) error {
			return reading(l.QueueWaits(ctx, of(n).Created, nil))
		}},
		{"schedules", func(ctx context.Context, n int) error { return lookAtSchedules(ctx, l, n) }},
	}
}

// reading returns the error of a result.
func reading[T any](_ T, err error) error { return err }

// sample returns jobs of all ages, states and owners.
func sample(b *testing.B, l *ledger.Ledger) (some []job.Job) {
	for _, state := range []job.State{job.Succeeded, job.Failed, job.Aborted, job.Expired} {
		before := ""
		for range 8 {
			page, err := l.Jobs(b.Context(), job.Filter{States: []job.State{state}, Before: before, Limit: 500})
			if err != nil || len(page) == 0 {
				b.Fatal(len(page), err)
			}
			before = page[len(page)-1].ID
			for i := 0; i < len(page); i += 25 {
				some = append(some, page[i])
			}
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some
}

// lookAtJob reads what a job's page shows.
func lookAtJob(ctx context.Context, l *ledger.Ledger, j job.Job) error {
	_, err := l.Job(ctx, j.ID)
	return cmp.Or(err,
		reading(l.Attempts(ctx, j.ID)), reading(l.JobErrors(ctx, j.ID, 0, 51)), reading(l.JobLogs(ctx, j.ID, 0, 201)),
		reading(l.Jobs(ctx, job.Filter{Root: j.Root, Limit: 26})))
}

// lookAtSchedules reads what a page of schedules shows.
func lookAtSchedules(ctx context.Context, l *ledger.Ledger, n int) error {
	all, err := l.Schedules(ctx)
	if err != nil || len(all) == 0 {
		return cmp.Or(err, fmt.Errorf("there are no schedules"))
	}
	from := n * 100 % len(all)
	var page []string
	for _, s := range all[from:min(from+100, len(all))] {
		page = append(page, s.Name)
	}
	return reading(l.LastSlots(ctx, page))
}

// percentiles runs do and says how long it took at most in half of the times,
// and in 95 of 100.
func percentiles(b *testing.B, do func(ctx context.Context, n int) error) {
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		began := time.Now()
		if err := do(b.Context(), n); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	of := func(percent int) float64 { return float64(took[(len(took)-1)*percent/100].Microseconds()) / 1000 }
	b.ReportMetric(of(50), "p50-ms")
	b.ReportMetric(of(95), "p95-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
	b.ReportMetric(0, "ns/op")
}
