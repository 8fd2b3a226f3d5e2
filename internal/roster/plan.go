package roster

import (
	"context"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// makePlan compares what the SIS says with what was last written to the LMS,
// and keeps the difference as a plan. Its id is the job's, so that a
// repetition finds the plan that is there.
func makePlan(ctx context.Context, s *step) error {
	s.Args.Plan = s.ID
	_, err := s.store.SISPlan(ctx, s.sync.Name, s.ID)
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err := s.expire(ctx); err != nil {
		return err
	}
	p, err := s.planner(ctx)
	if err != nil {
		return err
	}
	if err := p.make(ctx); err != nil {
		return s.targetError(err)
	}
	d := p.draft(s.ID, s.Args)
	err = s.store.EachSISOpenMessage(ctx, s.sync.Name, "", func(m sync.Message) {
		if v, news := p.judge(m); news {
			d.Verdicts = append(d.Verdicts, v)
		}
	})
	if err != nil {
		return err
	}
	if err := s.store.PutSISPlan(ctx, d); err != nil {
		return err
	}
	s.announce(d.Plan)
	return nil
}

func (s *step) planner(ctx context.Context) (*planner, error) {
	campus, err := s.store.SISCampus(ctx, s.sync.Name)
	if err != nil {
		return nil, err
	}
	p := newPlanner(s.sync, campus, s.target)
	p.allow, p.report, p.size = s.Args.AllowDrops, s.Error, s.size
	if p.before, err = s.store.SISPlanBefore(ctx, s.sync.Name); err != nil {
		return nil, err
	}
	p.odd = func(key, why string) { s.Log.Warn("odd record", "key", key, "why", why) }
	for _, stream := range sis.Streams {
		last, err := s.store.SISPull(ctx, s.sync.Name, stream)
		if err != nil {
			return nil, err
		}
		if last.Code != "" {
			p.holds = append(p.holds, sync.Hold{Code: last.Code, Message: last.Reason})
		}
	}
	return p, nil
}

func (s *step) announce(p sync.Plan) {
	for _, h := range p.Held {
		s.Log.Warn("held", "code", h.Code, "why", h.Message)
	}
	created := p.Counts[sync.CreateCourse] + p.Counts[sync.CreateUser] + p.Counts[sync.Orient] + p.Counts[sync.Enrol] + p.Counts[sync.CreateGroup]
	s.Progress(tasks.Progress{
		Stage: "plan", Done: p.Effects(), Total: p.Effects(),
		Created: created,
		Changed: p.Counts[sync.UpdateUser] + p.Counts[sync.UpdateEnrolment] + p.Counts[sync.JoinGroup] + p.Counts[sync.LeaveGroup], Removed: p.Counts[sync.Suspend] + p.Counts[sync.RemoveRole],
	})
	s.Log.Info("plan made", "plan", p.ID, "will", describe(p))
}

// describe says in one line what a plan is about to do.
func describe(p sync.Plan) string {
	if p.Effects() == 0 {
		return "nothing to change"
	}
	text := fmt.Sprintf("%d courses and %d people to create, %d people to update, %d enrolments to make (%d begin later), "+
		"%d to change, %d to suspend, %d orientation enrolments",
		p.Counts[sync.CreateCourse], p.Counts[sync.CreateUser], p.Counts[sync.UpdateUser], p.Counts[sync.Enrol], p.Future,
		p.Counts[sync.UpdateEnrolment], p.Counts[sync.Suspend], p.Counts[sync.Orient])
	if n := p.Counts[sync.RemoveRole]; n > 0 {
		text += fmt.Sprintf(", %d roles to take away", n)
	}
	if n := p.Counts[sync.CreateGroup] + p.Counts[sync.JoinGroup] + p.Counts[sync.LeaveGroup]; n > 0 {
		text += fmt.Sprintf(", %d changes of groups", n)
	}
	return text
}

// draft numbers the effects.
func (p *planner) draft(id string, a Args) sync.Draft {
	now := p.now.UTC()
	effects := p.numbered()
	p.freeze(effects)
	p.holdAll(effects)
	p.sum(effects)
	d := sync.Draft{
		Plan: sync.Plan{
			ID: id, Sync: p.sync.Name, Kind: sync.ToSync, Run: a.Run, State: sync.PlanApproved, Counts: map[sync.EffectOp]int64{},
			Future: p.future, Held: p.holds, Shards: p.shards, Created: now, Changed: now,
		},
		Effects: effects, Adopted: p.adopted, Rekeys: p.suspected, Lifted: p.lifted,
	}
	held := len(d.Effects) > 0
	for _, e := range d.Effects {
		d.Plan.Counts[e.Op]++
		held = held && e.State == sync.EffectHeld
	}
	switch {
	case a.DryRun:
		d.Plan.State, d.Lifted = sync.PlanDraft, nil
	case held && len(d.Plan.Waits()) == 0:
		d.Plan.State = sync.PlanWaiting
	case held, len(d.Effects) == 0 && len(d.Plan.Waits()) > 0:
		d.Plan.State = sync.PlanHeld
	}
	return d
}
