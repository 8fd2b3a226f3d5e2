package record

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Jobs are the jobs in Redis.
type Jobs interface {
	// Epoch returns the id of the data set that Redis holds.
	Epoch(ctx context.Context) (string, error)
	// Enqueue accepts a job. The same id again changes nothing.
	Enqueue(ctx context.Context, r job.Request) (job.Job, error)
}

// A History is what the ledger knows of the jobs that Redis held.
type History interface {
	// Epoch returns the id of the data set that was recorded from.
	Epoch(ctx context.Context) (string, error)
	// SetEpoch says that recording starts over, in that data set.
	SetEpoch(ctx context.Context, epoch string) error
	// UnfinishedJobs returns the requests that put unfinished jobs back, in
	// the order of their ids.
	UnfinishedJobs(ctx context.Context, after string, limit int) ([]job.Request, error)
}

// The pace of putting jobs back.
const (
	pageSize  = 500
	atOneTime = 16
)

// Reconcile sees to it that Redis holds every job that the ledger knows as
// unfinished. If Redis holds the data set that was recorded from, it does.
// Otherwise its data was lost: the jobs are enqueued again with their ids,
// arguments and numbers of attempts, which uses up no attempt, and recording
// starts over. It returns how many they were.
//
// It may be called again after it failed half way, because an id is enqueued
// once only; it is not to run while history is recorded.
func Reconcile(ctx context.Context, jobs Jobs, history History, log *slog.Logger) (restored int, err error) {
	holds, err := jobs.Epoch(ctx)
	if err != nil {
		return 0, fmt.Errorf("reconcile Redis with the ledger: %w", err)
	}
	recorded, err := history.Epoch(ctx)
	if err != nil || holds == recorded {
		return 0, err
	}
	if restored, err = putBack(ctx, jobs, history); err != nil {
		return restored, fmt.Errorf("reconcile Redis with the ledger: %w", err)
	}
	if err := history.SetEpoch(ctx, holds); err != nil {
		return restored, err
	}
	if recorded != "" {
		log.WarnContext(ctx, "Redis lost its data; unfinished jobs are enqueued again", "jobs", restored, "epoch", holds)
	}
	return restored, nil
}

// putBack enqueues all unfinished jobs.
func putBack(ctx context.Context, jobs Jobs, history History) (restored int, err error) {
	for last := ""; ; {
		page, err := history.UnfinishedJobs(ctx, last, pageSize)
		if err != nil || len(page) == 0 {
			return restored, err
		}
		if err := enqueue(ctx, jobs, page); err != nil {
			return restored, err
		}
		restored += len(page)
		last = page[len(page)-1].ID
	}
}

func enqueue(ctx context.Context, jobs Jobs, page []job.Request) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOneTime)
	for _, request := range page {
		all.Go(func() error {
			if _, err := jobs.Enqueue(ctx, request); err != nil {
				return fmt.Errorf("enqueue job %s again: %w", request.ID, err)
			}
			return nil
		})
	}
	return all.Wait()
}
