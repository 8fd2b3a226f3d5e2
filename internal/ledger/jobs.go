package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// jobColumns are the columns of jobs in the order in which scanJob reads them.
const jobColumns = `id, task, description, client, owner, queue, args, parent, root, retry_of, schedule, slot_at, trace, expires_at, created_at,
	` + tagsColumn + `, ` + changingColumns

// changingColumns are those that change while a job lives.
const changingColumns = `state, reason, waiting, stage, progress, errors, error, attempt, failures, crashes, worker, due_at, started_at, ended_at`

func scanJob(r row) (j job.Job, err error) {
	var args, tags string
	var created int64
	var slot, expires sql.NullInt64
	var c changingValues
	err = r.Scan(append([]any{
		&j.ID, &j.Task, &j.Description, &j.Client, &j.Owner, &j.Queue, &args,
		&j.Parent, &j.Root, &j.RetryOf, &j.Schedule, &slot, &j.Trace, &expires, &created, &tags,
	}, c.of(&j)...)...)
	j.Args, j.Tags = json.RawMessage(args), readTags(tags)
	j.Created, j.Slot, j.Expires = instant(created), known(slot), known(expires)
	c.settle(&j)
	return j, err
}

// changingValues hold what is scanned of a job and needs to be understood.
type changingValues struct {
	waiting, progress string
	due               int64
	started, ended    sql.NullInt64
}

// of returns where the changing columns of j are scanned to.
func (c *changingValues) of(j *job.Job) []any {
	return []any{
		&j.State, &j.Reason, &c.waiting, &j.Progress.Stage, &c.progress, &j.Errors, &j.Error,
		&j.Attempt, &j.Failures, &j.Crashes, &j.Worker, &c.due, &c.started, &c.ended,
	}
}

// settle completes j.
func (c *changingValues) settle(j *job.Job) {
	j.Due, j.Started, j.Ended = instant(c.due), known(c.started), known(c.ended)
	j.Waiting = readWait(c.waiting)
	readProgress(c.progress, &j.Progress)
}

// Job returns one job as it is recorded, which may be a moment behind.
func (l *Ledger) Job(ctx context.Context, id string) (job.Job, error) {
	j, err := scanJob(l.read.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return j, noJob(id)
	}
	return j, wrap(err, "read job %s", id)
}

// noJob says that there is no such job, and of an id that is old that there may
// have been one.
func noJob(id string) error {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 {
		return fault.New(fault.NotFound, "There is no job %s.", id)
	}
	seconds, nanos := parsed.Time().UnixTime()
	made := time.Unix(seconds, nanos).UTC()
	if time.Since(made) < job.Day {
		return fault.New(fault.NotFound, "There is no job %s.", id)
	}
	return fault.New(fault.NotFound, "There is no job %s any more, or there never was: its id is of %s, and jobs are removed when they are older than the retention says.",
		id, made.Format(time.DateOnly))
}
