package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Limits that asynq asks for and that are not its business: how long and how
// often a job is tried is decided here.
var noDeadline = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

const noRetryLimit = 1 << 30

// drive makes sure that asynq delivers the job when it is due, and then takes
// back the intent to do so. Doing it again does no harm.
func (e *Engine) drive(ctx context.Context, rec record) error {
	options := []asynq.Option{
		asynq.TaskID(rec.ID), asynq.Queue(rec.Queue), asynq.Deadline(noDeadline), asynq.MaxRetry(noRetryLimit),
	}
	if rec.Due.After(time.Now()) {
		options = append(options, asynq.ProcessAt(wholeSecond(rec.Due)))
	}
	_, err := e.asynq.EnqueueContext(ctx, asynq.NewTask(rec.Task, nil), options...)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		err = e.advance(rec)
	}
	if err != nil {
		return wrap(err, "deliver job %s", rec.ID)
	}
	return wrap(e.rdb.ZRem(ctx, intentsKey, rec.ID).Err(), "confirm job %s", rec.ID)
}

// errBusy says that a worker has the task in hand, so that it cannot be moved
// for the moment.
var errBusy = errors.New("a worker is about to put the job back")

// advance moves a task that asynq would deliver later to the queue now, if the
// record says that the job is queued.
func (e *Engine) advance(rec record) error {
	if rec.State != job.Queued {
		return nil
	}
	info, err := e.inspector.GetTaskInfo(rec.Queue, rec.ID)
	switch {
	case errors.Is(err, asynq.ErrTaskNotFound):
		return nil // delivered and acknowledged since
	case errors.Is(err, asynq.ErrQueueNotFound):
		return e.reviveQueue(rec)
	case err != nil:
		return err
	}
	switch info.State {
	case asynq.TaskStateScheduled, asynq.TaskStateRetry, asynq.TaskStateArchived:
		return e.inspector.RunTask(rec.Queue, rec.ID)
	case asynq.TaskStateActive:
		return errBusy
	}
	return nil
}

// reviveQueue enters the queue among those that asynq knows. asynq does so
// once per process only, which is not enough when Redis has lost its data.
func (e *Engine) reviveQueue(rec record) error {
	if err := e.rdb.SAdd(context.Background(), "asynq:queues", rec.Queue).Err(); err != nil {
		return err
	}
	return fmt.Errorf("queue %s was unknown to asynq", rec.Queue)
}

// wholeSecond returns the first full second not before t. asynq's clock has no
// fractions and cuts them off, which would deliver the job too early.
func wholeSecond(t time.Time) time.Time {
	whole := t.Truncate(time.Second)
	if whole.Before(t) {
		whole = whole.Add(time.Second)
	}
	return whole
}
