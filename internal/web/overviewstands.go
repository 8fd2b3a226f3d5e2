package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// waitsOf is of how long the overview says how jobs waited in queues.
const waitsOf = time.Hour

// A pastQueue is a queue, and how long jobs stand in it.
type pastQueue struct {
	queueRow
	Median, Long string // empty: no job of it has begun lately
	Of           int64  // jobs that say so
}

// waitsIn adds to queues how long jobs stood in them, and says of which jobs
// that is.
func (s *server) waitsIn(ctx context.Context, queues []queueRow) (all []pastQueue, of string, err error) {
	waits, err := s.Jobs.QueueWaits(ctx, s.Now().Add(-waitsOf))
	if err != nil {
		return nil, "", fmt.Errorf("read how long jobs stood in queues: %w", err)
	}
	for _, q := range queues {
		row := pastQueue{queueRow: q}
		if w := waits.Queues[q.Name]; w.Jobs > 0 {
			row.Median, row.Long, row.Of = shortly(w.Median), shortly(w.Long), int64(w.Jobs)
		}
		all = append(all, row)
	}
	if waits.Jobs > 0 {
		of = "From when a job was due until it began, of the newest " + counted(int64(waits.Jobs), "job", "jobs") + " that began within the last hour."
	}
	return all, of, nil
}

// shortly says how long a wait was, to the millisecond if it was short.
func shortly(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return duration(d)
}

// A buildMark is a build of the worker programs, and since when one that is up
// runs it.
type buildMark struct {
	Build   string // empty: it does not say
	Since   time.Time
	Workers int64
}

// buildMarks are the builds that workers run, the one that came last first.
func buildMarks(workers []job.Worker) (marks []buildMark) {
	for _, w := range workers {
		i := slices.IndexFunc(marks, func(m buildMark) bool { return m.Build == w.Build })
		if i < 0 {
			i, marks = len(marks), append(marks, buildMark{Build: w.Build, Since: w.Started})
		}
		marks[i].Workers++
		if w.Started.Before(marks[i].Since) {
			marks[i].Since = w.Started
		}
	}
	slices.SortFunc(marks, func(x, y buildMark) int { return cmp.Or(y.Since.Compare(x.Since), cmp.Compare(x.Build, y.Build)) })
	return marks
}
