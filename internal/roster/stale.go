package roster

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// fresh returns the effects of a batch that may be written. Between the plan
// and a decision of people time passes: what has changed since is settled as
// stale, and left for the next plan. What was handed over before is not looked
// at again.
func (w *writer) fresh(ctx context.Context, effects []sync.Effect) ([]sync.Effect, error) {
	if !slices.ContainsFunc(effects, w.aged) {
		return effects, nil
	}
	stale, err := w.stale(ctx, effects)
	if err != nil {
		return nil, err
	}
	var fresh, old []sync.Effect
	for _, e := range effects {
		if w.aged(e) && stale(e) {
			fail(&e, &sis.Error{Code: "STALE_VERSION", Message: "It was changed after this was planned. The next run plans it anew."})
			old = append(old, e)
			continue
		}
		fresh = append(fresh, e)
	}
	done := &settled{writer: w, effects: old}
	if err := w.store.SettleSIS(ctx, done.settlement()); err != nil {
		return nil, err
	}
	if len(old) > 0 {
		done.tell()
	}
	return fresh, nil
}

// aged reports whether an effect has waited for people, and was not written yet.
func (w *writer) aged(e sync.Effect) bool {
	return e.State == sync.EffectPlanned && (e.Hold != "" || w.plan.Kind == sync.ToUndo)
}

// stale returns what tells whether an effect's before is not what is there now.
func (w *writer) stale(ctx context.Context, effects []sync.Effect) (func(sync.Effect) bool, error) {
	people := peopleOf(effects)
	switch call(effects[0].Op) {
	case sync.UpdateUser:
		keys := make([]string, len(effects))
		for i, e := range effects {
			keys[i] = keyBefore(e)
		}
		there, err := users(ctx, w.target, sis.UserByKey, keys)
		return func(e sync.Effect) bool { return !isAccount(there[keyBefore(e)], e.Before) }, w.targetError(err)
	case sync.Enrol, sync.RemoveRole:
		applied, err := w.store.SISAppliedTo(ctx, w.sync.Name, people)
		return func(e sync.Effect) bool { return !isSpan(applied, e, e.Before) }, err
	}
	return func(sync.Effect) bool { return false }, nil
}

// keyBefore returns the key that an account has before an effect, which may be
// the one to change it.
func keyBefore(e sync.Effect) string {
	var before sis.User
	if json.Unmarshal(e.Before, &before) != nil || before.Key == "" {
		return e.Person
	}
	return before.Key
}

// isSpan reports whether an enrolment was last written as a span says; one that
// is not there, as no span says.
func isSpan(applied map[sync.Place]sync.Span, e sync.Effect, was json.RawMessage) bool {
	now, there := applied[sync.Place{Person: e.Person, Course: e.Course, Role: e.Role}]
	if len(was) == 0 {
		return !there
	}
	var before sync.Span
	return there && json.Unmarshal(was, &before) == nil && now.Equal(before)
}

// isAccount reports whether one of the accounts is as a user says.
func isAccount(found []sis.User, was json.RawMessage) bool {
	var before sis.User
	if json.Unmarshal(was, &before) != nil {
		return false
	}
	now, ok := account(found, before.ID)
	return ok && now.Email == before.Email && now.Given == before.Given && now.Family == before.Family
}

// parked reports whether a freeze has begun since the plan was made, and says
// so: all of the plan is then left to the run after it. What people undo is
// undone in spite of it.
func (s *step) parked(ctx context.Context, plan sync.Plan) (bool, error) {
	if plan.Kind == sync.ToUndo {
		return false, nil
	}
	now := time.Now()
	for _, f := range s.sync.Freezes {
		one := s.sync
		one.Freezes = []sync.Freeze{f}
		_, is := one.Frozen(now, f.Term)
		_, was := one.Frozen(plan.Created, f.Term)
		if is && !was {
			s.Error(plan.ID, "FREEZE", frozenHold(0, f).Message)
			return true, s.store.MoveSISPlan(ctx, plan.ID, sync.PlanWaiting)
		}
	}
	return false, nil
}
