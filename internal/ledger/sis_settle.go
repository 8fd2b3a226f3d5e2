package ledger

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// SettleSIS takes what became of effects, all of it or nothing: their states,
// what is known of the target now, and what that means for messages.
func (l *Ledger) SettleSIS(ctx context.Context, s sync.Settlement) error {
	if len(s.Effects) == 0 {
		return nil
	}
	err := l.writing(ctx, func(w writer) error {
		for _, write := range []func(context.Context, writer, sync.Settlement) error{
			settleEffects, settleLinks, settleApplied, settleGroups, settleMessages, settleOthers, settleUndone,
		} {
			if err := write(ctx, w, s); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "settle effects of plan %s", s.Plan)
}

var settled = joining("plan TEXT, seq BIGINT, state TEXT, code TEXT, message TEXT", `UPDATE sis_effects SET state = r.state, code = r.code, message = r.message
	FROM rows AS r WHERE sis_effects.plan = r.plan AND sis_effects.seq = r.seq`)

func settleEffects(ctx context.Context, w writer, s sync.Settlement) error {
	return putAll(ctx, w, settled, s.Effects, func(e sync.Effect) []any {
		return []any{s.Plan, e.Seq, string(e.State), e.Code, prose(e.Message)}
	})
}

// settleLinks also tells the effects that wait for a course which one it is.
func settleLinks(ctx context.Context, w writer, s sync.Settlement) error {
	if err := putPersonLinks(ctx, w, s.Sync, s.People); err != nil {
		return err
	}
	if err := putSISLinks(ctx, w, s.Sync, s.Links); err != nil {
		return err
	}
	for _, k := range s.Links {
		_, err := w.ExecContext(ctx, `UPDATE sis_effects SET course = $1 WHERE plan = $2 AND section = $3 AND course = ''`,
			clean(k.Course), s.Plan, clean(k.Section))
		if err != nil {
			return err
		}
	}
	return nil
}

func settleApplied(ctx context.Context, w writer, s sync.Settlement) error {
	if err := putApplied(ctx, w, s.Sync, s.Applied); err != nil {
		return err
	}
	return putAll(ctx, w, deleteApplied, s.Removed, func(at sync.Place) []any {
		return []any{s.Sync, clean(at.Person), clean(at.Course), string(at.Role)}
	})
}

// An ending is what becomes of the messages that an effect was planned for.
type ending struct {
	state        sync.MessageState
	code, reason string
}

func endingOf(e sync.Effect) (to ending, ends bool) {
	switch {
	case e.State == sync.EffectApplied:
		return ending{state: sync.Applied}, true
	case e.State != sync.EffectFailed:
		return ending{}, false
	case strings.HasPrefix(e.Code, "REF_"):
		return ending{sync.Waiting, e.Code, prose(e.Message)}, true
	}
	return ending{sync.Held, e.Code, prose(e.Message)}, true
}

// settleMessages moves the messages that the effects were planned for.
func settleMessages(ctx context.Context, w writer, s sync.Settlement) error {
	if s.Undoes != "" { // no message asked for it; see reopen
		return nil
	}
	effects := map[ending][]string{}
	for _, e := range s.Effects {
		if to, ends := endingOf(e); ends {
			effects[to] = append(effects[to], clean(e.Key))
		}
	}
	now := time.Now()
	for to, keys := range effects {
		for some := range slices.Chunk(keys, namesPerQuery) {
			if err := endMessages(ctx, w, s, some, to, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// endMessages names the effects one by one: a join would be left to what the
// database guesses about tables that have just been filled.
func endMessages(ctx context.Context, w writer, s sync.Settlement, effects []string, to ending, at time.Time) error {
	condition, values, err := w.among("effect", effects)
	if err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, `UPDATE sis_messages SET state = $2, code = $3, reason = $4, changed_at = $5, history = history || CAST($6 AS TEXT)
		WHERE sync = $7 AND state = 'planned' AND `+condition,
		values, string(to.state), to.code, to.reason, millis(at), historyLine(at, to.state, to.code, s.Plan), s.Sync)
	return err
}

// settleOthers closes effects of earlier plans, of which it was not known what
// became of them, where a later plan has now written the same.
func settleOthers(ctx context.Context, w writer, s sync.Settlement) error {
	first, last := s.Effects[0].Seq, s.Effects[len(s.Effects)-1].Seq
	_, err := w.ExecContext(ctx, `UPDATE sis_effects SET state = 'failed', message = 'A later plan wrote this again.'
		WHERE sync = $1 AND plan <> $2 AND state IN ('sent', 'unknown') AND EXISTS (
			SELECT 1 FROM sis_effects e WHERE e.plan = $2 AND e.seq BETWEEN $3 AND $4 AND e.state = 'applied'
			AND e.person = sis_effects.person AND e.course = sis_effects.course AND e.role = sis_effects.role
			AND (e.role <> '' OR e.section = sis_effects.section))`,
		s.Sync, s.Plan, first, last)
	return err
}
