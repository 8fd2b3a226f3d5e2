package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// lanes is how many turns of a worker are under way at a time: while Redis
// works on one, the worker works on what the other has brought.
const lanes = 2

// turnTime bounds a turn, so that a connection that died without a word is
// found out before the lease runs out.
const turnTime = 3 * time.Second

// The pauses between turns of a Redis that cannot serve.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// An Observer is told of a worker's turns.
type Observer interface {
	// Turn says how many jobs a turn finished, started and claimed, and how
	// long Redis took to answer.
	Turn(jobs int, took time.Duration)
}

// takeTurns records, starts and claims until the worker has stopped and all is
// done.
func (w *Worker) takeTurns() {
	pause := firstPause
	for {
		b, ok := w.desk.next()
		if !ok {
			return
		}
		err := w.turn(b)
		if err == nil {
			pause = firstPause
			continue
		}
		w.log.Warn("redis does not answer, trying again", "after", pause, "err", err)
		w.engine.run.forget()
		time.Sleep(pause/2 + rand.N(pause))
		pause = min(2*pause, maxPause)
	}
}

// turn does all that a batch says in one round trip. What was not done stays
// on the desk.
func (w *Worker) turn(b batch) error {
	ctx, cancel := context.WithTimeout(context.Background(), turnTime)
	defer cancel()
	dials, err := w.engine.run.know(ctx, w.engine.rdb)
	if err != nil {
		w.undo(b)
		return err
	}
	session, sent := w.session(), time.Now()
	var finished, started, claimed *redis.Cmd
	_, err = w.engine.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		if finished, err = w.sendEndings(ctx, p, b.endings); err != nil {
			return err
		}
		if len(b.asking) > 0 {
			started = startScript.EvalSha(ctx, p, lock.Keys, w.startArgs(b.asking)...)
		}
		if b.claim > 0 && session.lease.Err() == nil {
			claimed = claimScript.EvalSha(ctx, p, lock.Keys, w.claimArgs(w.order(b))...)
		}
		return nil
	})
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		w.undo(b)
		return w.load(ctx)
	}
	took := time.Since(sent)
	safe := w.engine.run.still(ctx, w.engine.rdb, dials)
	notFinished := w.settleEndings(finished, b.endings)
	notStarted := w.settleStarts(session, started, b.asking, safe)
	hauled, notClaimed := w.settleClaim(session, claimed, b.claim, sent, safe)
	err = errors.Join(notFinished, notStarted, notClaimed)
	if err == nil && w.options.Observer != nil {
		w.options.Observer.Turn(len(b.endings)+len(b.asking)+hauled, took)
	}
	return err
}

// undo puts a batch back on the desk.
func (w *Worker) undo(b batch) {
	w.desk.change(func() {
		w.desk.endings = append(b.endings, w.desk.endings...)
		w.desk.asking = append(b.asking, w.desk.asking...)
		w.desk.taken -= b.claim
		w.desk.claiming = w.desk.claiming && b.claim == 0
	})
}

func (w *Worker) sendEndings(ctx context.Context, p redis.Pipeliner, all []*ending) (*redis.Cmd, error) {
	if len(all) == 0 {
		return nil, nil
	}
	args, err := endingArgs(all)
	if err != nil {
		return nil, err
	}
	return finishScript.EvalSha(ctx, p, lock.Keys, append([]any{w.sessionID()}, args...)...), nil
}

func (w *Worker) settleEndings(cmd *redis.Cmd, all []*ending) error {
	if cmd == nil {
		return nil
	}
	again, err := readRecorded(cmd, all)
	if err != nil {
		w.undo(batch{endings: all})
		return fmt.Errorf("record %d attempts: %w", len(all), err)
	}
	w.undo(batch{endings: again})
	return nil
}

func (w *Worker) settleStarts(s *session, cmd *redis.Cmd, asked []claimed, safe bool) error {
	if cmd == nil {
		return nil
	}
	started, err := readStarted(cmd, asked)
	if err != nil {
		w.desk.vacate(len(asked))
		return fmt.Errorf("start %d jobs: %w", len(asked), err)
	}
	w.desk.vacate(len(asked) - len(started))
	for _, c := range started {
		w.launch(s, c, safe)
	}
	return nil
}

