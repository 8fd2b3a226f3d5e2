package roster

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// batch is how many effects are handed to the target, and settled, at once.
const batch = 500

// process writes a plan to the target, in batches: first courses and accounts,
// then what happens in courses, which jobs of their own do beside each other
// where it is much. What a process that died had handed over is handed over
// again; the target is asked first what it has.
func process(ctx context.Context, s *step) error {
	plan, err := s.store.SISPlan(ctx, s.sync.Name, s.Args.Plan)
	if err != nil {
		return err
	}
	s.Args.Plan, s.again = plan.ID, plan.Answered() && plan.State != sync.PlanAborted
	switch plan.State {
	case sync.PlanDraft:
		return tasks.Permanent(fault.New(fault.Conflict, "Plan %s is a dry run's and cannot be applied. Run the sync again.", plan.ID))
	case sync.PlanAborted:
		s.Error(plan.ID, "STALE_VERSION", "A later run of the sync has replaced this plan. Nothing was written; the later plan has what is still to do.")
		return nil
	case sync.PlanHeld, sync.PlanWaiting:
		s.Log.Warn("nothing applied: all that is left of the plan is held", "plan", plan.ID)
		return nil
	case sync.PlanDone, sync.PlanRejected, sync.PlanExpired:
		return nil
	}
	if parked, err := s.parked(ctx, plan); parked || err != nil {
		return err
	}
	w, err := s.writer(ctx, plan)
	if err != nil {
		return err
	}
	return w.run(ctx)
}

// A writer writes one plan.
type writer struct {
	*step
	plan     sync.Plan
	part     sync.Shard                 // of the plan
	links    map[string]sync.PersonLink // of the people of a batch
	progress tasks.Progress
}

func (s *step) writer(ctx context.Context, plan sync.Plan) (*writer, error) {
	part, err := s.part(plan)
	if err != nil {
		return nil, err
	}
	done, err := s.store.AppliedSISEffects(ctx, plan.ID, part) // by earlier attempts
	if err != nil {
		return nil, err
	}
	w := &writer{step: s, plan: plan, part: part, progress: tasks.Progress{Total: part.Last - part.First + 1}}
	for op, n := range done {
		count(&w.progress, op, n)
	}
	return w, nil
}

func (w *writer) run(ctx context.Context) error {
	if err := w.store.MoveSISPlan(ctx, w.plan.ID, sync.PlanApplying); err != nil {
		return err
	}
	for after := w.part.First - 1; ; {
		effects, err := w.open(ctx, w.part, after, w.size)
		if err != nil {
			return err
		}
		if len(effects) == 0 {
			break
		}
		effects = alike(effects)
		if err := w.hand(ctx, effects); err != nil {
			return err
		}
		after = effects[len(effects)-1].Seq
	}
	w.Log.Info("plan applied", "plan", w.plan.ID, "from", w.part.First, "to", w.part.Last,
		"created", w.progress.Created, "changed", w.progress.Changed, "suspended", w.progress.Removed)
	return w.finish(ctx)
}

// finish hands the shards of the plan out, or ends the plan if nothing of it is
// left to write: the last of its shards does so.
func (w *writer) finish(ctx context.Context) error {
	divided, err := w.fanOut(ctx)
	if w.goesOn = divided; divided || err != nil {
		return err
	}
	state, err := w.store.FinishSISPlan(ctx, w.sync.Name, w.plan.ID)
	w.goesOn = state == sync.PlanApplying
	return err
}

// alike returns the first effects that one method of the target takes.
func alike(effects []sync.Effect) []sync.Effect {
	for i, e := range effects {
		if call(e.Op) != call(effects[0].Op) {
			return effects[:i]
		}
	}
	return effects
}

// call returns the first of the kinds of effects that are written by the same
// method of the target.
func call(op sync.EffectOp) sync.EffectOp {
	switch op {
	case sync.Enrol, sync.UpdateEnrolment, sync.Suspend:
		return sync.Enrol
	case sync.LeaveGroup:
		return sync.JoinGroup
	}
	return op
}

