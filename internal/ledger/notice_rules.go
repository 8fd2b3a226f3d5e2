package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// NoticeRules returns all rules of who is told what, by name, with their
// secrets.
func (l *Ledger) NoticeRules(ctx context.Context) ([]notice.Rule, error) {
	rules, err := list(ctx, l.read, scanNoticeRule, `SELECT body, revision, changed FROM notice_rules ORDER BY name`)
	return rules, wrap(err, "list rules of notices")
}

// NoticeRule returns one of them.
func (l *Ledger) NoticeRule(ctx context.Context, name string) (notice.Rule, error) {
	r, err := scanNoticeRule(l.read.QueryRowContext(ctx, `SELECT body, revision, changed FROM notice_rules WHERE name = $1`, key(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.New(fault.NotFound, "There is no rule of notices called %s.", name)
	}
	return r, wrap(err, "read rule of notices %s", name)
}

func scanNoticeRule(r row) (rule notice.Rule, err error) {
	var body string
	var revision, changed int64
	if err := r.Scan(&body, &revision, &changed); err != nil {
		return rule, err
	}
	err = readJSON(body, &rule)
	rule.Revision, rule.Changed = revision, instant(changed)
	return rule, err
}

// PutNoticeRule adds a rule, or replaces the one of its revision; 0 is that of a
// rule which is not there.
func (l *Ledger) PutNoticeRule(ctx context.Context, r notice.Rule) (notice.Rule, error) {
	var body string
	if err := writeJSON(&body, r); err != nil {
		return r, wrap(err, "write rule of notices %s", r.Name)
	}
	values := []any{key(r.Name), key(r.Owner), flag(r.Paused), flag(r.Measures()), body, millis(r.Changed)}
	query := `INSERT INTO notice_rules (name, owner, paused, measures, body, changed, revision) VALUES ($1, $2, $3, $4, $5, $6, 1)
		ON CONFLICT (name) DO NOTHING`
	if r.Revision > 0 {
		query = `UPDATE notice_rules SET owner = $2, paused = $3, measures = $4, body = $5, changed = $6, revision = revision + 1
			WHERE name = $1 AND revision = $7`
		values = append(values, r.Revision)
	}
	done, err := changed(l.write.ExecContext(ctx, query, values...))
	if err == nil && !done {
		return r, fault.New(fault.Conflict, "The rule %s has changed in the meantime, or is there already; look at it again.", r.Name)
	}
	r.Revision++
	return r, wrap(err, "put rule of notices %s", r.Name)
}

// DeleteNoticeRule takes a rule away. What it has decided to tell is still told
// where the rule is not needed for it.
func (l *Ledger) DeleteNoticeRule(ctx context.Context, name string) error {
	there, err := changed(l.write.ExecContext(ctx, `DELETE FROM notice_rules WHERE name = $1`, key(name)))
	if err == nil && !there {
		return fault.New(fault.NotFound, "There is no rule of notices called %s.", name)
	}
	return wrap(err, "delete rule of notices %s", name)
}
