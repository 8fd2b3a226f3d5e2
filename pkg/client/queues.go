package client

import (
	"context"
	"net/url"
	"strconv"
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
	// A QueueScale is how long a job that is enqueued now will stand in its
	// queue, and how many workers the queue wants.
	QueueScale = job.QueueScale
	// ScaleList is that of every queue.
	ScaleList struct {
		Target job.Seconds  `json:"target_seconds"` // the wait that is wanted
		Queues []QueueScale `json:"queues"`
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

// Scale predicts the wait in a queue, of all if the name is empty, and says how
// many workers would bring it to target: 1 s to a day, in whole seconds; zero is
// 30 s.
func (c *Client) Scale(ctx context.Context, queue string, target time.Duration) (ScaleList, error) {
	q := url.Values{}
	if queue != "" {
		q.Set("queue", queue)
	}
	if target != 0 {
		q.Set("target", strconv.FormatInt(int64(target/time.Second), 10))
	}
	return get[ScaleList](ctx, c, path("scale"), q)
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
