package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

const planTypes = `id TEXT, sync TEXT, kind TEXT, undoes TEXT, reason TEXT, run TEXT, state TEXT, counts TEXT, future BIGINT, held TEXT,
	created_at BIGINT, changed_at BIGINT, shards TEXT`

var (
	planColumns = names(planTypes)
	newPlans    = inserting("sis_plans", planTypes, "")
)

func scanPlan(r row) (p sync.Plan, err error) {
	var counts, holds, shards []byte
	var created, changed int64
	err = r.Scan(&p.ID, &p.Sync, &p.Kind, &p.Undoes, &p.Reason, &p.Run, &p.State, &counts, &p.Future, &holds, &created, &changed, &shards)
	if err != nil {
		return p, err
	}
	p.Created, p.Changed = instant(created), instant(changed)
	if len(shards) > 0 {
		err = json.Unmarshal(shards, &p.Shards)
	}
	return p, errors.Join(err, json.Unmarshal(counts, &p.Counts), json.Unmarshal(holds, &p.Held))
}

// SISPlan returns a plan of a sync, with what was decided about it; the empty
// id means the newest that a run has made.
func (l *Ledger) SISPlan(ctx context.Context, name, id string) (sync.Plan, error) {
	p, err := scanPlan(l.read.QueryRowContext(ctx, `SELECT `+planColumns+` FROM sis_plans
		WHERE sync = $1 AND (id = $2 OR $2 = '' AND kind NOT IN ('undo', 'teachers')) ORDER BY created_at DESC, id DESC LIMIT 1`, name, id))
	if err == nil {
		err = withDecisions(ctx, l.read, &p)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows) && id == "":
		return p, fault.New(fault.NotFound, "Sync %s has no plan yet. Run it first.", name)
	case errors.Is(err, sql.ErrNoRows):
		return p, fault.New(fault.NotFound, "Sync %s has no plan %s.", name, id)
	}
	return p, wrap(err, "read plan of sync %s", name)
}

