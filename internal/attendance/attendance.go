package attendance

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// The names of the tasks.
const (
	Collect = "sis.attendance.collect"
	Post    = "sis.attendance.post"
	Verify  = "sis.attendance.verify"
)

// A Sync is a sync whose attendance is posted, and how.
type Sync struct {
	sync.Sync
	Rules Rules

	Activity sis.ActivitySource
	Sink     sis.Sink

	Schedule  string        // when activity is collected, in the sync's zone; empty: never by itself
	Finality  int           // days after which a day is over for good; 0: 7
	Delay     time.Duration // that a day is left alone after its end
	Absences  bool          // days without minutes are posted too, as 0
	Overwrite bool          // our minutes replace those that a person entered in the SIS
	Brake     Brake
}

func (s Sync) finality() int {
	if s.Finality == 0 {
		return 7
	}
	return s.Finality
}

// least is how many minutes a day must have to be posted for the first time.
func (s Sync) least() int {
	if s.Absences {
		return 0
	}
	return 1
}

// Config is what the tasks work with.
type Config struct {
	Store Store
	Syncs []Sync
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none
}

// Args are what the tasks are asked to do.
type Args struct {
	Sync string `json:"sync" doc:"the name of the sync"`
	From string `json:"from,omitempty" doc:"the first day, such as 2026-10-05; empty means the oldest that can still change"`
	To   string `json:"to,omitempty" doc:"the last day; empty means yesterday"`
}

// Validate implements [tasks.Validator].
func (a Args) Validate() error {
	from, to, err := a.days()
	switch {
	case a.Sync == "":
		return errors.New("argument sync is required: the name of the sync")
	case err != nil:
		return err
	case !from.IsZero() && !to.IsZero() && to.Before(from):
		return errors.New("argument to is before argument from")
	}
	return nil
}

func (a Args) days() (from, to sis.Date, err error) {
	if from.UnmarshalText([]byte(a.From)) != nil {
		return from, to, errors.New("argument from must be a day, such as 2026-10-05")
	}
	if to.UnmarshalText([]byte(a.To)) != nil {
		return from, to, errors.New("argument to must be a day, such as 2026-10-05")
	}
	return from, to, nil
}

// Ten attempts in some three hours, for an SIS or an LMS that is down.
const (
	attempts = 10
	backoff  = 30 * time.Second
	timeout  = 4 * time.Hour
)

// New returns the tasks.
func New(c Config) []tasks.Task {
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &attendance{Config: c, syncs: map[string]Sync{}}
	for _, s := range c.Syncs {
		a.syncs[s.Name] = s
	}
	head := a.step(Collect, "Compute the attendance of students by day from what they did in the LMS, and post it.", collect, Post)
	head.Schedules = schedules(c.Syncs)
	return []tasks.Task{
		head,
		a.step(Post, "Post attendance that the SIS does not have yet.", post, Verify),
		a.step(Verify, "Read back what attendance the SIS has, and look for students whom it dropped.", verify, ""),
	}
}

func schedules(syncs []Sync) (all []tasks.Schedule[Args]) {
	for _, s := range syncs {
		if s.Schedule != "" {
			all = append(all, tasks.Schedule[Args]{
				Name: Collect + ":" + s.Name, Cron: s.Schedule, Zone: s.Location().String(), Client: s.Client, Args: Args{Sync: s.Name},
			})
		}
	}
	return all
}

type attendance struct {
	Config
	syncs map[string]Sync
}

// step declares a task, which starts the next one when do has succeeded.
func (a *attendance) step(name, summary string, do func(context.Context, *step) error, next string) tasks.Spec[Args] {
	return tasks.Spec[Args]{
		Name: name, Summary: summary,
		Timeout: timeout, Attempts: attempts, Backoff: backoff,
		Writes: func(args Args) []string { return []string{"sis-attendance:" + args.Sync} },
		Run: func(ctx context.Context, job *tasks.Job[Args]) error {
			s, err := a.begin(job)
			if err != nil {
				return err
			}
			if err := do(ctx, s); err != nil || next == "" {
				return err
			}
			_, err = s.Enqueue(ctx, tasks.Request{Task: next, Args: s.Args, Key: "next"})
			return err
		},
	}
}
