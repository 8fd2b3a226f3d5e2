package ledger

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// SISMessage returns a message with what it led to.
func (l *Ledger) SISMessage(ctx context.Context, name, id string) (d sync.MessageDetail, err error) {
	found, err := l.bodied(ctx, `WHERE sync = $1 AND id = $2`, name, id)
	switch {
	case err != nil:
		return d, wrap(err, "read message %s", id)
	case len(found) == 0:
		return d, fault.New(fault.NotFound, "Sync %s has no message %s.", name, id)
	}
	d.Message = found[0]
	before, err := l.bodied(ctx, `WHERE sync = $1 AND record = $2 AND id < $3 AND stream = $4 AND op <> 'unreadable' ORDER BY id DESC LIMIT 1`,
		name, d.Key, id, string(d.Stream))
	if err != nil {
		return d, wrap(err, "read the message before %s", id)
	}
	var was []byte
	if len(before) > 0 {
		d.Before, was = &before[0], before[0].Body
	}
	d.Fields = sync.FieldsOf(d.Body, was)
	return d, wrap(l.withEffect(ctx, &d), "read the effect of message %s", id)
}

func (l *Ledger) bodied(ctx context.Context, where string, values ...any) ([]sync.Message, error) {
	scan := func(r row) (sync.Message, error) {
		var text string
		m, err := scanMessage(also{r, []any{&text}})
		if err != nil {
			return m, err
		}
		text, err = l.ring.Open(text)
		m.Body = []byte(text)
		return m, err
	}
	return list(ctx, l.read, scan, `SELECT `+messageColumns+`, body FROM sis_messages `+where, values...)
}

// withEffect adds what the plan that judged a message last does because of it.
func (l *Ledger) withEffect(ctx context.Context, d *sync.MessageDetail) error {
	for _, event := range slices.Backward(d.History) {
		if known, err := l.knowsPlan(ctx, d.Sync, event.By); err != nil {
			return err
		} else if known {
			d.Plan = event.By
			break
		}
	}
	if d.Plan == "" || d.Message.Effect == "" {
		return nil
	}
	e, err := l.effectOf(ctx, d.Plan, d.Message.Effect)
	d.Effect = e
	return err
}

// knowsPlan reports whether that is the id of a plan.
func (l *Ledger) knowsPlan(ctx context.Context, name, id string) (known bool, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM sis_plans WHERE sync = $1 AND id = $2`, name, id).Scan(&known)
	return known, err
}

// effectOf returns the effect of a plan on one thing, or nil.
func (l *Ledger) effectOf(ctx context.Context, plan, key string) (*sync.Effect, error) {
	effects, err := list(ctx, l.read, scanEffect, `SELECT `+effectColumns+` FROM sis_effects
		WHERE plan = $1 AND effect = $2 ORDER BY seq DESC LIMIT 1`, plan, key)
	if err != nil || len(effects) == 0 {
		return nil, err
	}
	return &effects[0], nil
}
