// Package notify tells people what became of jobs.
//
// The [Desk] works where the scheduler leads. It takes up what the ledger wrote
// down as having happened, decides by rules who is told of it, and writes that
// down, once for each rule or follower, job or slot, and what happened. Then it
// makes deliveries of what is due and enqueues a job for each: one for one
// notice, or one for many where a rule asks for a digest, and where somebody
// would be sent too many in an hour. Nothing is dropped; what cannot be sent yet
// waits in the ledger.
//
// The [Sender] works where jobs run, and makes one attempt at one delivery: by
// e-mail, by a signed webhook, or to a chat. The platform tries again like it
// does with every job. A message may so arrive twice, with the same id; it is
// decided upon once.
//
// Addresses of webhooks come from people, so that a [Guard] checks where a
// connection really leads before it is made.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// A Ledger keeps what happened, who is told, and what was sent.
type Ledger interface {
	NoticeRules(ctx context.Context) ([]notice.Rule, error)
	Followers(ctx context.Context, job string) ([]notice.Follow, error)

	// Happenings returns the oldest of what was not looked at yet.
	Happenings(ctx context.Context, limit int) ([]notice.Happening, error)
	// EndedFollowed adds the ends of followed jobs that nobody looked at.
	EndedFollowed(ctx context.Context, now time.Time) error
	// Decide writes who is told and what has been looked at, in one step. A
	// notice that is there stays as it is.
	Decide(ctx context.Context, looked []notice.Happening, notices []notice.Notice) error

	DueRecipients(ctx context.Context, now time.Time) ([]notice.Recipient, error)
	DueNotices(ctx context.Context, to notice.Recipient, now time.Time, limit int) ([]notice.Notice, error)
	// PutDelivery refuses notices that are in another delivery already.
	PutDelivery(ctx context.Context, d notice.Delivery, notices []notice.Notice) error
	DeliveriesSince(ctx context.Context, c notice.Channel, to string, since time.Time) (int, error)
	PendingDeliveries(ctx context.Context, limit int) ([]notice.Delivery, error)
	QueuedDelivery(ctx context.Context, id, job string) error
	// EndedDeliveries marks those whose jobs ended without sending them.
	EndedDeliveries(ctx context.Context) error
	// OldNotices takes away what nobody needs any more.
	OldNotices(ctx context.Context, before time.Time) (int64, error)

	Job(ctx context.Context, id string) (job.Job, error)
	Jobs(ctx context.Context, f job.Filter) ([]job.Job, error)
	RecentDurations(ctx context.Context, schedule, task, client string, n int) ([]job.Lasted, error)
	Schedule(ctx context.Context, name string) (job.Schedule, error)
	Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error)
	Recoveries(ctx context.Context, limit int) ([]job.Recovery, error)
	SISPlans(ctx context.Context, f sync.PlanFilter) ([]sync.Plan, error)
}

// People knows those who have a name here.
type People interface {
	Person(ctx context.Context, name string) (auth.Person, error)
}

// A Queue takes the jobs that deliver. The same id again changes nothing.
type Queue interface {
	Enqueue(ctx context.Context, r job.Request) (job.Job, error)
}

// A Desk decides who is told what. All fields are required.
type Desk struct {
	Ledger  Ledger
	People  People
	Queue   Queue
	PerHour int         // messages to one recipient; what is more comes together
	Syncs   []sync.Sync // whose held plans people are told of; may be none
	Now     func() time.Time
	Log     *slog.Logger

	watched, cleaned time.Time
	away             bool // it has been said that nothing can be decided or enqueued
}

// The pace of a desk.
const (
	every      = 2 * time.Second
	watchEvery = 30 * time.Second
	cleanEvery = time.Hour
	keep       = 30 * 24 * time.Hour
	atATime    = 200
)

