package api

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Jobs is all jobs as people know them, wherever they stand: the engine says
// what is in flight, the ledger has the rest. The API and the pages look at
// jobs, and change them, through this and nothing else.
type Jobs struct {
	Engine Engine
	Ledger JobLedger
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// Job returns one job. A job that was acknowledged is always found, or the
// answer is that nobody can tell for now.
func (b Jobs) Job(ctx context.Context, id string) (job.Job, error) {
	live, err := b.Engine.Job(ctx, id)
	if err == nil {
		return b.worded(live), nil
	}
	past, ledgerErr := b.Ledger.Job(ctx, id)
	switch {
	case ledgerErr == nil:
		return b.worded(past), nil
	case fault.KindOf(ledgerErr) != fault.NotFound:
		return job.Job{}, ledgerErr
	case fault.KindOf(err) != fault.NotFound:
		return job.Job{}, err // Redis might know it
	}
	return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
}

// Jobs lists jobs, newest first, as they stand now.
func (b Jobs) Jobs(ctx context.Context, f job.Filter) ([]job.Job, error) {
	found, _, err := b.search(ctx, f)
	return found.Jobs, err
}

// Search is [Jobs.Jobs], and where the rest begins.
func (b Jobs) Search(ctx context.Context, f job.Filter) (job.Found, error) {
	found, _, err := b.search(ctx, f)
	return found, err
}

// mostCounted is how far the jobs of a filter, or of a shorter retention, are counted.
const mostCounted = 10_000

// Count returns how many jobs f chooses, and whether there are more than that.
func (b Jobs) Count(ctx context.Context, f job.Filter) (n int, more bool, err error) {
	n, err = b.Ledger.CountJobs(ctx, sighted(ctx, f), mostCounted+1)
	return min(n, mostCounted), n > mostCounted, err
}

// sighted returns f cut down to what whoever acts may see.
func sighted(ctx context.Context, f job.Filter) job.Filter {
	if f.Within == nil {
		f.Within = auth.Of(ctx).Sight()
	}
	return f
}

// search is [Jobs.Search], and whether the engine could say how the jobs in
// flight stand now.
func (b Jobs) search(ctx context.Context, f job.Filter) (found job.Found, live bool, err error) {
	found, err = b.Ledger.Search(ctx, sighted(ctx, f))
	if err != nil {
		return job.Found{}, false, err
	}
	now, err := b.Engine.Jobs(ctx, inFlight(found.Jobs))
	if err != nil {
		b.Log.WarnContext(ctx, "job list without live progress", "err", err)
	}
	for i, j := range found.Jobs {
		if fresh, ok := now[j.ID]; ok {
			j = fresh
		}
		found.Jobs[i] = b.worded(j)
	}
	return found, err == nil, nil
}

// worded says why a job waits as it is right now: for how long it has waited
// grows from look to look.
func (b Jobs) worded(j job.Job) job.Job {
	if j.Waiting == nil || j.State.Final() {
		return j
	}
	j.Reason = j.Waiting.Sentence(b.now())
	return j
}

func (b Jobs) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

func inFlight(jobs []job.Job) []string {
	ids := []string{}
	for _, j := range jobs {
		if !j.State.Final() {
			ids = append(ids, j.ID)
		}
	}
	return ids
}

// Counts returns how many jobs of a client stand in each state; of all clients
// if it is empty.
func (b Jobs) Counts(ctx context.Context, client string) (map[job.State]int64, error) {
	return b.Ledger.Counts(ctx, client)
}

// CountsOf is [Jobs.Counts] of the jobs of an owner, up to 10,000.
func (b Jobs) CountsOf(ctx context.Context, client, owner string) (map[job.State]int64, error) {
	return b.Ledger.CountsWithin(ctx, client, []job.Reach{{Owner: owner}})
}

// Attempts returns the attempts at a job, in order.
func (b Jobs) Attempts(ctx context.Context, id string) ([]job.Attempt, error) {
	return b.Ledger.Attempts(ctx, id)
}

// Waits returns what a job waited for, in order.
func (b Jobs) Waits(ctx context.Context, id string) (job.Waits, error) {
	return b.Ledger.Waits(ctx, id)
}

// QueueWaits returns how long jobs stood in their queues, of the newest that
// began since then.
func (b Jobs) QueueWaits(ctx context.Context, since time.Time) (job.QueueWaits, error) {
	return b.Ledger.QueueWaits(ctx, since, nil)
}

// RecentDurations returns how long the last n jobs of that schedule took that
// succeeded, or else those of the task and client; the newest first.
func (b Jobs) RecentDurations(ctx context.Context, schedule, task, client string, n int) ([]job.Lasted, error) {
	return b.Ledger.RecentDurations(ctx, schedule, task, client, n)
}

// JobErrors returns record errors of a job that come after that number.
func (b Jobs) JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error) {
	return b.Ledger.JobErrors(ctx, id, after, limit)
}

