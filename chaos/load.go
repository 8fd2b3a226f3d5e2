package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// The shape of the load.
const (
	loaders   = 8
	chunk     = 40   // jobs that are enqueued together, mostly in one call
	batches   = 0.8  // of the chunks that are one call
	loadShare = 0.6  // of the span in which jobs are enqueued
	aborting  = 0.03 // of the jobs that somebody tries to abort
	recent    = 300  // jobs among which those to abort are chosen
)

// A stream is what a load is like.
type stream struct {
	seed   uint64
	jobs   int                            // at most
	every  time.Duration                  // from one job to the next
	order  func(seed uint64, i int) order // job number i
	aborts bool                           // somebody aborts some
	askers int                            // how many ask at a time
}

// A load enqueues jobs and may abort some.
type load struct {
	stream
	api     *api
	log     *journal.Log
	started time.Time
	single  atomic.Bool // the API has no batches
	enough  chan struct{}

	mu   sync.Mutex
	last []accepted // the most recent ones
}

type accepted struct{ id, task string }

func newLoad(a *api, s stream, dir string) (*load, error) {
	log, err := journal.Open(filepath.Join(dir, journal.Accepted))
	return &load{stream: s, api: a, log: log, started: time.Now(), enough: make(chan struct{})}, err
}

// tortured is the load of a torture run.
func (s settings) tortured() stream {
	return stream{
		seed: s.seed, jobs: s.jobs, every: time.Duration(loadShare * float64(s.span) / float64(s.jobs)), order: orderOf, aborts: true, askers: loaders,
	}
}

// stop has no more jobs enqueued than those that are on their way.
func (l *load) stop() { close(l.enough) }

// An order asks the API for a job.
type order struct {
	Task   string        `json:"task"`
	Client string        `json:"client"`
	Key    string        `json:"key"`
	Args   errand.Errand `json:"args"`
}

// start enqueues everything, and says how long it took when all is
// acknowledged.
func (l *load) start(ctx context.Context) <-chan time.Duration {
	done := make(chan time.Duration, 1)
	chunks := make(chan int)
	go func() {
		defer close(chunks)
		for first := 0; first < l.jobs; first += chunk {
			if !sleep(ctx, time.Duration(first)*l.every-time.Since(l.started)) {
				return
			}
			select {
			case chunks <- first:
			case <-l.enough:
				return
			}
		}
	}()
	var all sync.WaitGroup
	for range l.askers {
		all.Go(func() {
			for first := range chunks {
				l.enqueue(ctx, first, min(first+chunk, l.jobs))
			}
		})
	}
	go func() {
		all.Wait()
		if ctx.Err() == nil {
			done <- time.Since(l.started)
		}
	}()
	if l.aborts {
		go l.abort(ctx)
	}
	return done
}

// enqueue enqueues the jobs from first to before end.
func (l *load) enqueue(ctx context.Context, first, end int) {
	var orders []order
	for i := first; i < end; i++ {
		orders = append(orders, l.order(l.seed, i))
	}
	chance := rand.New(rand.NewPCG(l.seed, uint64(first)+1<<40))
	if chance.Float64() < batches && !l.single.Load() {
		orders = l.batch(ctx, orders)
	}
	for _, o := range orders {
		l.one(ctx, o)
	}
}

// one enqueues one job.
func (l *load) one(ctx context.Context, o order) {
	body, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	answer, err := l.api.insist(ctx, http.MethodPost, "/api/v1/jobs", plainJSON, body)
	if err != nil {
		l.complain(ctx, o, err)
		return
	}
	var j line
	if err := json.Unmarshal(answer, &j); err != nil {
		l.complain(ctx, o, err)
		return
	}
	l.accept(o, j)
}

// A line is what became of one line of a batch, or a job.
type line struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

// batch enqueues jobs in one call and returns those that were not accepted.
func (l *load) batch(ctx context.Context, orders []order) (rest []order) {
	var body bytes.Buffer
	for _, o := range orders {
		if err := json.NewEncoder(&body).Encode(o); err != nil {
			panic(err)
		}
	}
	answer, err := l.api.insist(ctx, http.MethodPost, "/api/v1/jobs:batch", "application/x-ndjson", body.Bytes())
	if r, ok := errors.AsType[*refusal](err); ok && (r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed) {
		l.single.Store(true)
	}
	if err != nil {
		return orders
	}
	answers := json.NewDecoder(bytes.NewReader(answer))
	for _, o := range orders {
		var j line
		if err := answers.Decode(&j); err != nil || j.ID == "" {
			rest = append(rest, o)
			continue
		}
		l.accept(o, j)
	}
	return rest
}

