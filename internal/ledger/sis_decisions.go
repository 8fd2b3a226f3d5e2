package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

const decisionColumns = `hold, choice, by_whom, reason, carried, made_at`

func scanDecision(r row) (d sync.Decision, err error) {
	var made int64
	err = r.Scan(&d.Hold, &d.Choice, &d.By, &d.Reason, &d.Carried, &made)
	d.At = instant(made)
	return d, err
}

// withDecisions adds to the holds of a plan what was decided about each.
func withDecisions(ctx context.Context, q querier, p *sync.Plan) error {
	decisions, err := list(ctx, q, scanDecision, `SELECT `+decisionColumns+` FROM sis_decisions WHERE plan = $1 ORDER BY made_at, id`, p.ID)
	for _, d := range decisions {
		for i := range p.Held {
			if p.Held[i].ID == d.Hold {
				p.Held[i].Decisions = append(p.Held[i].Decisions, d)
			}
		}
	}
	return err
}

// holdsText returns holds as they are stored: decisions have a table of their own.
func holdsText(holds []sync.Hold) (string, error) {
	holds = slices.Clone(holds)
	for i := range holds {
		holds[i].Decisions = nil
	}
	text, err := json.Marshal(holds)
	return clean(string(text)), err
}

var newDecisions = inserting("sis_decisions", `id TEXT, sync TEXT, plan TEXT, hold TEXT, digest TEXT, choice TEXT, by_whom TEXT, reason TEXT, carried TEXT, made_at BIGINT`, "")

// putDecisions writes what was decided about holds of a plan.
func putDecisions(ctx context.Context, w writer, p sync.Plan, holds []sync.Hold) error {
	var rows [][]any
	for _, h := range holds {
		for _, d := range h.Decisions {
			rows = append(rows, []any{
				uuid.Must(uuid.NewV7()).String(), p.Sync, p.ID, h.ID, h.Digest,
				string(d.Choice), d.By, prose(d.Reason), d.Carried, millis(d.At),
			})
		}
	}
	return w.put(ctx, newDecisions, rows)
}

// DecideSIS takes what a person decided about what a plan holds, and returns
// the plan as it is then. What enough people have approved is to be applied
// next; what one has rejected is not asked again until the SIS changes it.
func (l *Ledger) DecideSIS(ctx context.Context, r sync.Ruling) (p sync.Plan, err error) {
	err = l.writing(ctx, func(w writer) error {
		if p, err = lockedPlan(ctx, w, r.Sync, r.Plan, r.At); err != nil {
			return err
		}
		made, err := rule(&p, r)
		if err != nil {
			return err
		}
		for _, h := range made {
			if err := carryOut(ctx, w, p, h, r); err != nil {
				return err
			}
		}
		return putState(ctx, w, &p, r.At)
	})
	return p, wrap(err, "decide on plan %s", r.Plan)
}

// lockedPlan returns a plan that nobody else decides on meanwhile.
func lockedPlan(ctx context.Context, w writer, name, id string, at time.Time) (p sync.Plan, err error) {
	if _, err := w.ExecContext(ctx, `UPDATE sis_plans SET changed_at = $1 WHERE sync = $2 AND id = $3`, millis(at), name, id); err != nil {
		return p, err
	}
	p, err = scanPlan(w.QueryRowContext(ctx, `SELECT `+planColumns+` FROM sis_plans WHERE sync = $1 AND id = $2`, name, id))
	if err == sql.ErrNoRows { //nolint:errorlint // as it is returned
		return p, fault.New(fault.NotFound, "Sync %s has no plan %s.", name, id)
	}
	if err != nil {
		return p, err
	}
	return p, withDecisions(ctx, w, &p)
}

// rule adds a decision to the holds of a plan that it is about, and returns
// these as they are then, with the new decision alone.
func rule(p *sync.Plan, r sync.Ruling) (made []sync.Hold, err error) {
	if err := open(*p, r); err != nil {
		return nil, err
	}
	for i := range p.Held {
		h := &p.Held[i]
		if h.State != sync.HoldWaits || (r.Hold != "" && h.ID != r.Hold) {
			continue
		}
		if err := mayRule(*h, r); err != nil {
			return nil, err
		}
		d := sync.Decision{Hold: h.ID, Choice: r.Choice, By: r.By, Reason: r.Reason, At: r.At}
		h.Decisions = append(h.Decisions, d)
		switch {
		case r.Choice == sync.Reject:
			h.State = sync.HoldRejected
		case len(h.Approvals()) >= h.Needs:
			h.State = sync.HoldApproved
		}
		one := *h
		one.Decisions = []sync.Decision{d}
		made = append(made, one)
	}
	if len(made) == 0 {
		return nil, fault.New(fault.Conflict, "Nothing of plan %s waits for a decision.", p.ID)
	}
	return made, nil
}

