package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A Spec declares one kind of task. Only Name and Run are required.
type Spec[A any] struct {
	// Name identifies the task for ever: it is stored with every job. It is
	// lower case and dotted, noun first: "roster.sync".
	Name string

	// Summary is one sentence for jobctl and the dashboard.
	Summary string

	// Schedules are when the task becomes a job by itself; none means never.
	// They are defaults, registered when a worker first announces the task.
	Schedules []Schedule[A]

	// Queue is where its jobs wait; empty means the queue named after the
	// worker binary.
	Queue string

	// Timeout bounds one attempt; zero means [DefaultTimeout].
	Timeout time.Duration

	// Attempts is how many attempts may fail before the job has; zero means
	// [DefaultAttempts]. Attempts cut short by a crash or a deploy do not count.
	Attempts int

	// Backoff is the pause before the second attempt; it doubles for each one
	// after that, up to an hour, and is spread by chance so that jobs which
	// failed together do not return together. Zero means [DefaultBackoff].
	Backoff time.Duration

	// Reads and Writes name the resources that a job with these arguments
	// reads or writes. Jobs may read a resource together; a job that writes it
	// holds it alone. All are taken at the start of an attempt, at once, or
	// the job waits without taking any. Nil means none.
	// A name that begins with "/" is a resource of the whole platform, others
	// are of the job's client.
	Reads, Writes func(A) []string

	// Blocking reports whether a job with these arguments must be the only one
	// of its client while it runs. Nil means never.
	Blocking func(A) bool

	// Rates bound how often jobs with these arguments start. Nil means no
	// bounds.
	Rates func(A) []Rate

	// Unique says which jobs of this task are the same, and what becomes of one
	// that is enqueued while the same is still unfinished. Nil means that no
	// two jobs are the same.
	Unique *Unique

	// Limit is how many jobs of this task may run at a time, and ClientLimit
	// how many of each client. Zero means no limit. An operator may set others.
	Limit, ClientLimit int

	// Warn is the soft time limit of one attempt: when it has passed,
	// [Job.WrapUp] is closed. Zero means none.
	Warn time.Duration

	// Where are labels that a worker must carry to run the task. Nil means any
	// worker that brings it.
	Where map[string]string

	// EachWorker makes a job run once on each live worker that brings the task,
	// under a parent that counts how they end.
	EachWorker bool

	// Run does the work. It must be idempotent and must return soon after ctx
	// is done.
	Run func(ctx context.Context, job *Job[A]) error
}

// The policy of a Spec that does not state its own.
const (
	DefaultTimeout  = 30 * time.Minute
	DefaultAttempts = 5
	DefaultBackoff  = 10 * time.Second
)

// A Unique says which jobs of a task are the same: those of one client that
// agree in the arguments of these names. Whoever enqueues a job decides by it,
// without the task's code; that is why it names arguments and computes nothing.
type Unique struct {
	Args   []string // JSON names of top-level arguments; none: all jobs of a client are the same
	Policy Policy   // zero: [Skip]
}

// A Policy is what becomes of a job that is enqueued while the same one is
// unfinished.
type Policy string

// The policies of uniqueness.
const (
	Skip           Policy = "skip"            // it is not accepted; the unfinished one stands for it
	Reject         Policy = "reject"          // it is refused, with the id of the unfinished one
	QueueOne       Policy = "queue one"       // one waits until the unfinished one has ended, further ones are skipped
	ReplaceWaiting Policy = "replace waiting" // one waits until the unfinished one has ended; a further one takes its place
)

// A Rate bounds how often jobs start that share its key.
type Rate struct {
	Key    string        // of the client, unless it begins with "/"
	Count  int           // starts
	Per    time.Duration // in that time
	Window bool          // never more than Count in any Per; false: bursts of Count, then evenly
}

// Wants are what a job needs to start.
type Wants struct {
	Reads, Writes []string
	Blocking      bool
	Rates         []Rate
}

// A Schedule is when a task becomes a job by itself.
type Schedule[A any] struct {
	// Name is unique in the installation. Empty means the task's name; a task
	// with several schedules names them "task:what".
	Name string

	// Cron is a unix cron expression: "0 2 * * *".
	Cron string

	// Zone is the IANA time zone that Cron is read in; empty means UTC.
	Zone string

	// Client is the organisation that the jobs belong to; empty means
	// "default".
	Client string

	// Args are what each job is asked to do.
	Args A
}

// A Task is a Spec of any argument type, as the platform handles it.
type Task interface {
	// Info describes the task.
	Info() Info
	// Check reports what is wrong with args, as JSON, in one line that names
	// the field.
	Check(args json.RawMessage) error
	// Wants returns what a job with these arguments needs to start.
	Wants(args json.RawMessage) (Wants, error)
	// Attempt makes one attempt.
	Attempt(ctx context.Context, a Attempt) error
}

// Info describes a task to the platform and to people, defaults filled in.
type Info struct {
	Name, Summary string
	Schedules     []ScheduleInfo
	Queue         string
	Timeout       time.Duration
	Attempts      int
	Backoff       time.Duration
	Schema        json.RawMessage // JSON Schema of the arguments

	Locks              bool // Wants depends on the arguments; false: it is always empty
	Unique             *Unique
	Limit, ClientLimit int
	Warn               time.Duration
	Where              map[string]string
	EachWorker         bool
}

