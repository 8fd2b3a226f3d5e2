package client

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

type (
	// A Queue is where jobs stand until a worker takes them.
	Queue = job.Queue
	// A QueuePause keeps the jobs of a queue from starting; of all queues, if
	// its queue is "*".
	QueuePause = job.Pause
	// QueueList is every queue.
	QueueList struct {
		Queues []Queue `json:"queues"`
	}
	// A NewQueuePause asks for one.
	NewQueuePause struct {
		Note  string    `json:"note"`           // why; required
		Until time.Time `json:"until,omitzero"` // zero: until somebody resumes
	}
)

// Queues returns every queue, and how its jobs stand.
func (c *Client) Queues(ctx context.Context) ([]Queue, error) {
	list, err := get[QueueList](ctx, c, path("queues"), nil)
	return list.Queues, err
}

// PauseQueue keeps the jobs of a queue from starting; an empty name is all
// queues.
func (c *Client) PauseQueue(ctx context.Context, name string, p NewQueuePause) (QueuePause, error) {
	return post[QueuePause](ctx, c, queuePath(name, "pause"), p)
}

// ResumeQueue ends the pause of a queue and returns it; an empty name is the
// pause of all queues.
func (c *Client) ResumeQueue(ctx context.Context, name string) (QueuePause, error) {
	return post[QueuePause](ctx, c, queuePath(name, "resume"), nil)
}

func queuePath(name, do string) string {
	if name == "" {
		return path("queues:" + do)
	}
	return path("queues", name, do)
}

// QuietWorker has a worker take no more jobs.
func (c *Client) QuietWorker(ctx context.Context, id string) (Worker, error) {
	return post[Worker](ctx, c, path("workers", id, "quiet"), nil)
}

// WakeWorker undoes [Client.QuietWorker].
func (c *Client) WakeWorker(ctx context.Context, id string) (Worker, error) {
	return post[Worker](ctx, c, path("workers", id, "wake"), nil)
}

// DrainWorker has a worker take no more jobs, and end when those that it has
// have ended.
func (c *Client) DrainWorker(ctx context.Context, id string) (Worker, error) {
	return post[Worker](ctx, c, path("workers", id, "drain"), nil)
}
