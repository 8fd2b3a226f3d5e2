package doctor

import (
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// silent is how long a worker may say nothing: it renews its lease of 6 s every
// 2 s.
const silent = 10 * time.Second

func workers(f Facts) (found []Finding) {
	now := f.Now
	if !f.Server.IsZero() {
		now = f.Server
	}
	for _, w := range f.Workers {
		if ago := now.Sub(w.Seen); ago > silent {
			found = append(found, one(Fail, "Worker %s on %s was not heard of for %s: its jobs go to others; see whether its machine lives.", w.Name, w.Host, ago.Round(time.Second))...)
		}
		if len(w.Stuck) > 0 {
			found = append(found, one(Warn, "Worker %s has %d jobs that do not stop though they were told to: restart it.", w.Name, len(w.Stuck))...)
		}
	}
	if len(f.Workers) == 0 {
		return one(Fail, "No worker is up: no job runs. Start one.")
	}
	return orWell(found, "Workers that are up and heard of: %d.", len(f.Workers))
}

// stands counts the jobs of a queue that only a worker can move on.
func stands(q job.Queue) int64 { return q.Counts[job.Queued] + q.Counts[job.Retrying] }

func queues(f Facts) (found []Finding) {
	for _, q := range f.Queues {
		if n := stands(q); n > 0 && len(q.Workers) == 0 {
			found = append(found, one(Fail, "%d jobs stand in the queue %s, and no worker reads it: start one with it in worker.queues.", n, q.Name)...)
		}
	}
	return orWell(found, "Every queue with jobs has a worker.")
}

func pauses(f Facts) (found []Finding) {
	for _, q := range f.Queues {
		if q.Pause != nil {
			found = append(found, one(Warn, "The queue %s is paused, with %d jobs in it: “jobctl queue resume %s” lets them start.", q.Name, stands(q), q.Name)...)
		}
	}
	return orWell(found, "No queue is paused.")
}

func schedules(f Facts) (found []Finding) {
	var without []string
	for _, s := range f.Schedules {
		switch {
		case !s.Enabled:
		case s.Problem != "":
			found = append(found, one(Fail, "Schedule %s has no slots: %s Correct it with “jobctl schedule edit”.", s.Name, s.Problem)...)
		case s.Missing:
			without = append(without, s.Name)
		}
	}
	if len(without) > 0 {
		found = append(found, one(Fail, "No worker brings the tasks of %d schedules (%s): start one that does, or pause them.", len(without), some(without))...)
	}
	return orWell(found, "All %d schedules can start their jobs.", len(f.Schedules))
}

func slots(f Facts) []Finding {
	var missed []string
	for _, s := range f.Slots {
		if s.Outcome == job.SlotMissed {
			missed = append(missed, s.Schedule)
		}
	}
	if n := len(missed); n > 0 {
		return one(Warn, "%d slots were missed in the last day, of %s: “jobctl slots” says why.", n, some(missed))
	}
	return one(OK, "No slot was missed in the last day, of the newest 500 of each schedule.")
}

func locks(f Facts) (found []Finding) {
	for _, l := range f.Locks {
		for _, h := range l.Holders {
			if !slices.ContainsFunc(f.Workers, func(w job.Worker) bool { return w.ID == h.Worker }) {
				found = append(found, one(Warn, "%s is held by job %s, whose worker is not there: it is given back when the lease has run out, or by “jobctl locks break %s”.", l.Resource, h.JobID, h.JobID)...)
			}
		}
	}
	return orWell(found, "Every lock that is held has a worker that lives.")
}

func secrets(f Facts) (found []Finding) {
	for _, file := range f.Files {
		if file.Open {
			found = append(found, one(Fail, "Everybody on this machine can read %s, which holds a secret: chmod o= it.", file.Path)...)
		}
	}
	if len(f.Files) == 0 {
		return one(OK, "The settings on this machine name no files with secrets.")
	}
	return orWell(found, "No file with a secret can be read by everybody.")
}
