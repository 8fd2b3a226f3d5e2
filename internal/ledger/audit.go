package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// An auditRow is a row of the audit as it is stored and hashed: a request, or
// the outcome of one. Requests are written before they are carried out, and
// their outcome afterwards in a row of its own, so that no row ever changes.
//
// The hash is the SHA-256, in hexadecimal, of the previous row's hash and the
// columns in the order of this struct, each written as a netstring: its length
// in bytes, a colon, its text, a comma. Numbers are decimal and times
// milliseconds. The first row's previous hash is empty.
//
// The chain shows that a row was changed, taken out or put between others. It
// cannot show that the newest rows were cut off, or that all was written anew:
// for that a hash must be kept elsewhere.
type auditRow struct {
	seq, asked, at       int64
	actor, method, route string
	target, content      string
	reason, requestID    string
	status               int64
	hash                 string
}

const auditColumns = `seq, asked, at, actor, method, route, target, content, reason, request_id, status, hash`

func scanAuditRow(r row) (a auditRow, err error) {
	err = r.Scan(&a.seq, &a.asked, &a.at, &a.actor, &a.method, &a.route, &a.target, &a.content, &a.reason, &a.requestID, &a.status, &a.hash)
	return a, err
}

// hashAfter returns the hash of a behind a row with the hash prev.
func (a auditRow) hashAfter(prev string) string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	h := sha256.New()
	for _, text := range []string{
		prev, number(a.seq), number(a.asked), number(a.at), a.actor, a.method, a.route, a.target, a.content, a.reason, a.requestID, number(a.status),
	} {
		fmt.Fprintf(h, "%d:%s,", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// AppendAudit adds a request to the end of the audit and returns its number.
func (l *Ledger) AppendAudit(ctx context.Context, e job.AuditEntry) (int64, error) {
	seq, err := l.chain(ctx, auditRow{
		at: millis(e.At), actor: key(e.Actor), method: key(e.Method), route: key(e.Route), target: key(e.Target),
		content: prose(e.Content), reason: prose(e.Reason), requestID: key(e.RequestID), status: int64(e.Status),
	})
	return seq, wrap(err, "write the audit")
}

// AppendOutcome adds what became of a request of the audit. A second outcome
// of the same is an error.
func (l *Ledger) AppendOutcome(ctx context.Context, asked int64, o job.AuditOutcome) error {
	_, err := l.chain(ctx, auditRow{asked: asked, at: millis(o.At), content: prose(o.Content), status: int64(o.Status)})
	return wrap(err, "write outcome of request %d in the audit", asked)
}

// chain adds a row behind the last one.
func (l *Ledger) chain(ctx context.Context, a auditRow) (int64, error) {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{tx, l.dialect}
		if err := w.takeAuditTurn(ctx); err != nil {
			return err
		}
		var last auditRow
		err := w.QueryRowContext(ctx, `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&last.seq, &last.hash)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		a.seq = last.seq + 1
		a.hash = a.hashAfter(last.hash)
		return insert(ctx, w, `INSERT INTO audit (`+auditColumns+`)`, [][]any{{
			a.seq, a.asked, a.at, a.actor, a.method, a.route, a.target, a.content, a.reason, a.requestID, a.status, a.hash,
		}}, ``)
	})
	return a.seq, err
}

// takeAuditTurn lets only one transaction add to the audit at a time. The
// timetable has a turn of its own, so that neither waits for the other.
func (w writer) takeAuditTurn(ctx context.Context) error {
	if w.dialect != postgres {
		return nil
	}
	_, err := w.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext('beadle audit ' || current_schema()))`)
	return err
}

// Audit returns requests of the audit with their outcomes, the newest first
// unless f says otherwise.
func (l *Ledger) Audit(ctx context.Context, f job.AuditFilter) ([]job.AuditEntry, error) {
	where, args := auditWhere(f)
	order := "DESC"
	if f.Oldest {
		order = "ASC"
	}
	args = append(args, atMost(f.Limit))
	query := fmt.Sprintf(`SELECT a.seq, a.at, a.actor, a.method, a.route, a.target, a.content, a.reason, a.request_id, a.status, a.hash,
			o.seq, o.at, o.status, o.content, o.hash
		FROM (SELECT `+auditColumns+` FROM audit WHERE %s ORDER BY seq %s LIMIT $%d) a
		LEFT JOIN audit o ON o.asked = a.seq AND o.asked <> 0 ORDER BY a.seq %[2]s`, where, order, len(args))
	all, err := list(ctx, l.read, scanAudit, query, args...)
	return all, wrap(err, "list the audit")
}

// auditWhere returns what of the audit f chooses.
func auditWhere(f job.AuditFilter) (string, []any) {
	conditions, args := []string{"asked = 0"}, []any{}
	add := func(given bool, condition string, value any) {
		if given {
			args = append(args, value)
			conditions = append(conditions, fmt.Sprintf(condition, len(args)))
		}
	}
	kind := !strings.Contains(f.Target, "/")
	add(f.Actor != "", `actor = $%d`, key(f.Actor))
	add(f.Target != "" && !kind, `target = $%d`, key(f.Target))
	add(f.Target != "" && kind, `(target = $%[1]d OR substr(target, 1, length($%[1]d) + 1) = $%[1]d || '/')`, key(f.Target))
	add(!f.From.IsZero(), `at >= $%d`, millis(f.From))
	add(!f.To.IsZero(), `at < $%d`, millis(f.To))
	add(f.Before > 0, `seq < $%d`, f.Before)
	add(f.After > 0, `seq > $%d`, f.After)
	return strings.Join(conditions, " AND "), args
}

func scanAudit(r row) (e job.AuditEntry, err error) {
	var at int64
	var seq, answered, status sql.NullInt64
	var content, hash sql.NullString
	err = r.Scan(&e.Seq, &at, &e.Actor, &e.Method, &e.Route, &e.Target, &e.Content, &e.Reason, &e.RequestID, &e.Status, &e.Hash,
		&seq, &answered, &status, &content, &hash)
	e.At = instant(at)
	if seq.Valid {
		e.Outcome = &job.AuditOutcome{Seq: seq.Int64, At: instant(answered.Int64), Status: int(status.Int64), Content: content.String, Hash: hash.String}
	}
	return e, err
}

// VerifyAudit reads all of the audit, row by row, and stops at the first that
// does not fit to the one before.
func (l *Ledger) VerifyAudit(ctx context.Context) (c job.AuditCheck, err error) {
	rows, err := l.read.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY seq`)
	if err != nil {
		return c, wrap(err, "verify the audit")
	}
	defer rows.Close()
	for rows.Next() {
		a, err := scanAuditRow(rows)
		if err != nil {
			return c, wrap(err, "verify the audit")
		}
		if c.Broken = a.breaks(c); c.Broken != nil {
			return c, nil
		}
		c.Rows, c.Head = a.seq, a.hash
	}
	return c, wrap(rows.Err(), "verify the audit")
}

// breaks says why a does not fit behind the rows that c has seen; nil: it fits.
func (a auditRow) breaks(c job.AuditCheck) *job.AuditBreak {
	switch {
	case a.seq != c.Rows+1:
		return &job.AuditBreak{Seq: c.Rows + 1, Why: "The row is missing."}
	case a.hash != a.hashAfter(c.Head):
		return &job.AuditBreak{Seq: a.seq, Why: "The hash is not that of the row and the one before: the row was changed, or put in later."}
	}
	return nil
}
