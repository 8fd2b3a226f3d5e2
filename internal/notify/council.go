package notify

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// A council decides by the rules as they are now. What it reads of people and of
// usual durations it remembers as long as it sits.
type council struct {
	*Desk
	rules []notice.Rule
	now   time.Time
	who   map[string]auth.Who
	usual map[string]job.Usual
}

func (d *Desk) council(ctx context.Context) (*council, error) {
	all, err := d.Ledger.NoticeRules(ctx)
	c := &council{Desk: d, now: d.Now(), who: map[string]auth.Who{}, usual: map[string]job.Usual{}}
	for _, r := range all {
		if !r.Paused {
			c.rules = append(c.rules, r)
		}
	}
	return c, err
}

// decide returns who is told of h.
func (c *council) decide(ctx context.Context, h notice.Happening) ([]notice.Notice, error) {
	if h.Job == "" {
		return c.ofSlot(ctx, h)
	}
	j, err := c.Ledger.Job(ctx, h.Job)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	root := j.Owner
	if j.Root != j.ID && j.Root != "" {
		first, err := c.Ledger.Job(ctx, j.Root)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		root = cmp.Or(first.Owner, root)
	}
	s := subject{facts: factsOf(j), about: "job " + j.ID, job: j, root: root}
	if h.What != notice.Ended {
		return c.byRules(ctx, s.is(h.What, c.now))
	}
	told, err := c.followers(ctx, s)
	if err != nil {
		return nil, err
	}
	if end := notice.OfEnd(j); end != "" {
		ruled, err := c.byRules(ctx, s.is(end, *cmp.Or(j.Ended, &c.now)))
		if err != nil {
			return nil, err
		}
		told = append(told, ruled...)
	}
	measured, err := c.measure(ctx, s)
	return append(told, measured...), err
}

// A subject is what somebody is told about.
type subject struct {
	facts notice.Facts
	about string // its name, among all
	job   job.Job
	root  string // who started the first job of the lineage
}

// is returns s with what happened.
func (s subject) is(what notice.What, at time.Time) subject {
	s.facts.What, s.facts.At = what, at
	s.facts.Detail = cmp.Or(s.facts.Detail, sentence(s.facts))
	return s
}

// saying returns s with a sentence of its own.
func (s subject) saying(detail string) subject {
	s.facts.Detail = detail
	return s
}

func factsOf(j job.Job) notice.Facts {
	f := notice.Facts{
		Title: cmp.Or(j.Description, j.Task), Detail: j.Reason, Job: j.ID, Task: j.Task, Client: j.Client, Owner: j.Owner,
		State: j.State, Errors: j.Errors, Error: j.Error, Schedule: j.Schedule, Path: "/jobs/" + url.PathEscape(j.ID),
	}
	if j.Slot != nil {
		f.Due = *j.Slot
	}
	return f
}

// sentence says what happened where nothing else does.
func sentence(f notice.Facts) string {
	switch {
	case f.Errors == 1:
		return "It has 1 error."
	case f.Errors > 1:
		return fmt.Sprintf("It has %d errors.", f.Errors)
	case f.Error != "":
		return f.Error
	}
	return ""
}

// followers tells those who wait for the end of a job.
func (c *council) followers(ctx context.Context, s subject) (told []notice.Notice, err error) {
	follows, err := c.Ledger.Followers(ctx, s.job.ID)
	if err != nil {
		return nil, err
	}
	s = s.is(notice.Ended, *cmp.Or(s.job.Ended, &c.now))
	for _, f := range follows {
		who, err := c.person(ctx, f.Person)
		if err != nil {
			return nil, err
		}
		if c.sees(who, s) {
			told = append(told, c.notice(notice.Rule{Channel: notice.ToPerson, To: f.Person}, s))
		}
	}
	return told, nil
}

// byRules tells of s by the rules that want it.
func (c *council) byRules(ctx context.Context, s subject) (told []notice.Notice, err error) {
	for _, r := range c.rules {
		if !r.Wants(s.facts.What) || !r.Fits(s.facts.Client, s.facts.Task) {
			continue
		}
		allowed, err := c.allowed(ctx, r, s)
		if err != nil {
			return nil, err
		}
		if allowed {
			told = append(told, c.notice(r, s))
		}
	}
	return told, nil
}

// allowed reports whether those whom r tells may see s: a person by the
// person's own rights, others by those of the rule's owner, who must operate it.
func (c *council) allowed(ctx context.Context, r notice.Rule, s subject) (bool, error) {
	owner, err := c.person(ctx, r.Owner)
	if err != nil {
		return false, err
	}
	operates := owner.May(auth.Operate, s.facts.Client, s.facts.Task)
	if r.Channel != notice.ToPerson {
		return operates, nil
	}
	if r.To != r.Owner && !operates {
		return false, nil
	}
	to, err := c.person(ctx, r.To)
	return c.sees(to, s), err
}

func (c *council) sees(who auth.Who, s subject) bool {
	if s.job.ID == "" {
		return who.May(auth.See, s.facts.Client, s.facts.Task)
	}
	lineage := s.job
	lineage.Owner = s.root
	return who.Sees(s.job) || who.Sees(lineage)
}

// person returns somebody as the sender of a request: nobody, if there is none
// of that name any more.
func (c *council) person(ctx context.Context, name string) (auth.Who, error) {
	switch name {
	case auth.Local.Name:
		return auth.Local, nil
	case auth.Installation.Name:
		return auth.Installation, nil
	}
	if who, known := c.who[name]; known {
		return who, nil
	}
	p, err := c.People.Person(ctx, name)
	if fault.KindOf(err) == fault.NotFound || p.Disabled {
		p, err = auth.Person{}, nil
	}
	if err == nil {
		c.who[name] = p.Who()
	}
	return p.Who(), err
}

func (c *council) notice(r notice.Rule, s subject) notice.Notice {
	return notice.Notice{
		ID: notice.IDOf(r.Name, r.Channel, r.To, s.about, s.facts.What), Rule: r.Name, Channel: r.Channel, To: r.To,
		Due: r.DueOf(c.now), Digest: r.Digest != notice.AtOnce || r.Quiet != nil && r.DueOf(c.now).After(c.now), Facts: s.facts, Created: c.now,
	}
}

// ofSlot returns who is told of a slot that was missed.
func (c *council) ofSlot(ctx context.Context, h notice.Happening) ([]notice.Notice, error) {
	s, err := c.Ledger.Schedule(ctx, h.Schedule)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slots, err := c.Ledger.Slots(ctx, h.Schedule, h.Due, h.Due.Add(time.Millisecond), 1)
	if err != nil {
		return nil, err
	}
	facts := notice.Facts{
		Title: "Schedule " + s.Name, Task: s.Task, Client: s.Client, Schedule: s.Name, Due: h.Due, Path: "/schedules/" + url.PathEscape(s.Name),
	}
	for _, slot := range slots {
		facts.Detail = slot.Reason
	}
	return c.byRules(ctx, subject{facts: facts, about: h.Key()}.is(notice.Missed, h.At))
}
