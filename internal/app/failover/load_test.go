package failover_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A load enqueues jobs at a steady rate, and asks again for those that were not
// acknowledged.
type load struct {
	engines []*engine.Engine
	period  time.Duration

	mu     sync.Mutex
	acked  map[string]time.Time
	gap    time.Duration // the longest without an acknowledgement
	latest time.Time
}

// loaders is how many enqueue at a time; while Redis is away all of them wait.
const loaders = 32

func (s *site) newLoad(rate int) *load {
	l := &load{period: time.Second / time.Duration(rate), acked: map[string]time.Time{}, latest: time.Now()}
	for range loaders {
		l.engines = append(l.engines, nil)
	}
	shared := []*engine.Engine{s.engine(), s.engine()}
	for i := range l.engines {
		l.engines[i] = shared[i%len(shared)]
	}
	return l
}

// run enqueues until ctx ends, and then until all is acknowledged.
func (l *load) run(ctx context.Context) {
	orders := make(chan int, loaders)
	var all sync.WaitGroup
	for _, e := range l.engines {
		all.Go(func() {
			for n := range orders {
				l.insist(e, request(n))
			}
		})
	}
	tick := time.NewTicker(l.period)
	defer tick.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		<-tick.C
		orders <- n
	}
	close(orders)
	all.Wait()
}

func request(n int) job.Request {
	r := job.Request{ID: uuid.Must(uuid.NewV7()).String(), Task: "plain", Args: []byte(`{}`)}
	if n%5 == 0 {
		r.Task, r.Args = "locked", fmt.Appendf(nil, `{"resource":"r%d"}`, n/5%8)
	}
	return r
}

func (l *load) insist(e *engine.Engine, r job.Request) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_, err := e.Enqueue(ctx, r)
		cancel()
		if err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[r.ID] = now
	l.gap, l.latest = max(l.gap, now.Sub(l.latest)), now
}

// before are the jobs that were acknowledged by then.
func (l *load) before(at time.Time) (ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, when := range l.acked {
		if when.Before(at) {
			ids = append(ids, id)
		}
	}
	return ids
}
