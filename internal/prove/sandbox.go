package prove

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

const (
	cleaning = 40 * time.Second // the longest that each part of it takes
	reason   = "jobctl prove"   // of every change, in the audit

	title = "Sandbox of jobctl prove" // of the client, which tells it from anybody else's
)

// open looks at the installation, and removes what an earlier proof left.
func (p *proof) open(ctx context.Context) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	if err := p.alone(ctx); err != nil {
		return err
	}
	if err := p.ours(ctx); err != nil {
		return err
	}
	if left := p.clean(ctx); len(left) > 0 {
		return fault.New(fault.Conflict, "An earlier proof left something that cannot be removed: %s", left[0])
	}
	return nil
}

// look asks the installation what it is, and notes it.
func (p *proof) look(ctx context.Context) error {
	if err := p.Redis.Ping(ctx).Err(); err != nil {
		return cmp.Or(ctx.Err(), error(fault.New(fault.Unavailable, "Redis does not answer: say with --redis where the installation's is.").Because(err)))
	}
	who, err := p.API.Whoami(ctx)
	if err != nil {
		return err
	}
	system, err := p.API.System(ctx)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	*p.report = Report{
		Format: format, ID: p.id, By: who.Name, Host: host, Server: p.API.Server(), Jobctl: p.Version, Version: system.Version, Began: time.Now().UTC().Truncate(time.Millisecond),
		Seed: p.Seed, Jobs: p.Jobs, Redis: system.Redis, Ledger: system.Ledger, Schedulers: len(system.Schedulers), Builds: system.Builds, Troubles: system.Troubles,
	}
	return nil
}

// alone refuses to work beside another proof.
func (p *proof) alone(ctx context.Context) error {
	all, err := p.API.Workers(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if _, ours := w.Queues[Queue]; ours {
			return fault.New(fault.Conflict, "Another jobctl prove is at work, with worker %s. If it was killed, try again in 10 s.", w.Name)
		}
	}
	return nil
}

// ours refuses to take over a client of somebody else that is called as ours.
func (p *proof) ours(ctx context.Context) error {
	c, err := p.API.Client(ctx, Client)
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case c.Title != title:
		return fault.New(fault.Conflict, "There is a client %s, “%s”, which is not the sandbox of jobctl prove: nothing was done. If it is, give it its title back: jobctl client edit %s --title %q.", Client, c.Title, Client, title)
	}
	return nil
}

// admit makes the sandbox but for its schedule, whose task no worker has
// announced yet.
func (p *proof) admit(ctx context.Context) error {
	_, err := p.API.EnableClient(ctx, Client)
	if isMissing(err) {
		_, err = p.API.CreateClient(ctx, Client, title)
	}
	if err != nil {
		return err
	}
	_, err = p.API.PutRetention(ctx, client.NewRetentionRule{Client: Client, Jobs: "1d", Errors: "1d", Logs: "1d", Reason: reason})
	return err
}

// clean removes what there is of the sandbox, and says what is left of it and
// how to remove it. The client stays, switched off, as long as its history does.
func (p *proof) clean(ctx context.Context) (left []string) {
	for _, one := range []struct {
		what, how string
		remove    func(context.Context) error
	}{
		{"the schedule " + Schedule, "jobctl schedule delete " + Schedule + " --reason leftover", p.deleteSchedule},
		{"jobs of client " + Client, "jobctl abort --filter 'client:" + Client + " task:prove.*'", p.abortAll},
		{"the queue " + Queue + " and its tasks", "run jobctl prove again", p.retire},
		{"client " + Client, "jobctl client disable " + Client, p.disableClient},
	} {
		if err := p.remove(ctx, one.remove); err != nil && !isMissing(err) {
			left = append(left, fmt.Sprintf("%s: %s (%s)", one.what, one.how, fault.Message(shown(err))))
		}
	}
	return left
}

func (p *proof) remove(ctx context.Context, what func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cleaning)
	defer cancel()
	return what(ctx)
}

func (p *proof) deleteSchedule(ctx context.Context) error {
	_, err := p.API.DeleteSchedule(ctx, Schedule, reason)
	return err
}

func (p *proof) retire(ctx context.Context) error {
	return p.engine.Retire(ctx, Queue, ErrandTask, SlotTask)
}

func (p *proof) disableClient(ctx context.Context) error {
	_, err := p.API.DisableClient(ctx, Client)
	return err
}

// unended are the states of jobs that have not ended.
var unended = slices.DeleteFunc(slices.Clone(job.States), job.State.Final)

// abortAll ends every job of the sandbox. Those whose worker was killed end when
// its lease has run out.
func (p *proof) abortAll(ctx context.Context) error {
	return until(ctx, "the end of all jobs of client "+Client, cleaning, func() (bool, error) {
		ids, err := p.unended(ctx)
		if err != nil || len(ids) == 0 {
			return err == nil, err
		}
		_, err = p.API.AbortMany(ctx, client.Bulk{IDs: ids, Expect: new(len(ids)), Reason: reason})
		return false, err
	})
}

// unended returns jobs of the sandbox's tasks, those of one at a time.
func (p *proof) unended(ctx context.Context) (ids []string, err error) {
	for _, task := range []string{ErrandTask, SlotTask} {
		open, err := p.API.Jobs(ctx, client.Filter{Client: Client, Task: task, States: unended, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, j := range open.Jobs {
			ids = append(ids, j.ID)
		}
		if len(ids) > 0 {
			break
		}
	}
	return ids, nil
}

// schedule adds the schedule that goes through all steps, once.
func (p *proof) schedule(ctx context.Context) error {
	if !p.report.scheduled.IsZero() {
		return nil
	}
	rule := map[string]json.RawMessage{}
	for field, value := range map[string]any{
		"dialect": "quartz", "cron": "0/2 * * * * ?", "zone": "UTC", "overlap": job.OverlapAllow, "catch_up": job.CatchUpAll,
	} {
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		rule[field] = raw
	}
	s, err := p.API.CreateSchedule(ctx, client.NewSchedule{Name: Schedule, Task: SlotTask, Client: Client, Reason: reason, Rule: rule})
	p.report.scheduled = s.Created
	return err
}

// isMissing reports whether err says that there is no such thing, be it from
// the API or from Redis.
func isMissing(err error) bool {
	refused, ok := errors.AsType[*client.Error](err)
	return ok && refused.Code == fault.NotFound.Code() || fault.KindOf(err) == fault.NotFound
}

// shown is err with a sentence that may be shown.
func shown(err error) error {
	if refused, ok := errors.AsType[*client.Error](err); ok {
		return fault.New(fault.FromCode(refused.Code), "%s", refused.Message)
	}
	return err
}
