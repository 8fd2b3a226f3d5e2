package ledger

import (
	"context"
	"database/sql"
	"strconv"
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
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		for _, write := range []func(context.Context, *sql.Tx, sync.Settlement) error{
			settleEffects, settleLinks, settleApplied, settleMessages, settleOthers, settleUndone,
		} {
			if err := write(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "settle effects of plan %s", s.Plan)
}

func settleEffects(ctx context.Context, tx *sql.Tx, s sync.Settlement) error {
	rows := make([][]any, len(s.Effects))
	for i, e := range s.Effects {
		rows[i] = []any{strconv.FormatInt(e.Seq, 10), string(e.State), e.Code, prose(e.Message)}
	}
	return inBulk(ctx, tx, rows, []any{s.Plan}, func(n int) string {
		return `UPDATE sis_effects SET state = v.column2, code = v.column3, message = v.column4
			FROM (VALUES ` + texted(2, n, 4) + `) AS v
			WHERE sis_effects.plan = $1 AND sis_effects.seq = CAST(v.column1 AS BIGINT)`
	})
}

// settleLinks also tells the effects that wait for a course which one it is.
func settleLinks(ctx context.Context, tx *sql.Tx, s sync.Settlement) error {
	if err := putPersonLinks(ctx, tx, s.Sync, s.People); err != nil {
		return err
	}
	if err := putSISLinks(ctx, tx, s.Sync, s.Links); err != nil {
		return err
	}
	for _, k := range s.Links {
		_, err := tx.ExecContext(ctx, `UPDATE sis_effects SET course = $1 WHERE plan = $2 AND section = $3 AND course = ''`,
			clean(k.Course), s.Plan, clean(k.Section))
		if err != nil {
			return err
		}
	}
	return nil
}

func settleApplied(ctx context.Context, tx *sql.Tx, s sync.Settlement) error {
	return putApplied(ctx, tx, s.Sync, s.Applied)
}

// settleMessages moves the messages that the effects were planned for. It
// names them one by one: a join would be left to what the database guesses
// about tables that have just been filled.
func settleMessages(ctx context.Context, tx *sql.Tx, s sync.Settlement) error {
	if s.Undoes != "" { // no message asked for it; see reopen
		return nil
	}
	type end struct{ state, code, reason string }
	effects := map[end][][]any{}
	for _, e := range s.Effects {
		var to end
		switch {
		case e.State == sync.EffectApplied:
			to = end{state: string(sync.Applied)}
		case e.State != sync.EffectFailed:
			continue
		case strings.HasPrefix(e.Code, "REF_"):
			to = end{string(sync.Waiting), e.Code, prose(e.Message)}
		default:
			to = end{string(sync.Held), e.Code, prose(e.Message)}
		}
		effects[to] = append(effects[to], []any{clean(e.Key)})
	}
	for to, keys := range effects {
		now := time.Now()
		line := historyLine(now, sync.MessageState(to.state), to.code, s.Plan)
		common := []any{to.state, to.code, to.reason, millis(now), s.Sync, line}
		err := inBulk(ctx, tx, keys, common, func(n int) string {
			return `UPDATE sis_messages SET state = $1, code = $2, reason = $3, changed_at = $4, history = history || CAST($6 AS TEXT)
				WHERE sync = $5 AND state = 'planned' AND effect IN (` + numbered(len(common)+1, n) + `)`
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settleOthers closes effects of earlier plans, of which it was not known what
// became of them, where a later plan has now written the same.
func settleOthers(ctx context.Context, tx *sql.Tx, s sync.Settlement) error {
	first, last := s.Effects[0].Seq, s.Effects[len(s.Effects)-1].Seq
	_, err := tx.ExecContext(ctx, `UPDATE sis_effects SET state = 'failed', message = 'A later plan wrote this again.'
		WHERE sync = $1 AND plan <> $2 AND state IN ('sent', 'unknown') AND EXISTS (
			SELECT 1 FROM sis_effects e WHERE e.plan = $2 AND e.seq BETWEEN $3 AND $4 AND e.state = 'applied'
			AND e.person = sis_effects.person AND e.course = sis_effects.course AND e.role = sis_effects.role)`,
		s.Sync, s.Plan, first, last)
	return err
}