// ScheduleInfo is a [Schedule] with its arguments as JSON.
type ScheduleInfo struct {
	Name, Cron, Zone, Client string
	Args                     json.RawMessage
}

// Validator is implemented by arguments that check themselves. The error is
// one line that names the field and says what is right.
type Validator interface{ Validate() error }

// Info implements [Task]. It panics if the declaration itself is wrong, which
// a programmer sees when the worker starts.
func (s Spec[A]) Info() Info {
	if !validName(s.Name) {
		panic(fmt.Sprintf("tasks: %q is no task name: lower case words joined by dots, such as roster.sync", s.Name))
	}
	info := Info{
		Name: s.Name, Summary: s.Summary, Queue: s.Queue,
		Timeout: s.Timeout, Attempts: s.Attempts, Backoff: s.Backoff,
		Schema: Schema[A](),
		Locks:  s.Reads != nil || s.Writes != nil || s.Blocking != nil || s.Rates != nil,
		Unique: s.unique(), Limit: s.Limit, ClientLimit: s.ClientLimit,
		Warn: s.Warn, Where: s.Where, EachWorker: s.EachWorker,
	}
	s.mustBeSane()
	setDefault(&info.Timeout, DefaultTimeout)
	setDefault(&info.Attempts, DefaultAttempts)
	setDefault(&info.Backoff, DefaultBackoff)
	for _, sched := range s.Schedules {
		info.Schedules = append(info.Schedules, s.scheduleInfo(sched))
	}
	return info
}

func (s Spec[A]) scheduleInfo(sched Schedule[A]) ScheduleInfo {
	args, err := json.Marshal(sched.Args)
	if err == nil {
		err = s.Check(args)
	}
	if err != nil {
		panic(fmt.Sprintf("tasks: schedule of %s: %v", s.Name, err))
	}
	info := ScheduleInfo{Name: sched.Name, Cron: sched.Cron, Zone: sched.Zone, Client: sched.Client, Args: args}
	setDefault(&info.Name, s.Name)
	setDefault(&info.Zone, "UTC")
	setDefault(&info.Client, "default")
	return info
}

// Check implements [Task].
func (s Spec[A]) Check(args json.RawMessage) error {
	_, err := s.decode(args)
	return err
}

// Wants implements [Task].
func (s Spec[A]) Wants(raw json.RawMessage) (w Wants, err error) {
	args, err := s.decode(raw)
	if err != nil {
		return w, err
	}
	w.Reads, w.Writes = names(s.Reads, args), names(s.Writes, args)
	if s.Blocking != nil {
		w.Blocking = s.Blocking(args)
	}
	if s.Rates != nil {
		w.Rates = s.Rates(args)
	}
	return w, nil
}

// unique returns what makes jobs the same, defaults filled in. It panics if
// an argument of that name does not exist.
func (s Spec[A]) unique() *Unique {
	if s.Unique == nil {
		return nil
	}
	u := *s.Unique
	setDefault(&u.Policy, Skip)
	if !slices.Contains([]Policy{Skip, Reject, QueueOne, ReplaceWaiting}, u.Policy) {
		panic(fmt.Sprintf("tasks: %s: unknown policy %q of uniqueness", s.Name, u.Policy))
	}
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(Schema[A](), &schema); err != nil {
		panic(fmt.Sprintf("tasks: %s: read its schema: %v", s.Name, err))
	}
	for _, name := range u.Args {
		if _, ok := schema.Properties[name]; !ok {
			panic(fmt.Sprintf("tasks: %s is unique by %q, which is no argument of it", s.Name, name))
		}
	}
	return &u
}

// mustBeSane panics if a number of the declaration makes no sense.
func (s Spec[A]) mustBeSane() {
	for name, n := range map[string]int64{
		"Limit": int64(s.Limit), "ClientLimit": int64(s.ClientLimit), "Attempts": int64(s.Attempts),
		"Timeout": int64(s.Timeout), "Warn": int64(s.Warn), "Backoff": int64(s.Backoff),
	} {
		if n < 0 {
			panic(fmt.Sprintf("tasks: %s: %s is negative", s.Name, name))
		}
	}
}

func names[A any](locks func(A) []string, args A) []string {
	if locks == nil {
		return nil
	}
	return locks(args)
}

// Attempt implements [Task]. Arguments that do not decode are a permanent
// error.
func (s Spec[A]) Attempt(ctx context.Context, a Attempt) error {
	args, err := s.decode(a.Args)
	if err != nil {
		return Permanent(err)
	}
	return s.Run(ctx, &Job[A]{
		ID: a.JobID, Client: a.Client, Attempt: a.Number, Args: args, Log: a.Log,
		sink: a.Sink, fence: a.Fence, wrapUp: a.WrapUp,
	})
}

func (s Spec[A]) decode(raw json.RawMessage) (args A, err error) {
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	if err := strictUnmarshal(raw, &args); err != nil {
		return args, err
	}
	if v, ok := any(args).(Validator); ok {
		return args, v.Validate()
	}
	return args, nil
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// validName reports whether name is lower case words of letters, digits and
// hyphens, joined by dots, at most 100 bytes.
func validName(name string) bool {
	if name == "" || len(name) > 100 || name[0] == '.' || name[len(name)-1] == '.' {
		return false
	}
	for i, c := range []byte(name) {
		switch {
		case c == '.' && name[i-1] == '.':
			return false
		case c != '.' && c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			return false
		}
	}
	return true
}
