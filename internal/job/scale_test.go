package job_test

import (
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// reads is a worker that reads some queues and runs so many jobs at a time.
func reads(slots, busy int, queues ...string) job.Worker {
	w := job.Worker{Concurrency: slots, Running: make([]string, busy), Queues: map[string]int{}}
	for _, q := range queues {
		w.Queues[q] = 1
	}
	return w
}

func TestPredictsHowLongAJobWillStandInItsQueue(t *testing.T) {
	stands := func(n int64) job.Queue { return job.Queue{Name: "worker", Counts: map[job.State]int64{job.Queued: n}} }
	paused := stands(90)
	paused.Pause = &job.Pause{Queue: "worker"}
	quiet := reads(10, 3, "worker")
	quiet.Quiet = true
	minute := map[string]job.QueueTime{"worker": {Jobs: 5, Mean: time.Minute}}
	for _, tt := range []struct {
		name    string
		queues  []job.Queue
		workers []job.Worker
		times   map[string]job.QueueTime
		wait    time.Duration
		wanted  int
	}{
		{"nothing to do", []job.Queue{stands(0)}, []job.Worker{reads(10, 0, "worker")}, minute, 0, 0},
		{"free slots", []job.Queue{stands(3)}, []job.Worker{reads(10, 2, "worker")}, minute, 0, 1},
		{"all busy, and nobody in the queue", []job.Queue{stands(0)}, []job.Worker{reads(10, 10, "worker")}, minute, 6 * time.Second, 1},
		{"busy ones are not wanted less", []job.Queue{stands(0)}, []job.Worker{reads(10, 10, "worker"), reads(10, 5, "worker")}, minute, 0, 2},
		// 10 slots are free, and a job a minute leaves each of 20.
		{"a crowd", []job.Queue{stands(89)}, []job.Worker{reads(10, 10, "worker"), reads(10, 0, "worker")}, minute, 4 * time.Minute, 5},
		{"a crowd that is paused", []job.Queue{paused}, []job.Worker{reads(10, 3, "worker")}, minute, 0, 1},
		{"no worker, as if there were one", []job.Queue{stands(29)}, nil, minute, 2 * time.Minute, 2},
		{"one that takes no more is none", []job.Queue{stands(29)}, []job.Worker{quiet}, minute, 2 * time.Minute, 2},
		{"a worker of other queues is none", []job.Queue{stands(29)}, []job.Worker{reads(10, 0, "mail")}, minute, 2 * time.Minute, 2},
		{"no worker and nothing to do", []job.Queue{stands(0)}, nil, minute, 0, 0},
		{"no job has told: a second each", []job.Queue{stands(109)}, []job.Worker{reads(10, 0, "worker")}, nil, 10 * time.Second, 1},
		{
			"half of a worker for each of two crowds",
			[]job.Queue{stands(14), {Name: "mail", Counts: map[job.State]int64{job.Queued: 1}}},
			[]job.Worker{reads(10, 0, "worker", "mail")},
			minute, 2 * time.Minute, 2,
		},
		{"all of it where the other is empty", []job.Queue{stands(14), {Name: "mail"}}, []job.Worker{reads(10, 0, "worker", "mail")}, minute, 30 * time.Second, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := job.ScaleOf(tt.queues, tt.workers, tt.times, time.Minute, 10)[0]
			if time.Duration(got.Wait) != tt.wait || got.Wanted != tt.wanted {
				t.Errorf("wait %s, want %s; %d workers, want %d", time.Duration(got.Wait), tt.wait, got.Wanted, tt.wanted)
			}
		})
	}
}

// With as many workers as are wanted the wait is what was asked for, and with
// one less it is not.
func TestTheWorkersThatAreWantedAreEnoughAndNoneIsTooMany(t *testing.T) {
	const target = 20 * time.Second
	times := map[string]job.QueueTime{"worker": {Jobs: 1, Mean: 7 * time.Second}}
	predict := func(queued int64, workers int) job.QueueScale {
		staff := []job.Worker{reads(4, 4, "worker")}
		for range workers - 1 {
			staff = append(staff, reads(4, 0, "worker"))
		}
		queue := job.Queue{Name: "worker", Counts: map[job.State]int64{job.Queued: queued}}
		return job.ScaleOf([]job.Queue{queue}, staff, times, target, 4)[0]
	}
	for queued := range int64(200) {
		wanted := predict(queued, 1).Wanted
		if wait := time.Duration(predict(queued, wanted).Wait); wait > target+time.Millisecond {
			t.Errorf("%d queued: with %d workers the wait is %s", queued, wanted, wait)
		}
		if wanted > 1 {
			if wait := time.Duration(predict(queued, wanted-1).Wait); wait <= target {
				t.Errorf("%d queued: %d workers are wanted, and with one less the wait is %s", queued, wanted, wait)
			}
		}
	}
}
