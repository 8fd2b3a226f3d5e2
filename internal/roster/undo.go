package roster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// UndoArgs say which plan is to be taken back, and why.
type UndoArgs struct {
	Sync   string `json:"sync" doc:"the name of the sync"`
	Plan   string `json:"plan" doc:"the plan whose changes are to be taken back"`
	Reason string `json:"reason" doc:"why, for whoever approves it and whoever wonders later"`
}

// Validate implements [tasks.Validator].
func (a UndoArgs) Validate() error {
	return named("sync", a.Sync, "plan", a.Plan, "reason", a.Reason)
}

func (r *roster) undo() tasks.Task {
	return tasks.Spec[UndoArgs]{
		Name:    Undo,
		Summary: "Plan how to take back what a plan of a sync did in the LMS; people approve it first.",
		Timeout: timeout, Attempts: attempts, Backoff: backoff,
		Writes: func(a UndoArgs) []string { return resource(a.Sync) },
		Run: func(ctx context.Context, job *tasks.Job[UndoArgs]) error {
			s, err := r.sync(job.Args.Sync, job.Client)
			if err != nil {
				return err
			}
			u := &undoer{store: r.Store, target: r.Targets[s.Target], sync: s, now: time.Now().UTC()}
			p, err := u.plan(ctx, job.ID, job.Args)
			if err == nil {
				job.Log.Info("undo planned", "plan", p.ID, "undoes", p.Undoes, "effects", p.Effects(), "state", p.State)
			}
			return err
		},
	}
}

// An undoer makes the plan that takes another one back.
type undoer struct {
	store   Store
	target  sis.Target
	sync    sync.Sync
	now     time.Time
	effects []sync.Effect
	left    int // that cannot or need not be taken back
}

// plan keeps the plan under the job's id, so that a repetition finds it.
func (u *undoer) plan(ctx context.Context, id string, a UndoArgs) (sync.Plan, error) {
	known, err := u.store.SISPlan(ctx, u.sync.Name, id)
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return known, err
	}
	of, err := u.store.SISPlan(ctx, u.sync.Name, a.Plan)
	if err != nil {
		return of, tasks.Permanent(err)
	}
	if err := undoable(of); err != nil {
		return of, tasks.Permanent(err)
	}
	if err := u.read(ctx, of); err != nil {
		return of, err
	}
	d := u.draft(id, of, a.Reason)
	return d.Plan, u.store.PutSISPlan(ctx, d)
}

func undoable(p sync.Plan) error {
	switch {
	case p.Kind == sync.ToUndo:
		return fault.New(fault.Conflict, "Plan %s is itself an undo. Release what it keeps from being written, and the next run makes it again.", p.ID)
	case p.State == sync.PlanApproved || p.State == sync.PlanApplying:
		return fault.New(fault.Conflict, "Plan %s is still being applied. Undo it once it is done.", p.ID)
	case p.State == sync.PlanDraft:
		return fault.New(fault.Conflict, "Plan %s is a dry run's: nothing of it was applied.", p.ID)
	}
	return nil
}

// read plans, page by page, how each effect that was applied is taken back.
func (u *undoer) read(ctx context.Context, of sync.Plan) error {
	for after := int64(0); ; {
		page, err := u.store.SISEffects(ctx, of.ID, sync.EffectFilter{State: sync.EffectApplied, After: after, Limit: batch})
		if err != nil {
			return err
		}
		if err := u.takeBack(ctx, page); err != nil {
			return err
		}
		if len(page) < batch {
			return nil
		}
		after = page[len(page)-1].Seq
	}
}

func (u *undoer) takeBack(ctx context.Context, page []sync.Effect) error {
	var people, accounts []string
	for _, e := range page {
		people = append(people, e.Person)
		if e.Op == sync.UpdateUser {
			accounts = append(accounts, e.Person)
		}
	}
	applied, err := u.store.SISAppliedTo(ctx, u.sync.Name, people)
	if err != nil {
		return err
	}
	there, err := users(ctx, u.target, sis.UserByKey, accounts)
	if err != nil {
		return unreachable("The LMS could not be reached", err)
	}
	for _, e := range page {
		u.effects = append(u.effects, u.inverse(e, applied, there[e.Person]))
	}
	return nil
}

// inverse returns the effect that takes one back, or the same one as skipped,
// with the reason.
func (u *undoer) inverse(e sync.Effect, applied map[sync.Place]sync.Span, accounts []sis.User) sync.Effect {
	back := e
	back.Undoes, back.State, back.Code, back.Message, back.Attempts, back.Hold = e.Seq, sync.EffectHeld, "", "", 0, undoHold
	back.Before, back.After = e.After, e.Before
	switch e.Op {
	case sync.CreateCourse, sync.CreateUser:
		return u.skip(e, "", "What was made is kept: nothing is deleted. Hide it in the LMS if it should not be there.")
	case sync.Orient:
		return u.skip(e, "", "The orientation course stays: a person goes through it once.")
	case sync.CreateGroup, sync.JoinGroup, sync.LeaveGroup:
		return u.skip(e, "", "Groups follow the registrations: who is in which is left as it is.")
	case sync.UpdateUser:
		return u.inverseAccount(e, back, accounts)
	case sync.RemoveRole:
		if !isSpan(applied, e, nil) {
			return u.skip(e, "STALE_VERSION", "The person has the role again.")
		}
		if len(e.Before) == 0 {
			return u.skip(e, "", "It is not known how it was before, so it is left as it is.")
		}
		back.Op, back.Before = sync.Enrol, nil
		return back
	}
	if !isSpan(applied, e, e.After) {
		return u.skip(e, "STALE_VERSION", "It was changed since, and is left as it is.")
	}
	return u.inversePlace(e, back)
}

