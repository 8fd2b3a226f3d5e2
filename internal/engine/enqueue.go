package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// A batch of jobs is sent in portions, so that no script takes long.
const (
	portionJobs  = 250
	portionBytes = 512 << 10
)

// An Accepted is what became of one request of many.
type Accepted struct {
	Job job.Job // if Err is nil
	Err error
}

// Enqueue accepts a job. Once it has returned without an error, the job will
// reach a final state.
//
// The same ID again changes nothing and returns the job as it is, and so does
// the same idempotency key with the same task and arguments; with other ones
// it is a [fault.Conflict]. Keys, and the ids of jobs that were enqueued by a
// job or a schedule, are remembered until 24 h after the job has ended. A job
// that is remembered but gone from Redis comes back with what was asked and
// its final state; the ledger knows the rest.
//
// If the task is unique and the same job is unfinished, the policy decides: a
// skipped request returns the unfinished job, whose id is not the request's;
// a rejected one is a [fault.Conflict].
func (e *Engine) Enqueue(ctx context.Context, r job.Request) (job.Job, error) {
	all, err := e.EnqueueBatch(ctx, []job.Request{r})
	if err != nil {
		return job.Job{}, err
	}
	return all[0].Job, all[0].Err
}

// EnqueueBatch accepts many jobs as [Engine.Enqueue] does one, and returns
// what became of each, in order. It is an error only if nothing could be
// tried; jobs that could not be tried because Redis went away in between have
// that as their error, and so have those of which nobody heard whether they
// were accepted.
func (e *Engine) EnqueueBatch(ctx context.Context, all []job.Request) ([]Accepted, error) {
	if e.tracer != nil {
		return e.enqueueTraced(ctx, all)
	}
	return e.enqueueAll(ctx, all)
}

func (e *Engine) enqueueAll(ctx context.Context, all []job.Request) ([]Accepted, error) {
	done := make([]Accepted, len(all))
	p, sent := e.portion(len(all)), onTheWay(nil)
	for i := range all {
		x, err := e.accept(ctx, &all[i])
		if err == nil {
			p.add(i, x)
		}
		if p.full() {
			if err = sent.arrive(); err == nil {
				sent, p = e.send(ctx, p, done), e.portion(len(all)-i-1)
			}
		}
		switch {
		case err == nil:
		case fault.KindOf(err) != fault.Unavailable:
			done[i].Err = err
		case i == 0:
			return nil, err
		default:
			_ = sent.arrive() // has told its own jobs
			p.refuse(done, err)
			for j := range done[i:] {
				done[i+j].Err = err
			}
			return done, nil
		}
	}
	if err := sent.arrive(); err != nil {
		p.refuse(done, err)
		return done, nil
	}
	_ = e.create(ctx, p, done) // its error is that of each job
	return done, nil
}

// portion returns an empty portion of a batch of which that many are left.
func (e *Engine) portion(left int) *createPortion {
	n := min(left, portionJobs)
	return &createPortion{jobs: make([]creation, 0, n), place: make([]int, 0, n)}
}

// onTheWay is a portion that was sent, so that the next is made meanwhile. It
// gives its error if that is the next one's too.
type onTheWay <-chan error

func (e *Engine) send(ctx context.Context, p *createPortion, done []Accepted) onTheWay {
	c := make(chan error, 1)
	go func() {
		if err := e.create(ctx, p, done); fault.KindOf(err) == fault.Unavailable {
			c <- err
		}
		close(c)
	}()
	return c
}

// arrive waits for it.
func (c onTheWay) arrive() error {
	if c == nil {
		return nil
	}
	return <-c
}

// create sends a portion and notes what became of its jobs.
func (e *Engine) create(ctx context.Context, p *createPortion, done []Accepted) error {
	if len(p.jobs) == 0 {
		return nil
	}
	if p.simple() {
		all, err := e.createSimple(ctx, p, done)
		if all || err != nil {
			return err
		}
	}
	sent := time.Now()
	answers, err := runConfirmed(ctx, e, createScript, p.args()...).StringSlice()
	if err == nil && len(answers) != 1+len(p.jobs) {
		err = fmt.Errorf("unexpected reply %v", answers)
	}
	if err != nil {
		return p.failed(done, err)
	}
	e.tick(micros(answers[0]), sent)
	there, err := e.readAccepted(ctx, p.jobs, answers[1:])
	for i := range p.jobs {
		done[p.place[i]].Job, done[p.place[i]].Err = e.accepted(&p.jobs[i], answers[i+1], there, err)
	}
	return nil
}

// createSimple sends a portion of simple jobs, and reports whether they were
// accepted, all of them: they are not if one is there already.
func (e *Engine) createSimple(ctx context.Context, p *createPortion, done []Accepted) (bool, error) {
	sent := time.Now()
	script, args := p.simpleCall(e.forgetsTime(sent))
	answer, err := runConfirmed(ctx, e, script, args...).Result()
	if err != nil {
		return false, p.failed(done, err)
	}
	switch answer := answer.(type) {
	case int64:
		if answer == 0 {
			return false, nil
		}
	case []any:
		e.tick(clock(answer), sent)
	}
	for i := range p.jobs {
		done[p.place[i]].Job = p.jobs[i].Job
		if i == 0 || p.jobs[i].Queue != p.jobs[i-1].Queue {
			e.sawQueue(p.jobs[i].Queue)
		}
	}
	return true, nil
}

// failed notes what went wrong with all of a portion.
func (p *createPortion) failed(done []Accepted, err error) error {
	err = wrap(err, "enqueue %s", p.jobs[0].Task)
	p.refuse(done, err)
	return err
}

// readAccepted reads the jobs that stand for those that were asked for, or that
// are not as they were asked for.
func (e *Engine) readAccepted(ctx context.Context, all []creation, answers []string) (map[string]record, error) {
	var ids []string
	for i := range all {
		e.sawQueue(all[i].Queue)
		if word, id, _ := strings.Cut(answers[i], " "); word == "known" || word == "behind" || word == "skip" {
			id, _, _ = strings.Cut(id, " ")
			ids = append(ids, id)
		}
	}
	return e.readAll(ctx, ids)
}

// accepted reads what createScript answered for one job; there are those that
// were read, unless that failed.
func (e *Engine) accepted(x *creation, answer string, there map[string]record, err error) (job.Job, error) {
	word, rest, _ := strings.Cut(answer, " ")
	id, state, _ := strings.Cut(rest, " ")
	switch word {
	case "new":
		return x.Job, nil
	case "conflict":
		return job.Job{}, fault.New(fault.Conflict, "The key %s was used for job %s with another task or other arguments.", x.key, id).In("key")
	case "reject":
		return job.Job{}, fault.New(fault.Conflict, "Job %s does the same and has not ended.", id)
	}
	rec, found := there[id]
	if err == nil && !found {
		x.ID, x.State = id, job.State(state)
		return x.Job, nil
	}
	return rec.at(e.now()), err
}

// runScript runs one of this package's scripts by itself.
func runScript(ctx context.Context, e *Engine, s *redis.Script, args ...any) *redis.Cmd {
	return s.Run(ctx, e.rdb, lock.Keys, args...)
}

func appendEvents(args []any, report []events.Event) ([]any, error) {
	for _, event := range report {
		kind, body, err := events.Marshal(event)
		if err != nil {
			return nil, fmt.Errorf("write event %s: %w", event.Kind(), err)
		}
		args = append(args, kind, body)
	}
	return args, nil
}
