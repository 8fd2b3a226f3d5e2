// Package notify is the task that delivers notices. Its jobs are like any
// others: they show on the dashboard, and the platform repeats those that fail,
// more and more slowly. Nobody is told of them.
package notify

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Sender makes an attempt at the delivery of that id.
type Sender interface {
	Deliver(ctx context.Context, id string) error
}

// Task returns the task. Eight attempts take about an hour.
func Task(s Sender) tasks.Task {
	return tasks.Spec[notice.DeliverArgs]{
		Name: notice.DeliverTask, Summary: "Deliver a notice.",
		Timeout: time.Minute, Attempts: 8, Backoff: 30 * time.Second,
		Run: func(ctx context.Context, j *tasks.Job[notice.DeliverArgs]) error {
			return s.Deliver(ctx, j.Args.Delivery)
		},
	}
}
