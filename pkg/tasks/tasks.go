package tasks

import (
	"context"
	"encoding/json"
	"fmt"
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
	Reads, Writes func(A) []string

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
	// Locks returns the resources that a job with these arguments reads and
	// writes.
	Locks(args json.RawMessage) (reads, writes []string, err error)
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
	}
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

// Locks implements [Task].
func (s Spec[A]) Locks(raw json.RawMessage) (reads, writes []string, err error) {
	args, err := s.decode(raw)
	if err != nil {
		return nil, nil, err
	}
	return names(s.Reads, args), names(s.Writes, args), nil
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
	return s.Run(ctx, &Job[A]{ID: a.JobID, Client: a.Client, Attempt: a.Number, Args: args, Log: a.Log, sink: a.Sink})
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