func (u *undoer) inversePlace(e, back sync.Effect) sync.Effect {
	switch {
	case e.Op == sync.Enrol && len(e.Before) == 0:
		var span sync.Span
		if json.Unmarshal(e.After, &span) != nil {
			return u.skip(e, "", "What it wrote cannot be read any more.")
		}
		span.Suspended = true
		back.Op, back.After = sync.Suspend, asJSON(span)
	case len(e.Before) == 0:
		return u.skip(e, "", "It is not known how it was before, so it is left as it is.")
	default:
		back.Op = sync.UpdateEnrolment
	}
	return back
}

// inverseAccount takes back of an account what the plan changed, and nothing
// else.
func (u *undoer) inverseAccount(e, back sync.Effect, accounts []sis.User) sync.Effect {
	var before, after sis.User
	if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil {
		return u.skip(e, "", "What it wrote cannot be read any more.")
	}
	now, ok := account(accounts, after.ID)
	if !ok {
		return u.skip(e, "USER_GONE", "The account is gone from the LMS.")
	}
	if now.Email != after.Email || now.Given != after.Given || now.Family != after.Family {
		return u.skip(e, "STALE_VERSION", "The account was changed since, and is left as it is.")
	}
	was := now
	was.Email, was.Given, was.Family = before.Email, before.Given, before.Family
	back.Before, back.After = asJSON(now), asJSON(was)
	return back
}

func (u *undoer) skip(e sync.Effect, code, why string) sync.Effect {
	u.left++
	e.Undoes, e.State, e.Code, e.Message, e.Attempts, e.Hold = e.Seq, sync.EffectSkipped, code, why, 0, ""
	return e
}

// undoHold is the one hold of a plan that takes another one back.
const undoHold = "1"

func (u *undoer) draft(id string, of sync.Plan, reason string) sync.Draft {
	d := sync.Draft{
		Plan: sync.Plan{
			ID: id, Sync: u.sync.Name, Kind: sync.ToUndo, Undoes: of.ID, Reason: reason, Run: id, State: sync.PlanDone,
			Counts: map[sync.EffectOp]int64{}, Created: u.now, Changed: u.now,
		},
	}
	var held []sync.Effect
	u.keepSeats()
	for _, e := range u.inOrder() {
		e.Seq = int64(len(d.Effects)) + 1
		d.Effects = append(d.Effects, e)
		if e.State == sync.EffectHeld {
			d.Plan.Counts[e.Op]++
			held = append(held, e)
		}
	}
	if len(held) > 0 {
		d.Plan.State = sync.PlanHeld
		d.Plan.Held = []sync.Hold{u.question(of, d.Plan, held)}
	}
	return d
}

// keepSeats takes of those who get a role back only the role that they had
// instead: their place has one suspension, whatever its roles.
func (u *undoer) keepSeats() {
	back := map[seat]bool{}
	for _, e := range u.effects {
		if e.State == sync.EffectHeld && e.Op == sync.Enrol {
			back[seat{e.Person, e.Course}] = true
		}
	}
	for i := range u.effects {
		e := &u.effects[i]
		if e.State == sync.EffectHeld && e.Op == sync.Suspend && back[seat{e.Person, e.Course}] {
			e.Op, e.After = sync.RemoveRole, asJSON(nothing)
		}
	}
}

// inOrder returns enrolments before accounts, the other way round than they
// were made; what is left comes last.
func (u *undoer) inOrder() (all []sync.Effect) {
	of := func(wanted func(sync.Effect) bool) {
		for _, v := range slices.Backward(u.effects) {
			if wanted(v) {
				all = append(all, v)
			}
		}
	}
	of(func(e sync.Effect) bool { return e.State == sync.EffectHeld && e.Op != sync.UpdateUser })
	of(func(e sync.Effect) bool { return e.State == sync.EffectHeld && e.Op == sync.UpdateUser })
	of(func(e sync.Effect) bool { return e.State == sync.EffectSkipped })
	return all
}

func (u *undoer) question(of, p sync.Plan, held []sync.Effect) sync.Hold {
	return sync.Hold{
		ID: undoHold, Code: "MANUAL_OVERRIDE", State: sync.HoldWaits, Scope: sync.InSync, Effects: len(held),
		Needs: u.sync.Needs(len(held)), Digest: sync.DigestOf(held),
		Message: fmt.Sprintf("Taking back plan %s would suspend %d enrolments, set %d back to what they were, give %d roles back, and change %d accounts back; "+
			"%d of its changes are left as they are. Nothing is taken back until it is approved.",
			of.ID, p.Counts[sync.Suspend], p.Counts[sync.UpdateEnrolment], p.Counts[sync.Enrol], p.Counts[sync.UpdateUser], u.left),
	}
}

// keepUndone has the ledger mark what was taken back, and keep later plans from
// making it again until the SIS changes it.
func (b *settled) keepUndone() {
	if b.plan.Kind != sync.ToUndo {
		return
	}
	b.out.Undoes = b.plan.Undoes
	for _, e := range b.effects {
		if e.State == sync.EffectApplied {
			b.out.Overrides = append(b.out.Overrides, sync.Override{
				Effect: e.Lasting(), Wish: sync.Wish(e.Op, e.Before), Cause: sync.WasUndone, Plan: b.plan.ID,
				By: b.approver(), Reason: b.plan.Reason, At: time.Now().UTC(),
			})
		}
	}
}

// approver is who let the plan through last.
func (b *settled) approver() (who string) {
	for _, h := range b.plan.Held {
		for _, by := range h.Approvals() {
			who = by
		}
	}
	return who
}