// JobLogs returns log lines of a job that come after that number.
func (b Jobs) JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error) {
	return b.Ledger.JobLogs(ctx, id, after, limit)
}

// Abort stops a job that has not ended, in the name of by.
func (b Jobs) Abort(ctx context.Context, id, by string) (job.Job, error) {
	j, err := b.Engine.Abort(ctx, id, by)
	if fault.KindOf(err) != fault.NotFound {
		return j, err
	}
	return job.Job{}, b.whyNot(ctx, id)
}

// whyNot says why the engine does not know a job that is to be changed.
func (b Jobs) whyNot(ctx context.Context, id string) error {
	j, err := b.Job(ctx, id)
	switch {
	case err != nil:
		return err
	case j.State.Final():
		return fault.New(fault.Conflict, "Job %s has already %s.", id, j.State)
	}
	return fault.New(fault.Unavailable, "Job %s is on its way back into Redis; try again in a moment.", id)
}

// maxReason bounds what is said of why something was done.
const maxReason = 500

// Break takes the locks of a running job away, in the name of by, and puts it
// back into its queue. The reason is kept in the job's history.
func (b Jobs) Break(ctx context.Context, id, by, reason string) (job.Job, error) {
	switch reason = strings.TrimSpace(reason); {
	case reason == "":
		return job.Job{}, fault.New(fault.Invalid, "Say why the locks are to be broken: the job's history keeps the reason.").In("reason")
	case len(reason) > maxReason || strings.ContainsAny(reason, "\r\n"):
		return job.Job{}, fault.New(fault.Invalid, "The reason must be one line of at most %d bytes.", maxReason).In("reason")
	}
	j, err := b.Engine.Break(ctx, id, by, reason)
	if fault.KindOf(err) != fault.NotFound {
		return b.worded(j), err
	}
	return job.Job{}, b.whyNot(ctx, id)
}

// Retry makes a new job of one that ended without success, or starts one that
// waits for its time now. It returns the job to look at.
func (b Jobs) Retry(ctx context.Context, id, by string) (job.Job, error) {
	j, err := b.Job(ctx, id)
	if err != nil {
		return job.Job{}, err
	}
	switch j.State {
	case job.Failed, job.Aborted, job.Expired:
		return b.Engine.Enqueue(ctx, again(j, by))
	case job.Scheduled, job.Waiting, job.Retrying:
		return b.hurry(ctx, id)
	case job.Succeeded:
		return job.Job{}, fault.New(fault.Conflict, "Job %s succeeded; to run it once more, enqueue %s again.", id, j.Task)
	}
	return job.Job{}, fault.New(fault.Conflict, "Job %s is %s already.", id, j.State)
}

func (b Jobs) hurry(ctx context.Context, id string) (job.Job, error) {
	j, err := b.Engine.Hurry(ctx, id)
	if fault.KindOf(err) != fault.NotFound {
		return j, err
	}
	return job.Job{}, b.whyNot(ctx, id)
}

// again asks for the same work as j. Asked twice, it is one job.
func again(j job.Job, by string) job.Request {
	return job.Request{
		Key:         "retry of " + j.ID,
		Task:        j.Task,
		Args:        j.Args,
		Client:      j.Client,
		Owner:       by,
		Description: j.Description,
		Parent:      j.Parent,
		Root:        j.Root,
		RetryOf:     j.ID,
		Follows:     j.Trace,
		Schedule:    j.Schedule,
		Tags:        j.Tags,
	}
}
