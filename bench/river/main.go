// River measures River on a PostgreSQL, with the same work as `jobctl bench drain`
// and `jobctl bench pickup`, so that docs/comparison.md can say what it found:
//
//	go run . -postgres postgres://postgres@127.0.0.1/bench
//
// It is a module of its own, so that Beadle does not depend on what it is
// compared with. Settings are River's defaults but for the number of places.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

var (
	postgres = flag.String("postgres", "postgres://postgres@127.0.0.1/bench", "an empty database, whose tables this makes")
	jobs     = flag.Int("jobs", 20000, "jobs of a drain")
	places   = flag.Int("places", 10, "jobs at a time")
	samples  = flag.Int("samples", 100, "jobs that are enqueued one by one")
	rounds   = flag.Int("rounds", 3, "drains")
)

// Nothing is a job that does nothing. It knows when it was enqueued.
type Nothing struct {
	Enqueued time.Time `json:"enqueued"`
}

// Kind implements river.JobArgs.
func (Nothing) Kind() string { return "nothing" }

// worker counts jobs, and sends how long each had to wait.
type worker struct {
	river.WorkerDefaults[Nothing]
	done  atomic.Int64
	waits chan time.Duration
}

// Work implements river.Worker.
func (w *worker) Work(_ context.Context, job *river.Job[Nothing]) error {
	w.done.Add(1)
	select {
	case w.waits <- time.Since(job.Args.Enqueued):
	default:
	}
	return nil
}

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, *postgres)
	if err != nil {
		return err
	}
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	for range *rounds {
		if err := drain(ctx, driver); err != nil {
			return err
		}
	}
	return pickup(ctx, driver)
}

// client returns a client with a worker of its own.
func client(driver *riverpgxv5.Driver) (*river.Client[pgx.Tx], *worker, error) {
	w := &worker{waits: make(chan time.Duration, 1)}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	c, err := river.NewClient(driver, &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: *places}},
		Workers: workers,
		Logger:  slog.New(slog.DiscardHandler),
	})
	return c, w, err
}

// drain enqueues jobs in bulk, and then times a worker that runs them all.
func drain(ctx context.Context, driver *riverpgxv5.Driver) error {
	c, w, err := client(driver)
	if err != nil {
		return err
	}
	began := time.Now()
	for first := 0; first < *jobs; first += 1000 {
		batch := make([]river.InsertManyParams, min(1000, *jobs-first))
		for i := range batch {
			batch[i].Args = Nothing{time.Now()}
		}
		if _, err := c.InsertManyFast(ctx, batch); err != nil {
			return err
		}
	}
	enqueued := time.Since(began)
	began = time.Now()
	if err := c.Start(ctx); err != nil {
		return err
	}
	for w.done.Load() < int64(*jobs) {
		time.Sleep(time.Millisecond)
	}
	fmt.Printf("enqueue %.0f jobs/s, drain %.0f jobs/s\n", rate(enqueued), rate(time.Since(began)))
	return c.Stop(ctx)
}

func rate(took time.Duration) float64 { return float64(*jobs) / took.Seconds() }

// pickup enqueues jobs one by one for an idle worker.
func pickup(ctx context.Context, driver *riverpgxv5.Driver) error {
	c, w, err := client(driver)
	if err != nil {
		return err
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	var waits []time.Duration
	for range *samples {
		time.Sleep(50 * time.Millisecond)
		if _, err := c.Insert(ctx, Nothing{time.Now()}, nil); err != nil {
			return err
		}
		waits = append(waits, <-w.waits)
	}
	slices.Sort(waits)
	fmt.Printf("enqueue to start: p50 %v, p99 %v, max %v\n", waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1])
	return c.Stop(ctx)
}
