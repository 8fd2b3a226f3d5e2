package tasks

import (
	"context"
	"encoding/json"
	"log/slog"
)

// A Job is one attempt at a job, as the task's Run function sees it. Its
// methods may be called from several goroutines.
type Job[A any] struct {
	ID      string       // the job's id, the same for every attempt
	Client  string       // the organisation it belongs to
	Attempt int          // 1 for the first attempt
	Args    A            // what the job was asked to do
	Log     *slog.Logger // lines go to the job's page and to the worker's log

	sink   Sink
	fence  int64
	wrapUp <-chan struct{}
}

// Progress is how far an attempt has come.
type Progress struct {
	Stage string // what is being done: "users"
	Done  int64  // of this stage
	Total int64  // of this stage; zero when unknown

	// What the job has done so far, over all its stages.
	Created, Changed, Removed int64
}

// A RecordError says what is wrong with one record of a job that goes on.
type RecordError struct {
	Key     string // which record: "enrollments.csv:17", or its id
	Code    string // stable, for counting: "BAD_DATE"
	Message string // a sentence that the person who owns the record can act on
}

// A Request asks for another job.
type Request struct {
	Task        string
	Args        any    // marshalled to JSON; nil means none
	Key         string // tells apart the jobs that one job enqueues
	Description string // empty means the task's summary

	// Tags are what people find the job by, up to 8 of 1 to 40 lower-case
	// letters, digits and . - _ : that begin with a letter or digit. It does not
	// inherit those of the job that enqueues it.
	Tags []string
}

// Sink is what the platform offers to a running attempt.
type Sink interface {
	Progress(Progress)
	Error(RecordError)
	Enqueue(ctx context.Context, r SinkRequest) (id string, err error)
}

// SinkRequest is a [Request] with its arguments as JSON.
type SinkRequest struct {
	Task, Key, Description string
	Tags                   []string
	Args                   json.RawMessage
}

// An Attempt is what the platform hands to [Task.Attempt].
type Attempt struct {
	JobID  string
	Client string
	Number int
	Args   json.RawMessage
	Log    *slog.Logger
	Sink   Sink
	Fence  int64
	WrapUp <-chan struct{} // closed when the attempt should come to its end; nil: never
}

// Fence is a number that only grows: of two attempts at one job, or at two jobs
// that hold the same resource one after the other, the later one has the
// greater fence. Hand it to systems that you write to, and let them refuse a
// number that is smaller than the greatest they have seen: so a worker that
// was frozen and wakes up again can do no harm.
func (j *Job[A]) Fence() int64 { return j.fence }

// WrapUp is closed when the attempt should come to its end soon: its soft time
// limit has passed, or its worker was told to stop. A job that returns an
// error then because its worker stops is started again elsewhere, and uses up
// no attempt. Jobs that are done in seconds need not care.
func (j *Job[A]) WrapUp() <-chan struct{} { return j.wrapUp }

// Progress tells whoever is watching how far the work has come. It is cheap;
// call it as often as there is something new.
func (j *Job[A]) Progress(p Progress) { j.sink.Progress(p) }

// Error records what is wrong with one record. The job goes on, and may
// succeed. The first 1,000 errors of a job are kept; all are counted.
func (j *Job[A]) Error(key, code, message string) {
	j.sink.Error(RecordError{Key: key, Code: code, Message: message})
}

// Enqueue starts another job, whose page links back to this one. It is
// idempotent: further attempts of this job that ask for the same task and key
// get the same job.
func (j *Job[A]) Enqueue(ctx context.Context, r Request) (id string, err error) {
	args := json.RawMessage("{}")
	if r.Args != nil {
		if args, err = json.Marshal(r.Args); err != nil {
			return "", Permanent(err)
		}
	}
	return j.sink.Enqueue(ctx, SinkRequest{Task: r.Task, Key: r.Key, Description: r.Description, Tags: r.Tags, Args: args})
}
