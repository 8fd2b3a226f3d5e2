package ledger

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const messageTypes = `id TEXT, sync TEXT, stream TEXT, record TEXT, digest TEXT, op TEXT, place TEXT, state TEXT, code TEXT, reason TEXT,
	effect TEXT, run TEXT, received_at BIGINT, changed_at BIGINT, receipt TEXT, acked_at BIGINT, history TEXT`

var (
	messageColumns = names(messageTypes)
	newMessages    = inserting("sis_messages", messageTypes+", body TEXT", "")
	judgements     = joining("id TEXT, state TEXT, code TEXT, reason TEXT, effect TEXT, changed_at BIGINT, line TEXT",
		`UPDATE sis_messages SET state = r.state, code = r.code, reason = r.reason, effect = r.effect, changed_at = r.changed_at,
			history = history || r.line FROM rows AS r WHERE sis_messages.id = r.id`)
)

func scanMessage(r row) (m sync.Message, err error) {
	var received, changed, acked int64
	var history string
	err = r.Scan(&m.ID, &m.Sync, &m.Stream, &m.Key, &m.Digest, &m.Op, &m.Where, &m.State, &m.Code, &m.Reason,
		&m.Effect, &m.Run, &received, &changed, &m.Receipt, &acked, &history)
	m.Received, m.Changed, m.Acked, m.History = instant(received), instant(changed), instant(acked), readHistory(history)
	return m, err
}

func (l *Ledger) putSISMessages(ctx context.Context, w writer, messages iter.Seq[sync.Message]) error {
	if messages == nil {
		return nil
	}
	return putEvery(ctx, w, newMessages, messages, func(m sync.Message) []any {
		return []any{
			m.ID, m.Sync, string(m.Stream), clean(m.Key), m.Digest, string(m.Op), prose(m.Where), string(m.State), m.Code, prose(m.Reason),
			clean(m.Effect), m.Run, millis(m.Received), millis(m.Changed), clean(m.Receipt), millis(m.Acked),
			historyLine(m.Changed, m.State, m.Code, m.Run), l.sealed(raw(m.Body)),
		}
	})
}

func supersede(ctx context.Context, w writer, d sync.Delta) error {
	return inChunks(d.Superseded, func(ids []string) error {
		_, err := w.ExecContext(ctx, `UPDATE sis_messages SET state = 'superseded', changed_at = $1, history = history || CAST($2 AS TEXT)
			WHERE id IN (`+numbered(3, len(ids))+`)`,
			append([]any{millis(d.Pull.At), historyLine(d.Pull.At, sync.Superseded, "", d.Pull.Run)}, anys(ids)...)...)
		return err
	})
}

// judge writes what a plan decided about messages.
func judge(ctx context.Context, w writer, verdicts []sync.Verdict, by string, at time.Time) error {
	return putAll(ctx, w, judgements, verdicts, func(v sync.Verdict) []any {
		return []any{v.ID, string(v.State), v.Code, prose(v.Reason), clean(v.Effect), millis(at), historyLine(at, v.State, v.Code, by)}
	})
}

// openColumns are what the sync itself looks at of a message.
const openColumns = `id, stream, record, digest, op, place, state, code, reason, effect, received_at`

// openStates are the states that can still change, as SQL. They are named one
// by one so that an index finds them.
var openStates = func() string {
	var names []string
	for _, s := range sync.MessageStates {
		if !s.Final() {
			names = append(names, "'"+string(s)+"'")
		}
	}
	return strings.Join(names, ", ")
}()

func scanOpen(r row) (m sync.Message, err error) {
	var received int64
	err = r.Scan(&m.ID, &m.Stream, &m.Key, &m.Digest, &m.Op, &m.Where, &m.State, &m.Code, &m.Reason, &m.Effect, &received)
	m.Received = instant(received)
	return m, err
}

// EachSISOpenMessage calls take with the messages of a stream of which it is
// not settled what becomes of them, oldest first; the empty stream means all.
// They come without their bodies, runs, receipts and histories.
func (l *Ledger) EachSISOpenMessage(ctx context.Context, name string, stream sis.Stream, take func(sync.Message)) error {
	err := every(ctx, l.read, scanOpen, take, `SELECT `+openColumns+` FROM sis_messages
		WHERE sync = $1 AND state IN (`+openStates+`) AND ($2 = '' OR stream = $2) ORDER BY id`, name, string(stream))
	return wrap(err, "read open messages of sync %s", name)
}

// SISMessages returns the messages that f chooses, with their bodies, newest
// first.
func (l *Ledger) SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error) {
	where, values := chosen(f)
	messages, err := l.bodied(ctx, where+` ORDER BY id DESC LIMIT `+numbered(len(values)+1, 1), append(values, page(f.Limit))...)
	return messages, wrap(err, "list messages of sync %s", f.Sync)
}

// chosen returns the condition for what f chooses. What is not asked for is
// not in it, so that an index serves the rest. The first value is the sync.
func chosen(f sync.MessageFilter) (where string, values []any) {
	where, values = ` WHERE sync = $1`, []any{f.Sync}
	if f.Sync == "" {
		where = ` WHERE $1 = ''`
	}
	add := func(condition, value string) {
		if value != "" {
			values = append(values, value)
			where += ` AND ` + strings.ReplaceAll(condition, "?", numbered(len(values), 1))
		}
	}
	add(`stream = ?`, string(f.Stream))
	add(`state = ?`, string(f.State))
	add(`code = ?`, f.Code)
	add(`record = ?`, f.Record)
	add(`run = ?`, f.Run)
	add(messagesOfSection, f.Section)
	add(messagesOfPerson, f.Person)
	add(messagesOfTerm, listed(f.Term))
	add(`LOWER(record) LIKE ? ESCAPE '\'`, containing(f.Text))
	add(`id < ?`, f.Before)
	return where, values
}

// What messages are about: themselves, or the registrations that stand for it.
const (
	messagesOfSection = `stream IN ('sections', 'registrations') AND record IN (
		SELECT record FROM sis_registrations WHERE sync = $1 AND section = ? UNION ALL SELECT CAST(? AS TEXT))`
	messagesOfPerson = `stream IN ('persons', 'registrations') AND record IN (
		SELECT record FROM sis_registrations WHERE sync = $1 AND person = ? UNION ALL SELECT CAST(? AS TEXT))`
	messagesOfTerm = `stream IN ('sections', 'registrations') AND EXISTS (
		SELECT 1 FROM sis_sections s LEFT JOIN sis_registrations g ON g.sync = s.sync AND g.record = sis_messages.record
		WHERE s.sync = $1 AND s.record = COALESCE(g.section, sis_messages.record) AND s.terms LIKE ? ESCAPE '\')`
)

// listed returns the pattern of a list that one is in, as [asList] writes it.
func listed(one string) string {
	if one == "" {
		return ""
	}
	text := strings.Trim(asList([]string{one}), "[]")
	return "%" + escaped(text) + "%"
}

// containing returns the pattern of what contains text, in any case.
func containing(text string) string {
	if text == "" {
		return ""
	}
	return "%" + escaped(strings.ToLower(clean(text))) + "%"
}

// escaped returns text as LIKE takes it for itself.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
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
