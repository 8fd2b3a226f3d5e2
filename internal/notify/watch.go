package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// watched are the states in which a job may be late or take long.
var watched = []job.State{job.Waiting, job.Queued, job.Running, job.Retrying}

// How many unfinished jobs are looked at in a round. The others are measured
// when they have ended.
const (
	watchPage  = 500
	watchPages = 20
)

// watch tells of what no event says: of jobs that are late or take long, of
// recoveries and plans that wait for a person, and of followed jobs whose end was missed.
func (d *Desk) watch(ctx context.Context) error {
	if err := d.Ledger.EndedFollowed(ctx, d.Now()); err != nil {
		return err
	}
	c, err := d.council(ctx)
	if err != nil || len(c.rules) == 0 {
		return err
	}
	told, err := c.heldRecovery(ctx)
	if err != nil {
		return err
	}
	held, err := c.heldPlans(ctx)
	if err != nil {
		return err
	}
	told = append(told, held...)
	late, err := c.unfinished(ctx)
	if told = append(told, late...); err != nil || len(told) == 0 {
		return err
	}
	return d.Ledger.Decide(ctx, nil, told)
}

func (c *council) heldRecovery(ctx context.Context) ([]notice.Notice, error) {
	all, err := c.Ledger.Recoveries(ctx, 1)
	if err != nil || len(all) == 0 || all[0].State != job.RecoveryHeld {
		return nil, err
	}
	path := fmt.Sprintf("/recoveries/%d", all[0].ID)
	s := subject{about: path, facts: notice.Facts{Title: fmt.Sprintf("Recovery %d", all[0].ID), Path: path}}
	return c.byRules(ctx, s.is(notice.Held, c.now).saying("Slots that went by while no scheduler was up start when somebody approves them."))
}

func (c *council) unfinished(ctx context.Context) (told []notice.Notice, err error) {
	if !c.measures() {
		return nil, nil
	}
	f := job.Filter{States: watched, Limit: watchPage}
	for range watchPages {
		jobs, err := c.Ledger.Jobs(ctx, f)
		if err != nil {
			return told, err
		}
		for _, j := range jobs {
			measured, err := c.measure(ctx, subject{facts: factsOf(j), about: "job " + j.ID, job: j, root: j.Owner})
			if err != nil {
				return told, err
			}
			told = append(told, measured...)
			f.Before = j.ID
		}
		if len(jobs) < watchPage {
			break
		}
	}
	return told, nil
}

func (c *council) measures() bool {
	for _, r := range c.rules {
		if r.Measures() {
			return true
		}
	}
	return false
}

// measure tells of a job by the rules that look at when it started, or at how
// long it takes.
func (c *council) measure(ctx context.Context, s subject) (told []notice.Notice, err error) {
	late := lateness(s.job, c.now)
	for _, r := range c.rules {
		if !r.Fits(s.job.Client, s.job.Task) {
			continue
		}
		if r.Late > 0 && late > time.Duration(r.Late) {
			now := s.is(notice.Late, c.now).saying("It was due " + job.Around(late) + " before it started.")
			if s.job.Started == nil {
				now = now.saying("It was due " + job.Around(late) + " ago and has not started.")
			}
			if told, err = c.tell(ctx, r, now, told); err != nil {
				return nil, err
			}
		}
		if r.Over == 0 || s.job.Started == nil {
			continue
		}
		usual, err := c.usually(ctx, s.job)
		if err != nil {
			return nil, err
		}
		if tookLong(s.job, usual, r.Over, c.now) {
			if told, err = c.tell(ctx, r, s.is(notice.Long, c.now).saying(usual.Compare(s.job, c.now)), told); err != nil {
				return nil, err
			}
		}
	}
	return told, nil
}

// tell adds the notice of a rule, if it is allowed.
func (c *council) tell(ctx context.Context, r notice.Rule, s subject, told []notice.Notice) ([]notice.Notice, error) {
	allowed, err := c.allowed(ctx, r, s)
	if allowed && err == nil {
		told = append(told, c.notice(r, s))
	}
	return told, err
}

// lateness returns how long after it was due a job started, or has not started
// so far; zero where nobody knows.
func lateness(j job.Job, now time.Time) time.Duration {
	due := j.Due
	switch {
	case j.Slot != nil:
		due = *j.Slot
	case j.Failures > 0:
		return 0 // it is that of the next attempt
	}
	if j.Started != nil {
		now = *j.Started
	} else if j.State.Final() {
		return 0
	}
	return max(0, now.Sub(due))
}

// fewest is how many jobs it takes to say what is usual.
const fewest = 3

func tookLong(j job.Job, usual job.Usual, over float64, now time.Time) bool {
	if j.Ended != nil {
		now = *j.Ended
	}
	took := now.Sub(*j.Started)
	return usual.Of >= fewest && took > time.Duration(float64(usual.Median)*over) && took-usual.Median >= time.Second
}

// usually returns how long jobs like j take.
func (c *council) usually(ctx context.Context, j job.Job) (job.Usual, error) {
	name := j.Schedule + "\x00" + j.Task + "\x00" + j.Client
	if usual, known := c.usual[name]; known && j.Ended == nil {
		return usual, nil
	}
	lasted, err := c.Ledger.RecentDurations(ctx, j.Schedule, j.Task, j.Client, job.UsualJobs+1)
	if err != nil {
		return job.Usual{}, err
	}
	_, usual := job.Beside(j.ID, lasted)
	c.usual[name] = usual
	return usual, nil
}
