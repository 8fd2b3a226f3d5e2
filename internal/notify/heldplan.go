package notify

import (
	"cmp"
	"context"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// planTask is what rules name where they are about plans.
const planTask = "sis.plan"

// heldPlans tells of what plans of syncs hold until people decide: once for the
// same effects, however many runs hold them.
func (c *council) heldPlans(ctx context.Context) (told []notice.Notice, err error) {
	clients, f := map[string]string{}, sync.PlanFilter{State: sync.PlanHeld}
	for _, s := range c.Syncs {
		clients[s.Name], f.Syncs = cmp.Or(s.Client, job.DefaultClient), append(f.Syncs, s.Name)
	}
	plans, err := c.Ledger.SISPlans(ctx, f)
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		for _, h := range p.Waits() {
			s := subject{about: "hold " + p.Sync + " " + h.Digest, facts: notice.Facts{
				Title: "Plan of sync " + p.Sync, Task: planTask, Client: clients[p.Sync],
				Path: "/plans/" + url.PathEscape(p.Sync) + "/" + url.PathEscape(p.ID),
			}}
			one, err := c.byRules(ctx, s.is(notice.Held, c.now).saying(h.Message))
			if err != nil {
				return nil, err
			}
			told = append(told, one...)
		}
	}
	return told, nil
}
