package attendance

import (
	"errors"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A step is one attempt at one of the tasks.
type step struct {
	*tasks.Job[Args]
	sync     Sync
	store    Store
	now      time.Time
	from, to sis.Date // the days it is about, the last one included
}

func (a *attendance) begin(job *tasks.Job[Args]) (*step, error) {
	s, ok := a.syncs[job.Args.Sync]
	switch {
	case !ok:
		return nil, tasks.Permanent(fault.New(fault.Invalid, "No attendance is posted for a sync %q: the settings have no such sync, or it has no attendance.", job.Args.Sync).In("sync"))
	case job.Client != s.Client:
		return nil, tasks.Permanent(fault.New(fault.Invalid,
			"Sync %s belongs to client %s, and this job to client %s: start it for the client of the sync.", s.Name, s.Client, job.Client).In("client"))
	}
	from, to, err := job.Args.days()
	if err != nil {
		return nil, tasks.Permanent(err)
	}
	now := a.Now()
	today := s.today(now)
	if to.IsZero() {
		to = today.Add(-1)
	}
	if from.IsZero() {
		from = today.Add(-s.finality())
	}
	return &step{Job: job, sync: s, store: a.Store, now: now, from: from, to: to}, nil
}

func (s Sync) today(now time.Time) sis.Date { return sis.DateOf(s.Today(now)) }

// over reports whether a day ended in its zone so long ago that it may be
// posted.
func (s Sync) over(day sis.Date, zone *time.Location, now time.Time) bool {
	return !now.Before(day.Add(1).In(zone).Add(s.Delay))
}

// final reports whether a day is over for good.
func (s Sync) final(day sis.Date, now time.Time) bool {
	return day.Before(s.today(now).Add(-s.finality()))
}

// report records what is wrong with a person's day.
func (s *step) report(a sync.Attendance) {
	s.Error(a.Section+"|"+a.Person+"|"+a.Day.String(), a.Code, a.Message)
}

const pause = time.Minute // before a system that is down is tried again

// unreachable puts what a source or a sink said into a sentence, and says
// whether trying again can help. Other errors are passed on.
func unreachable(what string, err error) error {
	said, ok := errors.AsType[*sis.Error](err)
	switch {
	case !ok:
		return err
	case said.Temporary:
		return tasks.RetryAfter(pause, fault.New(fault.Unavailable, "%s: %s. It will be tried again.", what, strings.TrimRight(said.Message, ".")).Because(said.Err))
	}
	return tasks.Permanent(fault.New(fault.Invalid, "%s: %s (%s).", what, strings.TrimRight(said.Message, "."), said.Code).Because(said.Err))
}
