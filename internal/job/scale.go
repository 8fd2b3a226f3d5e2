package job

import (
	"math"
	"time"
)

// AssumedMean is how long a job is taken to run where none has told.
const AssumedMean = time.Second

// QueueTime is how long the jobs of one queue run, of the newest: those that
// ended at their first attempt, and those that run now, as far as they are.
type QueueTime struct {
	Jobs int
	Mean time.Duration
}

// With returns how long the jobs of both run.
func (q QueueTime) With(more QueueTime) QueueTime {
	n := q.Jobs + more.Jobs
	if n == 0 {
		return QueueTime{}
	}
	return QueueTime{n, (q.Mean*time.Duration(q.Jobs) + more.Mean*time.Duration(more.Jobs)) / time.Duration(n)}
}

// A QueueScale is how long a job that is enqueued now will stand in its queue,
// and how many workers the queue wants.
//
// A worker slot counts for a queue by a share: a worker that reads four queues
// in which jobs stand has a quarter of its slots for each. Then
//
//	wait = (queued + 1 − free) × mean / slots, and 0 where more slots are free than jobs are queued
//
// and workers are wanted for so many slots that this is the target or less, and
// for no fewer than are busy.
type QueueScale struct {
	Queue   string  `json:"queue"`
	Queued  int64   `json:"queued"`
	Workers int     `json:"workers"`      // that take jobs from it
	Slots   float64 `json:"slots"`        // its share of theirs
	Free    float64 `json:"free"`         // of those
	Mean    Seconds `json:"mean_seconds"` // that a job runs
	Jobs    int     `json:"jobs"`         // that the mean is of; 0: of none, and assumed
	Paused  bool    `json:"paused,omitempty"`
	Wait    Seconds `json:"wait_seconds"`   // predicted; of a queue without workers, as if it had one
	Wanted  int     `json:"workers_wanted"` // that bring the wait to the target
}

// ScaleOf predicts the waits of some queues. What a worker is worth that is not
// there is perWorker slots, at least 1. In queues that are paused nothing
// stands that more workers could run.
func ScaleOf(queues []Queue, workers []Worker, times map[string]QueueTime, target time.Duration, perWorker int) []QueueScale {
	crowd := crowdOf(queues)
	all := make([]QueueScale, 0, len(queues))
	for _, q := range queues {
		s := QueueScale{Queue: q.Name, Queued: q.Counts[Queued], Paused: q.Pause != nil, Jobs: times[q.Name].Jobs, Mean: Seconds(AssumedMean)}
		if s.Jobs > 0 {
			s.Mean = Seconds(times[q.Name].Mean)
		}
		for _, w := range workers {
			s.staff(w, crowd)
		}
		s.predict(target, float64(max(perWorker, 1)))
		all = append(all, s)
	}
	return all
}

// crowdOf are the queues in which jobs stand that a worker may take.
func crowdOf(queues []Queue) map[string]bool {
	crowd := map[string]bool{}
	for _, q := range queues {
		crowd[q.Name] = q.Counts[Queued] > 0 && q.Pause == nil
	}
	return crowd
}

// staff counts the share of a worker, if it takes jobs from the queue.
func (s *QueueScale) staff(w Worker, crowd map[string]bool) {
	if w.Quiet || w.Stopping {
		return
	}
	mine, sharing := false, map[string]bool{}
	for name := range w.Queues {
		name = BaseQueue(name)
		mine = mine || name == s.Queue
		if crowd[name] || name == s.Queue {
			sharing[name] = true
		}
	}
	if !mine {
		return
	}
	share := 1 / float64(len(sharing))
	s.Workers++
	s.Slots += float64(w.Concurrency) * share
	s.Free += float64(max(w.Concurrency-len(w.Running), 0)) * share
}

// predict finds the wait, and the workers that are wanted.
func (s *QueueScale) predict(target time.Duration, perWorker float64) {
	slots, free, next := s.Slots, s.Free, float64(s.Queued)+1
	if s.Paused {
		next = 0
	}
	if s.Workers > 0 {
		perWorker = slots / float64(s.Workers)
	} else if next > 1 {
		slots, free = perWorker, perWorker
	}
	mean := time.Duration(s.Mean).Seconds()
	if behind := next - free; behind > 0 && slots > 0 {
		s.Wait = Seconds(behind * mean / slots * float64(time.Second))
	}
	busy := s.Slots - s.Free
	s.Wanted = int(math.Ceil(max(busy, wantedSlots(next, busy, mean, target.Seconds()))/perWorker - 1e-9))
}

// wantedSlots solves (next − free) × mean / slots = target for slots, of which
// all but free are busy. Where nothing is queued no slot is wanted.
func wantedSlots(next, busy, mean, target float64) float64 {
	if next <= 1 {
		return 0
	}
	return (next + busy) * mean / (target + mean)
}
