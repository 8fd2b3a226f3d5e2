package ledger

import (
	"context"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// FinishSISPlan says that what could be applied of a plan is, and returns where
// that leaves it: applying, where other jobs still write parts of it, or people
// have decided that more is to be applied.
func (l *Ledger) FinishSISPlan(ctx context.Context, name, id string) (sync.PlanState, error) {
	var p sync.Plan
	err := l.writing(ctx, func(w writer) (err error) {
		now := time.Now()
		if p, err = lockedPlan(ctx, w, name, id, now); err != nil || p.State.Ended() {
			return err
		}
		state, err := stateOf(ctx, w, p)
		if err != nil || state == sync.PlanApproved {
			return err // other parts of it are still being written, or more was approved
		}
		if err := reopen(ctx, w, p, now); err != nil {
			return err
		}
		return putState(ctx, w, &p, now)
	})
	return p.State, wrap(err, "finish plan %s", id)
}

// reopen says of the messages whose effects a plan has taken back that they are
// applied no more.
func reopen(ctx context.Context, w writer, p sync.Plan, at time.Time) error {
	if p.Kind != sync.ToUndo {
		return nil
	}
	_, err := w.ExecContext(ctx, `UPDATE sis_messages SET state = 'held', code = 'MANUAL_OVERRIDE', reason = $1, changed_at = $2,
			history = history || CAST($5 AS TEXT)
		WHERE sync = $3 AND state = 'applied' AND changed_at >= (SELECT created_at FROM sis_plans WHERE id = $4)
			AND effect IN (SELECT effect FROM sis_effects WHERE plan = $4 AND state = 'undone')`,
		prose("It was applied, and undone: "+p.Reason), millis(at), p.Sync, p.Undoes,
		historyLine(at, sync.Held, "MANUAL_OVERRIDE", p.ID))
	return err
}

// putState writes the holds of a plan, and the state that its effects amount to.
func putState(ctx context.Context, w writer, p *sync.Plan, at time.Time) error {
	holds, err := holdsText(p.Held)
	if err != nil {
		return err
	}
	if p.State, err = stateOf(ctx, w, *p); err != nil {
		return err
	}
	p.Changed = instant(millis(at))
	_, err = w.ExecContext(ctx, `UPDATE sis_plans SET state = $1, held = $2, changed_at = $3 WHERE id = $4`,
		string(p.State), holds, millis(at), p.ID)
	return err
}

func stateOf(ctx context.Context, w writer, p sync.Plan) (sync.PlanState, error) {
	states, err := list(ctx, w, scanText, `SELECT DISTINCT state FROM sis_effects WHERE plan = $1`, p.ID)
	has := map[sync.EffectState]bool{}
	for _, s := range states {
		has[sync.EffectState(s)] = true
	}
	switch {
	case has[sync.EffectPlanned], has[sync.EffectSent], has[sync.EffectUnknown]:
		return sync.PlanApproved, err
	case len(p.Waits()) > 0:
		return sync.PlanHeld, err
	case has[sync.EffectHeld]:
		return sync.PlanWaiting, err
	case has[sync.EffectRejected] && !has[sync.EffectApplied] && !has[sync.EffectFailed]:
		return sync.PlanRejected, err
	}
	return sync.PlanDone, err
}

// ExpireSISPlans gives up the plans of a sync that have waited for people since
// before that time, and returns which.
func (l *Ledger) ExpireSISPlans(ctx context.Context, name string, before time.Time) (ids []string, err error) {
	err = l.writing(ctx, func(w writer) error {
		ids, err = list(ctx, w, scanText, `SELECT id FROM sis_plans WHERE sync = $1 AND state = 'held' AND created_at < $2`, name, millis(before))
		if err != nil {
			return err
		}
		return inChunks(ids, func(some []string) error {
			_, err := w.ExecContext(ctx, `UPDATE sis_plans SET state = 'expired', changed_at = $1 WHERE id IN (`+numbered(2, len(some))+`)`,
				append([]any{millis(time.Now())}, anys(some)...)...)
			return err
		})
	})
	return ids, wrap(err, "expire plans of sync %s", name)
}

// SISPlans returns the plans that f chooses, without what was decided about
// them, newest first.
func (l *Ledger) SISPlans(ctx context.Context, f sync.PlanFilter) ([]sync.Plan, error) {
	if len(f.Syncs) == 0 {
		return nil, nil
	}
	values := append([]any{string(f.State), f.Before, page(f.Limit)}, anys(f.Syncs)...)
	plans, err := list(ctx, l.read, scanPlan, `SELECT `+planColumns+` FROM sis_plans
		WHERE ($1 = '' OR state = $1) AND ($2 = '' OR id < $2) AND sync IN (`+numbered(4, len(f.Syncs))+`)
		ORDER BY id DESC LIMIT $3`, values...)
	return plans, wrap(err, "list plans of %s", strings.Join(f.Syncs, ", "))
}

// SISAppliedTo returns the enrolments of those people as they were last written.
func (l *Ledger) SISAppliedTo(ctx context.Context, name string, people []string) (map[sync.Place]sync.Span, error) {
	applied := make(map[sync.Place]sync.Span, len(people))
	err := inChunks(people, func(some []string) error {
		rows, err := list(ctx, l.read, scanApplied, `SELECT `+appliedColumns+` FROM sis_applied
			WHERE sync = $1 AND person IN (`+numbered(2, len(some))+`)`, append([]any{name}, anys(some)...)...)
		for _, e := range rows {
			applied[e.Place] = e.Span
		}
		return err
	})
	return applied, wrap(err, "read enrolments of sync %s", name)
}

var undone = joining("plan TEXT, seq BIGINT", `UPDATE sis_effects SET state = 'undone' FROM rows AS r WHERE sis_effects.plan = r.plan AND sis_effects.seq = r.seq`)

// settleUndone marks what was taken back, and keeps the next plan from doing it
// again.
func settleUndone(ctx context.Context, w writer, s sync.Settlement) error {
	if s.Undoes == "" {
		return nil
	}
	var rows [][]any
	for _, e := range s.Effects {
		if e.State == sync.EffectApplied {
			rows = append(rows, []any{s.Undoes, e.Undoes})
		}
	}
	err := w.put(ctx, undone, rows)
	if err != nil {
		return err
	}
	return putOverrides(ctx, w, s.Sync, s.Overrides)
}