func (w *Worker) settleClaim(s *session, cmd *redis.Cmd, places int, sent time.Time, safe bool) (hauled int, err error) {
	if places == 0 {
		return 0, nil
	}
	if cmd == nil {
		w.desk.claimed(places, haul{}) // without a lease; it looks again when there is a new one
		return 0, nil
	}
	h, err := w.readHaul(cmd, sent)
	if err != nil {
		w.desk.claimed(places, haul{more: true})
		return 0, fmt.Errorf("claim jobs: %w", err)
	}
	w.desk.claimed(places, h)
	var asking []claimed
	for _, c := range h.jobs {
		if w.receive(s, &c, safe) {
			asking = append(asking, c)
		}
	}
	if len(asking) > 0 {
		w.desk.change(func() { w.desk.asking = append(w.desk.asking, asking...) })
	}
	return len(h.jobs), nil
}

// order asks for jobs for the free places of a batch: from each queue a share
// by its weight, so that none starves, in an order by chance.
func (w *Worker) order(b batch) order {
	o := order{n: b.claim, room: max(b.claim, 2*w.options.Concurrency), idle: b.idle, plain: w.plain}
	weights := w.weights()
	total := 0
	for _, weight := range weights {
		total += weight
	}
	for len(weights) > 0 {
		queue := draw(weights)
		quota := max(1, b.claim*weights[queue]/total)
		o.from = append(o.from, portion{queue, quota})
		delete(weights, queue)
	}
	return o
}

// draw chooses a queue by chance and weight.
func draw(weights map[string]int) string {
	total := 0
	for _, weight := range weights {
		total += weight
	}
	n := rand.N(total)
	for queue, weight := range weights {
		if n -= weight; n < 0 {
			return queue
		}
	}
	panic("unreachable: weights add up to their total")
}

// receive sees to a job that was claimed. It reports whether the job is yet to
// be started.
func (w *Worker) receive(s *session, c *claimed, safe bool) (asking bool) {
	task, known := w.registry.Lookup(c.Task)
	c.task = task
	switch {
	case c.started:
		w.launch(s, *c, safe)
	case !known:
		w.aside(s, *c)
	case w.infos[c.Task].EachWorker && c.whole == "":
		w.divide(s, *c)
	default:
		c.wants, c.refusal = wantsOf(c.record, task)
		return true
	}
	return false
}

// wantsOf asks a task what a job wants, as JSON; "" is nothing. What is wrong
// with it is returned as refusal, so that an attempt can fail with it.
func wantsOf(rec record, task tasks.Task) (wants string, refusal error) {
	asked, err := guardWants(task, rec.Args)
	if err != nil {
		return "", err
	}
	w := job.Wants{Reads: scoped(rec.Client, asked.Reads), Writes: scoped(rec.Client, asked.Writes), Blocking: asked.Blocking}
	for _, r := range asked.Rates {
		w.Rates = append(w.Rates, job.Rate{Key: job.Scope(rec.Client, r.Key), Count: r.Count, Per: r.Per, Window: r.Window})
	}
	if err := lock.CheckWants(w); err != nil {
		return "", err
	}
	if len(w.Reads)+len(w.Writes)+len(w.Rates) == 0 && !w.Blocking {
		return "", nil
	}
	return encode(w), nil
}

// guardWants asks a task. A panic in there is an error of the task.
func guardWants(task tasks.Task, args []byte) (w tasks.Wants, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("name the locks of %s: panic: %v", task.Info().Name, x)
		}
	}()
	w, err = task.Wants(args)
	if err != nil {
		err = fault.New(fault.Invalid, "The arguments do not fit the task: %v.", err).Because(err)
	}
	return w, err
}

// scoped makes the names of resources those of one client.
func scoped(client string, names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, job.Scope(client, name))
	}
	return all
}