func (l *load) accept(o order, j line) {
	l.write(journal.Asked{What: journal.Accept, ID: j.ID, Key: o.Key, Task: o.Task, State: j.State})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last = append(l.last, accepted{j.ID, o.Task}); len(l.last) > recent {
		l.last = l.last[len(l.last)-recent:]
	}
}

// complain notes that a job was refused, which none of ours should be.
func (l *load) complain(ctx context.Context, o order, err error) {
	if ctx.Err() == nil {
		l.write(journal.Asked{What: journal.Refuse, Key: o.Key, Task: o.Task, State: err.Error()})
	}
}

func (l *load) write(a journal.Asked) {
	a.At = time.Now().UnixMilli()
	if err := l.log.Add(a); err != nil {
		panic(err)
	}
}

// abort aborts some of the jobs that were accepted lately, every other time one
// that takes long.
func (l *load) abort(ctx context.Context) {
	chance := rand.New(rand.NewPCG(l.seed, 2))
	all := time.Duration(l.jobs) * l.every
	pause := time.Duration(float64(all) / (aborting*float64(l.jobs) + 1))
	for time.Since(l.started) < all && sleep(ctx, pause) {
		if id, ok := l.victim(chance); ok {
			l.write(journal.Asked{What: journal.Abort, ID: id})
			go l.abortOne(ctx, id)
		}
	}
}

func (l *load) victim(chance *rand.Rand) (id string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == 0 {
		return "", false
	}
	long := chance.IntN(2) == 0
	for range 100 {
		v := l.last[chance.IntN(len(l.last))]
		if !long || v.task == errand.Abortable {
			return v.id, true
		}
	}
	return l.last[len(l.last)-1].id, true
}

// abortOne aborts a job; that it has ended already is fine.
func (l *load) abortOne(ctx context.Context, id string) {
	answer, err := l.api.ask(ctx, http.MethodPost, "/api/v1/jobs/"+id+"/abort", plainJSON, []byte("{}"))
	if err != nil {
		return
	}
	var j line
	if err := json.Unmarshal(answer, &j); err == nil {
		l.write(journal.Asked{What: journal.Aborted, ID: id, State: j.State})
	}
}

// orderOf returns the job number i of a seed.
func orderOf(seed uint64, i int) order {
	c := rand.New(rand.NewPCG(seed, uint64(i)+1<<32))
	e := errand.Errand{Name: strconv.Itoa(i), Steps: 1 + c.IntN(3), StepMS: c.IntN(20)}
	if c.IntN(50) == 0 {
		e.StepMS = 100 + c.IntN(200)
	}
	o := order{Key: fmt.Sprintf("chaos-%d-%d", seed, i), Client: clients[c.IntN(len(clients))]}
	switch n := c.IntN(1000); {
	case n < 2:
		o.Task = errand.Blocking
	case n < 300:
		o.Task = errand.Plain
	case n < 650:
		o.Task = errand.Locked
		e.Reads, e.Writes = locks(c)
	case n < 790:
		o.Task = errand.Retrying
		e.Fail, e.Permanent = failures(c)
		if c.IntN(2) == 0 {
			e.Reads, e.Writes = locks(c)
		}
	case n < 870:
		o.Task = errand.Chained
		e.Children, e.Depth, e.Writes = 1+c.IntN(2), 1+c.IntN(2), []string{resource(c)}
	case n < 900:
		o.Task = errand.Abortable
		e.Steps, e.StepMS = 10+c.IntN(30), 100
	default:
		o.Task = errand.Unique
		e.Same = strconv.Itoa(c.IntN(20))
	}
	o.Args = e
	return o
}

// resource is one of twenty, two of them the platform's.
func resource(c *rand.Rand) string {
	n := c.IntN(20)
	if n < 2 {
		return "/p" + strconv.Itoa(n)
	}
	return "r" + strconv.Itoa(n)
}

// locks are one to three resources, read or written.
func locks(c *rand.Rand) (reads, writes []string) {
	seen := map[string]bool{}
	for range 1 + c.IntN(3) {
		switch name := resource(c); {
		case seen[name]:
		case c.IntN(5) < 3:
			reads = append(reads, name)
			seen[name] = true
		default:
			writes = append(writes, name)
			seen[name] = true
		}
	}
	return reads, writes
}

// failures are one to three, sometimes too many, sometimes final.
func failures(c *rand.Rand) (fail int, permanent bool) {
	switch n := c.IntN(20); n {
	case 0:
		return errand.Always, false
	case 1:
		return 0, true
	default:
		return 1 + min(n/8, 2), false
	}
}