// hand writes effects of one kind and keeps what became of each.
func (w *writer) hand(ctx context.Context, effects []sync.Effect) error {
	effects, err := w.fresh(ctx, effects)
	if err != nil || len(effects) == 0 {
		return err
	}
	if w.links, err = w.store.SISPeopleOf(ctx, w.sync.Name, peopleOf(effects)); err != nil {
		return err
	}
	if err := w.store.SendSISEffects(ctx, w.plan.ID, effects); err != nil {
		return err
	}
	done := &settled{writer: w, effects: effects}
	down := done.write(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // what was sent is sent again
	}
	if err := w.store.SettleSIS(ctx, done.settlement()); err != nil {
		return err
	}
	done.tell()
	if down != nil {
		return w.targetError(down)
	}
	return nil
}

// peopleOf returns whom effects are about, each once.
func peopleOf(effects []sync.Effect) []string {
	people := make([]string, len(effects))
	for i, e := range effects {
		people[i] = e.Person
	}
	slices.Sort(people)
	return slices.Compact(people)
}

// A settled batch is a batch of effects with what became of them.
type settled struct {
	*writer
	effects []sync.Effect
	out     sync.Settlement
}

func (b *settled) write(ctx context.Context) error {
	switch b.effects[0].Op {
	case sync.CreateCourse:
		return b.createCourses(ctx)
	case sync.CreateUser:
		return b.createUsers(ctx)
	case sync.UpdateUser:
		return b.updateUsers(ctx)
	case sync.RemoveRole:
		return b.removeRoles(ctx)
	case sync.CreateGroup:
		return b.createGroups(ctx)
	case sync.JoinGroup, sync.LeaveGroup:
		return b.setMembers(ctx)
	}
	return b.enrol(ctx)
}

func (b *settled) settlement() sync.Settlement {
	b.out.Sync, b.out.Plan, b.out.Effects = b.sync.Name, b.plan.ID, b.effects
	b.keepUndone()
	b.out.Links = lastOf(b.out.Links, func(k sync.Link) string { return k.Section })
	b.out.People = lastOf(b.out.People, func(k sync.PersonLink) string { return k.Person })
	b.out.Groups = lastOf(b.out.Groups, func(g sync.Group) sync.GroupKey { return g.GroupKey })
	return b.out
}

// tell reports what is wrong with single effects, and how far the plan is.
func (b *settled) tell() {
	p := &b.progress
	for _, e := range b.effects {
		switch e.State {
		case sync.EffectFailed:
			b.Error(e.Key, e.Code, e.Message)
		case sync.EffectApplied:
			count(p, e.Op, 1)
		}
	}
	p.Stage = stages[call(b.effects[0].Op)]
	p.Done = b.effects[len(b.effects)-1].Seq - b.part.First + 1
	b.Progress(*p)
}

var stages = map[sync.EffectOp]string{
	sync.CreateCourse: "courses", sync.CreateUser: "accounts", sync.UpdateUser: "accounts",
	sync.Orient: "orientation", sync.Enrol: "enrolments", sync.RemoveRole: "roles", sync.CreateGroup: "groups", sync.JoinGroup: "groups",
}

func count(p *tasks.Progress, op sync.EffectOp, n int64) {
	switch op {
	case sync.Suspend, sync.RemoveRole:
		p.Removed += n
	case sync.UpdateUser, sync.UpdateEnrolment, sync.JoinGroup, sync.LeaveGroup:
		p.Changed += n
	default:
		p.Created += n
	}
}

// lastOf returns of each key the last one: a course that is gone is met by
// everybody who is to be in it.
func lastOf[T any, K comparable](all []T, key func(T) K) (last []T) {
	at := make(map[K]int, len(all))
	for _, one := range all {
		i, known := at[key(one)]
		if !known {
			at[key(one)] = len(last)
			last = append(last, one)
			continue
		}
		last[i] = one
	}
	return last
}
