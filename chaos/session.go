package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
)

// A session is the use of an installation from the first job to the last: a
// load and a timetable.
type session struct {
	site   *site
	load   *load
	loaded <-chan time.Duration
	from   time.Time // slots have outcomes from here on
}

// never is more jobs than a run has time for.
const never = 100_000_000

// finish is how long the work may take to come to its end.
const finish = 2 * time.Minute

// open starts load and timetable.
func (t *site) open(ctx context.Context, s stream) (*session, error) {
	if err := t.api.timetable(ctx); err != nil {
		return nil, err
	}
	load, err := newLoad(t.api, s, t.dir)
	if err != nil {
		return nil, err
	}
	return &session{t, load, load.start(ctx), time.Now().Add(time.Second)}, nil
}

// close ends both, waits until no work is left, and writes down what the API
// says of it all.
func (s *session) close(ctx context.Context) error {
	s.load.stop()
	late, cancel := context.WithTimeout(ctx, finish)
	defer cancel()
	select {
	case <-s.loaded:
	case <-late.Done():
		return fmt.Errorf("enqueue jobs: some were not acknowledged %s after the last was sent", finish)
	}
	api := s.site.api
	if err := api.rest(late); err != nil {
		return err
	}
	if !api.drained(late) {
		fmt.Printf("work is left after %s\n", finish)
	}
	if err := api.dump(ctx, s.site.dir); err != nil {
		return err
	}
	return api.dumpSlots(ctx, s.site.dir, s.from, time.Now().Add(-settle))
}

// buildPlain builds the programs of a run in which clocks are right.
func buildPlain(ctx context.Context, dir string) error {
	fmt.Println("building")
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	return goBuild(ctx, "-o", bin, "./cmd/scheduler", "./chaos/sink", "./chaos/worker")
}

// shortOrder returns the job number i of a seed, in a run where all jobs end
// well: most of them short, some with locks, some with children, and one in a
// hundred takes two to eight seconds.
func shortOrder(seed uint64, i int) order {
	c := rand.New(rand.NewPCG(seed, uint64(i)+1<<33))
	e := errand.Errand{Name: strconv.Itoa(i), Steps: 1, StepMS: c.IntN(20)}
	o := order{Key: fmt.Sprintf("proof-%d-%d", seed, i), Client: clients[c.IntN(len(clients))]}
	switch n := c.IntN(100); {
	case n < 1:
		o.Task = errand.Abortable
		e.Steps, e.StepMS = 4+c.IntN(13), 500
	case n < 30:
		o.Task = errand.Locked
		e.Reads, e.Writes = []string{"/shelf-" + roomy(c)}, []string{roomy(c)}
	case n < 35:
		o.Task = errand.Chained
		e.Children, e.Depth, e.Writes = 1, 1, []string{roomy(c)}
	default:
		o.Task = errand.Plain
	}
	o.Args = e
	return o
}

// roomy is one of so many resources that jobs seldom wait for each other: what
// a job waits for in these runs is a place on a worker.
func roomy(c *rand.Rand) string { return "room-" + strconv.Itoa(c.IntN(500)) }