// open refuses a decision that comes too late.
func open(p sync.Plan, r sync.Ruling) error {
	known := slices.ContainsFunc(p.Held, func(h sync.Hold) bool { return h.ID == r.Hold })
	switch {
	case r.Hold != "" && !known:
		return fault.New(fault.NotFound, "Plan %s holds nothing that is called %q.", p.ID, r.Hold).In("hold")
	case p.State == sync.PlanAborted:
		return fault.New(fault.Conflict, "A later run of the sync has replaced this plan; decide on the newest one.")
	case p.State == sync.PlanDraft:
		return fault.New(fault.Conflict, "The plan is a dry run's, which is never applied. Run the sync.")
	case p.State == sync.PlanExpired, !r.Since.IsZero() && p.Created.Before(r.Since):
		return fault.New(fault.Conflict, "APPROVAL_EXPIRED: nobody decided on this plan in time. Run the sync again, and decide on what it plans then.")
	}
	return nil
}

// mayRule refuses a second approval by somebody who cannot be the second.
func mayRule(h sync.Hold, r sync.Ruling) error {
	given := h.Approvals()
	switch {
	case r.Choice != sync.Approve || len(given) == 0:
		return nil
	case slices.Contains(given, r.By):
		return fault.New(fault.Conflict, "You have approved this already; somebody else must approve it too.")
	case slices.Contains(r.Starters, r.By):
		return fault.New(fault.Conflict, "You have started what made this plan, so the second approval must be somebody else's.")
	}
	return nil
}

// carryOut writes a decision and what follows from it for the effects.
func carryOut(ctx context.Context, w writer, p sync.Plan, h sync.Hold, r sync.Ruling) error {
	if err := putDecisions(ctx, w, p, []sync.Hold{h}); err != nil {
		return err
	}
	if h.Code == sync.RekeySuspectedCode && h.State != sync.HoldWaits {
		return answerRekeys(ctx, w, p, h, r)
	}
	switch h.State {
	case sync.HoldApproved:
		return release(ctx, w, p, h, r)
	case sync.HoldRejected:
		return refuse(ctx, w, p, h, r)
	}
	return nil
}

// release makes held effects planned, and the messages about them.
func release(ctx context.Context, w writer, p sync.Plan, h sync.Hold, r sync.Ruling) error {
	_, err := w.ExecContext(ctx, `UPDATE sis_messages SET state = 'planned', code = '', reason = '', changed_at = $1,
			history = history || CAST($2 AS TEXT)
		WHERE sync = $3 AND state = 'held' AND effect IN (
			SELECT effect FROM sis_effects WHERE plan = $4 AND hold = $5 AND state = 'held')`,
		millis(r.At), historyLine(r.At, sync.Planned, "", r.By), p.Sync, p.ID, h.ID)
	if err != nil {
		return err
	}
	return moveHeld(ctx, w, p, h, sync.EffectPlanned, "", "")
}

// refuse makes held effects rejected, and remembers that they are not wanted,
// unless it is the file that was refused.
func refuse(ctx context.Context, w writer, p sync.Plan, h sync.Hold, r sync.Ruling) error {
	effects, err := list(ctx, w, scanEffect, `SELECT `+effectColumns+` FROM sis_effects
		WHERE plan = $1 AND hold = $2 AND state = 'held' ORDER BY seq`, p.ID, h.ID)
	if err != nil {
		return err
	}
	if p.Kind != sync.ToUndo && h.Code != sync.BrakeErrorsCode {
		if err := putOverrides(ctx, w, p.Sync, unwanted(effects, r)); err != nil {
			return err
		}
	}
	return moveHeld(ctx, w, p, h, sync.EffectRejected, h.Code, "Rejected by "+r.By+": "+r.Reason)
}

func unwanted(effects []sync.Effect, r sync.Ruling) (all []sync.Override) {
	for _, e := range effects {
		all = append(all, sync.Override{
			Effect: e.Lasting(), Wish: sync.Wish(e.Op, e.After), Cause: sync.WasRejected, Plan: r.Plan, By: r.By, Reason: r.Reason, At: r.At,
		})
	}
	return all
}

func moveHeld(ctx context.Context, w writer, p sync.Plan, h sync.Hold, to sync.EffectState, code, why string) error {
	_, err := w.ExecContext(ctx, `UPDATE sis_effects SET state = $1, code = $2, message = $3 WHERE plan = $4 AND hold = $5 AND state = 'held'`,
		string(to), code, prose(why), p.ID, h.ID)
	return err
}