// Run works until ctx is done. What fails is tried again in the next round.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		d.note(ctx, d.Round(ctx))
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// note says once that rounds fail, and once that they no longer do.
func (d *Desk) note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !d.away:
		d.Log.WarnContext(ctx, "notices wait", "err", err)
	case err == nil && d.away:
		d.Log.InfoContext(ctx, "notices are sent again")
	}
	d.away = err != nil
}

// Round does once what there is to do now.
func (d *Desk) Round(ctx context.Context) error {
	now := d.Now()
	var watched error
	if now.Sub(d.watched) >= watchEvery {
		watched = d.watch(ctx)
		d.watched = now
	}
	err := errors.Join(watched, d.look(ctx), d.gather(ctx), d.enqueue(ctx))
	if err == nil && now.Sub(d.cleaned) >= cleanEvery {
		_, err = d.Ledger.OldNotices(ctx, now.Add(-keep))
		d.cleaned = now
	}
	return err
}

// look decides on all that has happened.
func (d *Desk) look(ctx context.Context) error {
	for {
		happened, err := d.Ledger.Happenings(ctx, atATime)
		if err != nil || len(happened) == 0 {
			return err
		}
		c, err := d.council(ctx)
		if err != nil {
			return err
		}
		var notices []notice.Notice
		for _, h := range happened {
			decided, err := c.decide(ctx, h)
			if err != nil {
				return err
			}
			notices = append(notices, decided...)
		}
		if err := d.Ledger.Decide(ctx, happened, notices); err != nil {
			return err
		}
	}
}

// gather makes deliveries of notices that are due.
func (d *Desk) gather(ctx context.Context) error {
	recipients, err := d.Ledger.DueRecipients(ctx, d.Now())
	if err != nil {
		return err
	}
	for _, to := range recipients {
		if err := d.gatherFor(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// mostTogether is how many things one message tells of, with or without a line.
const mostTogether = 5000

// gatherFor makes the deliveries of one recipient, no more than it may have in
// an hour: what is more comes together in the last of them.
func (d *Desk) gatherFor(ctx context.Context, to notice.Recipient) error {
	now := d.Now()
	made, err := d.Ledger.DeliveriesSince(ctx, to.Channel, to.To, now.Add(-time.Hour))
	if err != nil || made >= d.PerHour {
		return err
	}
	due, err := d.Ledger.DueNotices(ctx, to, now, mostTogether)
	if err != nil {
		return err
	}
	for _, some := range portions(due, d.PerHour-made) {
		if err := d.Ledger.PutDelivery(ctx, notice.Together(some, now), some); err != nil {
			return err
		}
	}
	return nil
}

// portions parts notices into at most room messages.
func portions(due []notice.Notice, room int) (parts [][]notice.Notice) {
	for len(due) > 0 && len(parts) < room {
		n := 1
		if due[0].Digest || len(parts) == room-1 {
			n = len(due)
		}
		parts, due = append(parts, due[:n]), due[n:]
	}
	return parts
}

// enqueue starts the jobs of deliveries.
func (d *Desk) enqueue(ctx context.Context) error {
	if err := d.Ledger.EndedDeliveries(ctx); err != nil {
		return err
	}
	pending, err := d.Ledger.PendingDeliveries(ctx, atATime)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if err := d.start(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) start(ctx context.Context, p notice.Delivery) error {
	args, err := json.Marshal(notice.DeliverArgs{Delivery: p.ID})
	if err != nil {
		return err
	}
	accepted, err := d.Queue.Enqueue(ctx, job.Request{
		ID: p.JobID(), Task: notice.DeliverTask, Args: args, Client: "default", Owner: "notice desk", Description: "Deliver a notice",
	})
	if fault.KindOf(err) == fault.Invalid {
		return fault.New(fault.Unavailable, "No worker delivers notices; start one of those that come with Beadle.").Because(err)
	}
	if err != nil {
		return err
	}
	return d.Ledger.QueuedDelivery(ctx, p.ID, accepted.ID)
}
