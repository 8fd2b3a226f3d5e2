package ledger

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// bulkValues is how many values one statement takes. SQLite looks each one up
// by its name, $1 and so on, among all before it: more values would make a
// statement slower by their square.
const bulkValues = 120

// inBulk runs a statement for rows, so many at a time that it stays fast, and
// prepares it once. The statement is made for a number of rows; common values
// come first in it.
func inBulk(ctx context.Context, tx *sql.Tx, rows [][]any, common []any, statement func(rows int) string) error {
	if len(rows) == 0 {
		return nil
	}
	size := max(1, bulkValues/len(rows[0]))
	whole := len(rows) / size * size
	for _, part := range [][][]any{rows[:whole], rows[whole:]} {
		if len(part) == 0 {
			continue
		}
		if err := prepared(ctx, tx, slices.Collect(slices.Chunk(part, min(size, len(part)))), common, statement); err != nil {
			return err
		}
	}
	return nil
}

// prepared runs a statement for chunks of the same number of rows.
func prepared(ctx context.Context, tx *sql.Tx, chunks [][][]any, common []any, statement func(rows int) string) error {
	run, err := tx.PrepareContext(ctx, statement(len(chunks[0])))
	if err != nil {
		return err
	}
	defer run.Close()
	for _, rows := range chunks {
		if _, err := run.ExecContext(ctx, slices.Concat(common, slices.Concat(rows...))...); err != nil {
			return err
		}
	}
	return nil
}

// put inserts many rows, or changes those that are there as tail says.
func put(ctx context.Context, tx *sql.Tx, head string, rows [][]any, tail string) error {
	return inBulk(ctx, tx, rows, nil, func(n int) string {
		return head + ` VALUES ` + placeholders(n, len(rows[0])) + ` ` + tail
	})
}

// texted is like placeholders, from the first on, and says that all are texts.
func texted(first, rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteString(", ")
			}
			b.WriteString("CAST(" + numbered(first+i*columns+c, 1) + " AS TEXT)")
		}
		b.WriteByte(')')
	}
	return b.String()
}
