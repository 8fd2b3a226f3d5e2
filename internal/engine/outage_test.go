package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A wire leads to a Redis, and can be cut.
type wire struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	away  bool
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, to: to}
	t.Cleanup(func() { l.Close(); w.cut(true) })
	go w.serve()
	return w
}

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		if far := w.connect(near); far != nil {
			go pipe(near, far)
			go pipe(far, near)
		}
	}
}

func (w *wire) connect(near net.Conn) net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		near.Close()
		return nil
	}
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		near.Close()
		return nil
	}
	w.conns = append(w.conns, near, far)
	return far
}

func pipe(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
}

// cut ends all connections; away says whether there can be new ones.
func (w *wire) cut(away bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = away
	for _, conn := range w.conns {
		conn.Close()
	}
	w.conns = nil
}

// TestNothingThatWasAcknowledgedIsLostWhileRedisComesAndGoes enqueues and runs
// jobs while connections are cut. Callers try again under the same id.
func TestNothingThatWasAcknowledgedIsLostWhileRedisComesAndGoes(t *testing.T) {
	addr := testservers.Redis(t)
	w := newWire(t, addr)
	h, near := newHouse(t, addr), newHouse(t, w.listener.Addr().String())
	var runs roll
	task := does("any", func(ctx context.Context, j *tasks.Job[params]) error {
		runs.call(j.ID)
		j.Error("row", "BAD", "Bad.")
		return nil
	})
	near.worker(task)
	var all sync.WaitGroup
	var ids roll
	for range 4 {
		all.Go(func() {
			for range 50 {
				r := job.Request{Task: "any", ID: uuid.NewString()}
				for tries := 0; ; tries++ {
					_, err := near.Enqueue(t.Context(), r)
					if err == nil {
						break
					}
					if fault.KindOf(err) != fault.Unavailable || tries > 500 {
						t.Errorf("error = %v, want unavailable", err)
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				ids.call(r.ID)
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	for range 4 {
		time.Sleep(100 * time.Millisecond)
		w.cut(true)
		time.Sleep(100 * time.Millisecond)
		w.cut(false)
	}
	all.Wait()
	for _, id := range ids.all() {
		if got := h.reaches(id, job.Succeeded); got.Failures != 0 || got.Errors < 1 || got.Errors > int64(got.Attempt) {
			t.Errorf("job = %+v", got)
		}
	}
	for _, id := range ids.all() {
		if n := runs.of(id); n < 1 || n > 2 { // again if nobody heard that it ended
			t.Errorf("job %s ran %d times", id, n)
		}
		ends := 0
		for _, kind := range h.kinds(id) {
			if kind == "attempt.ended" {
				ends++
			}
		}
		if attempt := h.job(id).Attempt; ends != attempt {
			t.Errorf("job %s: %d ends of %d attempts", id, ends, attempt)
		}
	}
	h.until("all are recorded", func() bool { d, _ := h.Depths(t.Context()); return d["default"][job.Running] == 0 })
	h.nothingLeft()
}

func TestAWorkerThatIsIdleWhileRedisIsAwayGoesOn(t *testing.T) {
	addr := testservers.Redis(t)
	w := newWire(t, addr)
	h, near := newHouse(t, addr), newHouse(t, w.listener.Addr().String())
	near.worker(does("any", nothing))
	near.reaches(near.enqueue(job.Request{Task: "any"}).ID, job.Succeeded)
	w.cut(true)
	id := h.enqueue(job.Request{Task: "any"}).ID
	h.until("the worker has noticed", func() bool { return near.rdb.Ping(t.Context()).Err() != nil })
	w.cut(false)
	h.reaches(id, job.Succeeded)
}

func TestARedisThatRefusesToWriteIsUnavailable(t *testing.T) {
	h := realHouse(t)
	h.declare(does("any", nothing))
	h.enqueue(job.Request{Task: "any"})
	full := func(limit string) {
		if err := h.rdb.ConfigSet(t.Context(), "maxmemory", limit).Err(); err != nil {
			t.Fatal(err)
		}
	}
	full("1")
	_, err := h.Enqueue(t.Context(), job.Request{Task: "any"})
	full("0")
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Unavailable || f.After <= 0 {
		t.Errorf("error = %v, want unavailable with a time to come back", err)
	}
	h.enqueue(job.Request{Task: "any"})
}

// TestARedisThatTakesLongIsGivenUpInTime asks a Redis that accepts and never
// answers.
func TestARedisThatTakesLongIsGivenUpInTime(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	rdb := redis.NewClient(&redis.Options{Addr: l.Addr().String(), ContextTimeoutEnabled: true})
	defer rdb.Close()
	h := smallHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = New(rdb, h.log).Enqueue(ctx, job.Request{Task: "any"})
	if took := time.Since(began); err == nil || took > 3*time.Second {
		t.Errorf("error = %v after %s", err, took)
	}
}
