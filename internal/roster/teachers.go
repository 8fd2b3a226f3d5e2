package roster

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// processTeachers brings the accounts of teachers in order, ahead of the plan
// that has everything else: those who have a valid e-mail that nobody else has
// get one, and names and e-mails follow the SIS. What a brake or a freeze may
// hold is left to that plan, where people can decide on it.
func processTeachers(ctx context.Context, s *step) error {
	s.Args.Alone = true
	plan, err := s.store.SISPlan(ctx, s.sync.Name, s.ID)
	if fault.KindOf(err) == fault.NotFound {
		plan, err = s.planTeachers(ctx)
	}
	if err != nil || plan.Effects() == 0 || plan.State.Ended() || plan.State == sync.PlanDraft {
		return err
	}
	if parked, err := s.parked(ctx, plan); err != nil || parked {
		return err
	}
	w, err := s.writer(ctx, plan)
	if err != nil {
		return err
	}
	return w.run(ctx)
}

// planTeachers makes the plan of the teachers' accounts. It is kept under the
// job's id, so that a repetition finds it; one without changes is not kept.
func (s *step) planTeachers(ctx context.Context) (sync.Plan, error) {
	campus, err := s.store.SISStaff(ctx, s.sync.Name)
	if err != nil {
		return sync.Plan{}, err
	}
	p := newPlanner(s.sync, campus, s.target)
	p.report, p.size, p.staff = s.Error, s.size, true
	p.odd = func(key, why string) { s.Log.Warn("odd record", "key", key, "why", why) }
	if err := p.makeTeachers(ctx); err != nil {
		return sync.Plan{}, s.targetError(err)
	}
	if doubted, err := s.doubted(ctx); err != nil || doubted || p.frozen("") || len(p.accounts) == 0 {
		return sync.Plan{}, err
	}
	d := p.draft(s.ID, s.Args)
	d.Plan.Kind, d.Plan.Held, d.Rekeys = sync.ForTeachers, nil, nil
	err = s.store.EachSISOpenMessage(ctx, s.sync.Name, sis.Persons, func(m sync.Message) {
		if v, news := p.judge(m); news && v.State == sync.Planned {
			d.Verdicts = append(d.Verdicts, v)
		}
	})
	if err != nil {
		return d.Plan, err
	}
	return d.Plan, s.store.PutSISPlan(ctx, d)
}

// doubted reports whether too many rows could not be read for anything to be
// done without a person.
func (s *step) doubted(ctx context.Context) (bool, error) {
	for _, stream := range needs[TeachersProcess] {
		last, err := s.store.SISPull(ctx, s.sync.Name, stream)
		if err != nil || last.Code == sync.BrakeErrorsCode {
			return true, err
		}
	}
	return false, nil
}

// makeTeachers plans the accounts of teachers alone.
func (p *planner) makeTeachers(ctx context.Context) error {
	p.suspect()
	changed := 0
	for _, one := range p.people {
		one.needed = one.is(sis.Teacher)
		if one.link != nil && !one.gone && one.differs() {
			changed++
		}
	}
	p.still = p.mayTrip(changed)
	return p.planPeople(ctx)
}

// mayTrip reports whether so many changes of names and e-mails, wherever they
// are, may be too many for a brake.
func (p *planner) mayTrip(n int) bool {
	for _, scope := range sync.Scopes {
		l := sync.LimitOf(p.sync.Brakes.Changes, sync.DefaultBrakes.Changes, scope)
		if (l.Count > 0 && n > l.Count) || (l.Percent > 0 && n > l.Above) {
			return true
		}
	}
	return false
}

// leaves reports whether a change of an account is left to the plan that has
// everything.
func (p *planner) leaves(one *person) bool {
	return p.still || (p.staff && !one.is(sis.Teacher))
}