// SISPlanBefore returns the newest plan of a run that was to be applied, with
// what was decided about it, and the zero plan before the first.
func (l *Ledger) SISPlanBefore(ctx context.Context, name string) (sync.Plan, error) {
	p, err := scanPlan(l.read.QueryRowContext(ctx, `SELECT `+planColumns+` FROM sis_plans
		WHERE sync = $1 AND kind NOT IN ('undo', 'teachers') AND state <> 'draft' ORDER BY created_at DESC, id DESC LIMIT 1`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return sync.Plan{}, nil
	}
	if err == nil {
		err = withDecisions(ctx, l.read, &p)
	}
	return p, wrap(err, "read plan of sync %s", name)
}

// PutSISPlan takes a plan with its effects and what it decides about messages,
// and gives up plans before it that were not done.
func (l *Ledger) PutSISPlan(ctx context.Context, d sync.Draft) error {
	p := d.Plan
	err := l.writing(ctx, func(w writer) error {
		if err := giveUpPlans(ctx, w, p); err != nil {
			return err
		}
		if err := putPlan(ctx, w, p); err != nil {
			return err
		}
		if err := putEffects(ctx, w, p, d.Effects); err != nil {
			return err
		}
		if err := putPersonLinks(ctx, w, p.Sync, d.Adopted); err != nil {
			return err
		}
		if err := putDecisions(ctx, w, p, p.Held); err != nil {
			return err
		}
		if err := lift(ctx, w, p.Sync, d.Lifted); err != nil {
			return err
		}
		if err := putRekeys(ctx, w, p.Sync, d.Rekeys); err != nil {
			return err
		}
		return judge(ctx, w, d.Verdicts, p.ID, p.Created)
	})
	return wrap(err, "store plan %s", p.ID)
}

// giveUpPlans gives up the plans that another one replaces. One that is only
// to be read replaces only its like, and so does one for teachers; one that takes
// another back stands beside those of runs.
func giveUpPlans(ctx context.Context, w writer, p sync.Plan) error {
	_, err := w.ExecContext(ctx, `UPDATE sis_plans SET state = 'aborted', changed_at = $1
		WHERE sync = $2 AND id <> $3 AND state NOT IN ('done', 'aborted', 'rejected', 'expired')
			AND ($4 <> 'draft' OR state = 'draft') AND kind <> 'undo' AND $5 <> 'undo' AND ($5 <> 'teachers' OR kind = $5)`,
		millis(p.Created), p.Sync, p.ID, string(p.State), string(p.Kind))
	return err
}

func putPlan(ctx context.Context, w writer, p sync.Plan) error {
	counts, err := json.Marshal(p.Counts)
	if err != nil {
		return err
	}
	holds, err := holdsText(p.Held)
	if err != nil {
		return err
	}
	shards, err := json.Marshal(p.Shards)
	if err != nil {
		return err
	}
	return w.put(ctx, newPlans, [][]any{{
		p.ID, p.Sync, string(p.Kind), p.Undoes, prose(p.Reason), p.Run, string(p.State), string(counts), p.Future, holds, millis(p.Created), millis(p.Changed), string(shards),
	}})
}

const effectTypes = `seq BIGINT, op TEXT, effect TEXT, person TEXT, section TEXT, course TEXT, role TEXT, was TEXT, becomes TEXT,
	state TEXT, code TEXT, message TEXT, attempts BIGINT, hold TEXT, undoes BIGINT`

var (
	effectColumns = names(effectTypes)
	newEffects    = inserting("sis_effects", "plan TEXT, sync TEXT, "+effectTypes, "")
)

func putEffects(ctx context.Context, w writer, p sync.Plan, effects []sync.Effect) error {
	return putAll(ctx, w, newEffects, effects, func(e sync.Effect) []any {
		return []any{
			p.ID, p.Sync, e.Seq, string(e.Op), clean(e.Key), clean(e.Person), clean(e.Section), clean(e.Course), string(e.Role),
			clean(string(e.Before)), raw(e.After), string(e.State), e.Code, prose(e.Message), e.Attempts, clean(e.Hold), e.Undoes,
		}
	})
}

func scanEffect(r row) (e sync.Effect, err error) {
	var was, becomes string
	err = r.Scan(&e.Seq, &e.Op, &e.Key, &e.Person, &e.Section, &e.Course, &e.Role, &was, &becomes, &e.State, &e.Code, &e.Message, &e.Attempts, &e.Hold, &e.Undoes)
	if was != "" {
		e.Before = json.RawMessage(was)
	}
	e.After = json.RawMessage(becomes)
	return e, err
}

// SISEffects returns the effects of a plan that f chooses, in order.
func (l *Ledger) SISEffects(ctx context.Context, plan string, f sync.EffectFilter) ([]sync.Effect, error) {
	effects, err := list(ctx, l.read, scanEffect, `SELECT `+effectColumns+` FROM sis_effects
		WHERE plan = $1 AND seq > $2 AND ($3 = '' OR op = $3) AND ($4 = '' OR state = $4)
			AND ($5 = '' OR hold = $5) AND ($6 = '' OR person = $6) AND ($7 = '' OR section = $7) ORDER BY seq LIMIT $8`,
		plan, f.After, string(f.Op), string(f.State), f.Hold, f.Person, f.Section, page(f.Limit))
	return effects, wrap(err, "list effects of plan %s", plan)
}

// OpenSISEffects returns the first effects of a plan, after the one of that
// number, that are neither held nor settled.
func (l *Ledger) OpenSISEffects(ctx context.Context, plan string, after int64, limit int) ([]sync.Effect, error) {
	effects, err := list(ctx, l.read, scanEffect, `SELECT `+effectColumns+` FROM sis_effects
		WHERE plan = $1 AND seq > $2 AND state IN ('planned', 'sent', 'unknown') ORDER BY seq LIMIT $3`, plan, after, limit)
	return effects, wrap(err, "read open effects of plan %s", plan)
}

// AppliedSISEffects counts the effects of a plan, from one number to another,
// that are applied, by kind.
func (l *Ledger) AppliedSISEffects(ctx context.Context, plan string, part sync.Shard) (map[sync.EffectOp]int64, error) {
	counts := map[sync.EffectOp]int64{}
	err := l.tallied(ctx, `SELECT op, COUNT(*) FROM sis_effects WHERE plan = $1 AND seq BETWEEN $2 AND $3 AND state = 'applied' GROUP BY op`,
		func(op string, n int64) { counts[sync.EffectOp(op)] = n }, plan, part.First, part.Last)
	return counts, wrap(err, "count effects of plan %s", plan)
}

// MoveSISPlan says how far a plan has come.
func (l *Ledger) MoveSISPlan(ctx context.Context, id string, state sync.PlanState) error {
	_, err := l.write.ExecContext(ctx, `UPDATE sis_plans SET state = $1, changed_at = $2 WHERE id = $3`,
		string(state), millis(time.Now()), id)
	return wrap(err, "move plan %s to %s", id, state)
}

// SendSISEffects says that effects of a plan, which follow each other, are
// handed to the target now.
func (l *Ledger) SendSISEffects(ctx context.Context, plan string, effects []sync.Effect) error {
	if len(effects) == 0 {
		return nil
	}
	_, err := l.write.ExecContext(ctx, `UPDATE sis_effects SET state = 'sent', attempts = attempts + 1
		WHERE plan = $1 AND seq BETWEEN $2 AND $3 AND state IN ('planned', 'sent', 'unknown')`,
		plan, effects[0].Seq, effects[len(effects)-1].Seq)
	return wrap(err, "send effects of plan %s", plan)
}
