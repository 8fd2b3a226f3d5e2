package sqlsource

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A pull is one stream on its way to emit.
type pull struct {
	DB
	tx     *sql.Tx
	stream sis.Stream
	from   string // a table, or a query in parentheses
	emit   func(sis.Record) error

	columns columns
	high    cursor // the greatest updated_at that was seen
	result  sis.Result
}

// A stopped is an error of emit, which is not about the database.
type stopped struct{ error }

// name is what may be read without a SELECT: a table, with its schema, quoted or
// not.
var name = regexp.MustCompile("^[\\w.\"`\\[\\]]+$")

func fromOf(query string) string {
	query = strings.TrimRight(strings.TrimSpace(query), "; \t\r\n")
	if name.MatchString(query) {
		return query
	}
	return "(" + query + "\n)" // which ends a comment, too
}

func (p *pull) run(ctx context.Context, since cursor) error {
	if err := p.describe(ctx); err != nil {
		return err
	}
	statement, args := "SELECT * FROM "+p.from+" AS roster", []any(nil)
	if delta := !since.at.IsZero() && p.columns.has(updatedAt); delta {
		statement += " WHERE updated_at IS NULL OR updated_at >= " + cmp.Or(p.Placeholder, "$1")
		args = append(args, since.less(cmp.Or(p.Overlap, 30*time.Minute)))
	} else {
		p.result.Complete = true
	}
	if err := p.rows(ctx, statement, args); err != nil {
		p.result.Complete = false
		return err
	}
	if p.columns.has(updatedAt) {
		p.result.Cursor = p.high.upTo(time.Now()).String()
	}
	return nil
}

// describe asks for the columns and for no row.
func (p *pull) describe(ctx context.Context) error {
	rows, err := p.tx.QueryContext(ctx, "SELECT * FROM "+p.from+" AS roster WHERE 1 = 0")
	if err != nil {
		return err
	}
	defer rows.Close()
	found, err := rows.Columns()
	if err == nil {
		p.columns, err = columnsOf(p.stream, found)
	}
	if err != nil {
		return err
	}
	return rows.Err()
}

func (p *pull) rows(ctx context.Context, statement string, args []any) error {
	rows, err := p.tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]any, len(p.columns))
	places := make([]any, len(values))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if err := p.row(values); err != nil {
			return stopped{err}
		}
	}
	return rows.Err()
}

func (p *pull) row(values []any) error {
	p.result.Rows++
	r := p.reading(values)
	got := r.record(meanings[p.stream])
	if got.Problem != nil {
		p.result.Problems++
	}
	return p.emit(got)
}

func (p *pull) where() string { return fmt.Sprintf("%s, row %d", p.stream, p.result.Rows) }
