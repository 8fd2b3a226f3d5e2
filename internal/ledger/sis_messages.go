package ledger

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const messageColumns = `id, sync, stream, record, digest, op, place, state, code, reason, effect, run, received_at, changed_at, receipt, acked_at, history`

func scanMessage(r row) (m sync.Message, err error) {
	var received, changed, acked int64
	var history string
	err = r.Scan(&m.ID, &m.Sync, &m.Stream, &m.Key, &m.Digest, &m.Op, &m.Where, &m.State, &m.Code, &m.Reason,
		&m.Effect, &m.Run, &received, &changed, &m.Receipt, &acked, &history)
	m.Received, m.Changed, m.Acked, m.History = instant(received), instant(changed), instant(acked), readHistory(history)
	return m, err
}

func (l *Ledger) putSISMessages(ctx context.Context, tx *sql.Tx, messages []sync.Message) error {
	rows := make([][]any, len(messages))
	for i, m := range messages {
		rows[i] = []any{
			m.ID, m.Sync, string(m.Stream), clean(m.Key), m.Digest, string(m.Op), prose(m.Where), string(m.State), m.Code, prose(m.Reason),
			clean(m.Effect), m.Run, millis(m.Received), millis(m.Changed), clean(m.Receipt), millis(m.Acked),
			historyLine(m.Changed, m.State, m.Code, m.Run), l.sealed(raw(m.Body)),
		}
	}
	return put(ctx, tx, `INSERT INTO sis_messages (`+messageColumns+`, body)`, rows, ``)
}

func supersede(ctx context.Context, tx *sql.Tx, d sync.Delta) error {
	return inChunks(d.Superseded, func(ids []string) error {
		_, err := tx.ExecContext(ctx, `UPDATE sis_messages SET state = 'superseded', changed_at = $1, history = history || CAST($2 AS TEXT)
			WHERE id IN (`+numbered(3, len(ids))+`)`,
			append([]any{millis(d.Pull.At), historyLine(d.Pull.At, sync.Superseded, "", d.Pull.Run)}, anys(ids)...)...)
		return err
	})
}

// judge writes what a plan decided about messages.
func judge(ctx context.Context, tx *sql.Tx, verdicts []sync.Verdict, by string, at time.Time) error {
	rows := make([][]any, len(verdicts))
	for i, v := range verdicts {
		rows[i] = []any{v.ID, string(v.State), v.Code, prose(v.Reason), clean(v.Effect), historyLine(at, v.State, v.Code, by)}
	}
	return inBulk(ctx, tx, rows, []any{millis(at)}, func(n int) string {
		return `UPDATE sis_messages SET
				state = v.column2, code = v.column3, reason = v.column4, effect = v.column5, changed_at = $1,
				history = history || v.column6
			FROM (VALUES ` + texted(2, n, 6) + `) AS v WHERE sis_messages.id = v.column1`
	})
}

// SISOpenMessages returns, oldest first and without their bodies, the messages
// of which it is not settled what becomes of them; the empty stream means all.
func (l *Ledger) SISOpenMessages(ctx context.Context, name string, stream sis.Stream) ([]sync.Message, error) {
	messages, err := list(ctx, l.read, scanMessage, `SELECT `+messageColumns+` FROM sis_messages
		WHERE sync = $1 AND state NOT IN ('applied', 'superseded') AND state <> 'duplicate' AND ($2 = '' OR stream = $2) ORDER BY id`, name, string(stream))
	return messages, wrap(err, "read open messages of sync %s", name)
}

// SISMessages returns the messages that f chooses, with their bodies, newest
// first.
func (l *Ledger) SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error) {
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
	where, values := chosen(f)
	messages, err := list(ctx, l.read, scan, `SELECT `+messageColumns+`, body FROM sis_messages`+where+`
		ORDER BY id DESC LIMIT `+numbered(len(values)+1, 1), append(values, page(f.Limit))...)
	return messages, wrap(err, "list messages of sync %s", f.Sync)
}

// chosen returns the condition for what f chooses. What is not asked for is
// not in it, so that an index serves the rest.
func chosen(f sync.MessageFilter) (where string, values []any) {
	glue := ` WHERE `
	add := func(condition, value string) {
		if value != "" {
			values = append(values, value)
			where += glue + strings.Replace(condition, "?", numbered(len(values), 1), 1)
			glue = ` AND `
		}
	}
	add(`sync = ?`, f.Sync)
	add(`stream = ?`, string(f.Stream))
	add(`state = ?`, string(f.State))
	add(`code = ?`, f.Code)
	add(`record = ?`, f.Record)
	add(`run = ?`, f.Run)
	add(`LOWER(record) LIKE ? ESCAPE '\'`, containing(f.Text))
	add(`id < ?`, f.Before)
	return where, values
}

// containing returns the pattern of what contains text, in any case.
func containing(text string) string {
	if text == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(clean(text))) + "%"
}

// page returns how many rows a list shows.
func page(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 500)
}

// SISMessageCounts returns how many messages of a sync are in each state, for
// each reason.
func (l *Ledger) SISMessageCounts(ctx context.Context, name string) ([]sync.MessageCount, error) {
	scan := func(r row) (c sync.MessageCount, err error) {
		var oldest int64
		err = r.Scan(&c.Stream, &c.State, &c.Code, &c.Count, &oldest)
		c.Oldest = instant(oldest)
		return c, err
	}
	counts, err := list(ctx, l.read, scan, `SELECT stream, state, code, COUNT(*), MIN(received_at) FROM sis_messages
		WHERE sync = $1 GROUP BY stream, state, code ORDER BY stream, state, code`, name)
	return counts, wrap(err, "count messages of sync %s", name)
}
