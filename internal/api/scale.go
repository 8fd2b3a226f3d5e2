package api

import (
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// timesOf is how far back jobs tell how long those of their queue run: what was
// true an hour ago is no reason to start a worker now.
const timesOf = 10 * time.Minute

// The wait that autoscalers aim at, in seconds.
const (
	usualTarget = 30
	mostTarget  = 24 * 60 * 60
)

// scale serves GET /api/v1/scale: what autoscalers ask.
func (a *API) scale(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	name, target := q.text("queue"), time.Duration(q.number("target", usualTarget, 1, mostTarget))*time.Second
	if q.err != nil {
		return q.err
	}
	all, err := a.scales(r, target)
	if err != nil {
		return err
	}
	if name != "" {
		one, found := scaleNamed(all, name)
		if !found {
			return fault.New(fault.NotFound, "There is no queue %s; jobctl queues lists those that there are.", name)
		}
		all = []job.QueueScale{one}
	}
	return reply(w, http.StatusOK, client.ScaleList{Target: job.Seconds(target), Queues: all})
}

// scales predicts the waits of all queues.
func (a *API) scales(r *http.Request, target time.Duration) ([]job.QueueScale, error) {
	queues, err := a.Engine.Queues(r.Context())
	if err != nil {
		return nil, err
	}
	workers, err := a.Engine.Workers(r.Context())
	if err != nil {
		return nil, err
	}
	now := a.Now()
	times, err := a.Ledger.QueueTimes(r.Context(), now.Add(-timesOf), now)
	if err != nil {
		return nil, err
	}
	return job.ScaleOf(queues, workers, times, target, a.WorkerSlots), nil
}

func scaleNamed(all []job.QueueScale, name string) (job.QueueScale, bool) {
	for _, s := range all {
		if s.Queue == name {
			return s, true
		}
	}
	return job.QueueScale{}, false
}
