package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A bulk is a way to write many rows of one table. The two databases want it
// differently: SQLite is fastest with a small statement that is prepared once
// and run for each row, PostgreSQL with one statement that takes an array for
// each column.
type bulk struct {
	columns []column
	each    string // takes a row
	arrays  string // takes columns
}

// A column of a bulk has a name and the type of its values: TEXT for strings,
// BIGINT for int64, int and nil.
type column struct{ name, kind string }

// columns reads "id TEXT, number BIGINT".
func columns(text string) (all []column) {
	for one := range strings.SplitSeq(text, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(one), " ")
		all = append(all, column{name, kind})
	}
	return all
}

// join puts what is said of each column, and of its number from one on,
// between commas.
func join(columns []column, say func(c column, n int) string) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = say(c, i+1)
	}
	return strings.Join(all, ", ")
}

func name(c column, _ int) string { return c.name }

// unnamed is a placeholder of SQLite's. Its driver looks each of the others up
// by its name, for each row.
func unnamed(column, int) string { return "?" }

// unnest says how arrays, one for each column, are read as rows named r.
func unnest(columns []column) string {
	return "unnest(" + join(columns, func(c column, n int) string { return fmt.Sprintf("$%d::%s[]", n, c.kind) }) +
		") AS r (" + join(columns, name) + ")"
}

// inserting returns the bulk that inserts rows, or does what conflict says
// about those that are there.
func inserting(table, list, conflict string) bulk {
	return insertingColumns(table, columns(list), conflict)
}

func insertingColumns(table string, c []column, conflict string) bulk {
	head := "INSERT INTO " + table + " (" + join(c, name) + ") "
	return bulk{
		columns: c,
		each:    head + "VALUES (" + join(c, unnamed) + ") " + conflict,
		arrays:  head + "SELECT * FROM " + unnest(c) + " " + conflict,
	}
}

// names returns "id, number" for "id TEXT, number BIGINT".
func names(list string) string { return join(columns(list), name) }

// replacing returns the bulk that inserts rows, or writes them over those with
// the same keys, given as "sync, record".
func replacing(table, list, keys string) bulk {
	known := strings.Split(keys, ", ")
	rest := slices.DeleteFunc(columns(list), func(c column) bool { return slices.Contains(known, c.name) })
	return inserting(table, list, "ON CONFLICT ("+keys+") DO UPDATE SET "+
		join(rest, func(c column, _ int) string { return c.name + " = excluded." + c.name }))
}

// changing returns the bulk that sets columns of the rows which the last
// column finds.
func changing(table, list string) bulk {
	c := columns(list)
	set, found := c[:len(c)-1], c[len(c)-1].name
	return bulk{
		columns: c,
		each: "UPDATE " + table + " SET " + join(set, func(c column, n int) string { return fmt.Sprintf("%s = $%d", c.name, n) }) +
			fmt.Sprintf(" WHERE %s = $%d", found, len(c)),
		arrays: "UPDATE " + table + " SET " + join(set, func(c column, _ int) string { return c.name + " = r." + c.name }) +
			" FROM " + unnest(c) + " WHERE " + table + "." + found + " = r." + found,
	}
}

// joining returns the bulk of a statement that reads its rows FROM rows AS r,
// each at most once.
func joining(list, statement string) bulk {
	c := columns(list)
	one := "(SELECT " + join(c, func(c column, n int) string { return fmt.Sprintf("$%d AS %s", n, c.name) }) + ") AS r"
	return bulk{
		columns: c,
		each:    strings.Replace(statement, "rows AS r", one, 1),
		arrays:  strings.Replace(statement, "rows AS r", unnest(c), 1),
	}
}

// returning returns b such that it returns a text of each row that it wrote.
func (b bulk) returning(text string) bulk {
	b.each += " RETURNING " + text
	b.arrays += " RETURNING " + text
	return b
}

// A dialect says which database it is: PostgreSQL, or else SQLite.
type dialect bool

const postgres dialect = true

// A writer is a transaction that knows its database.
type writer struct {
	*sql.Tx
	dialect
}

// rowsPerArray bounds the arrays of one statement.
const rowsPerArray = 2000

// put writes rows, whose values are in the order of b's columns.
func (w writer) put(ctx context.Context, b bulk, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if w.dialect != postgres {
		return w.putEach(ctx, b.each, rows)
	}
	for len(rows) > 0 {
		some := rows[:min(len(rows), rowsPerArray)]
		rows = rows[len(some):]
		if _, err := w.ExecContext(ctx, b.arrays, arrays(b.columns, some)...); err != nil {
			return err
		}
	}
	return nil
}

// putAll writes a row for each of many things. It makes a few rows at a time:
// all of them would take a multiple of the memory of what they are made from.
func putAll[T any](ctx context.Context, w writer, b bulk, all []T, row func(T) []any) error {
	return putEvery(ctx, w, b, slices.Values(all), row)
}

// putEvery is putAll of things that are made one by one too.
func putEvery[T any](ctx context.Context, w writer, b bulk, all iter.Seq[T], row func(T) []any) error {
	var rows [][]any
	for one := range all {
		rows = append(rows, row(one))
		if len(rows) < rowsPerArray {
			continue
		}
		if err := w.put(ctx, b, rows); err != nil {
			return err
		}
		rows = rows[:0]
	}
	return w.put(ctx, b, rows)
}

// putEach runs a statement for each row. It looks at ctx itself: the driver
// would start a goroutine for each row to watch it.
func (w writer) putEach(ctx context.Context, statement string, rows [][]any) error {
	run, err := w.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	defer run.Close()
	unwatched := context.WithoutCancel(ctx)
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := run.ExecContext(unwatched, row...); err != nil {
			return err
		}
	}
	return nil
}

// putReturning writes rows like put, and returns the texts that b returns of
// those that it wrote. What a condition in b kept as it was is not among them.
func (w writer) putReturning(ctx context.Context, b bulk, rows [][]any) (texts []string, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	if w.dialect != postgres {
		return w.returningEach(ctx, b.each, rows)
	}
	for some := range slices.Chunk(rows, rowsPerArray) {
		written, err := list(ctx, w, scanText, b.arrays, arrays(b.columns, some)...)
		if err != nil {
			return nil, err
		}
		texts = append(texts, written...)
	}
	return texts, nil
}

// returningEach is putEach of a statement that returns a text.
func (w writer) returningEach(ctx context.Context, statement string, rows [][]any) (texts []string, err error) {
	run, err := w.PrepareContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	unwatched := context.WithoutCancel(ctx)
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text, err := scanText(run.QueryRowContext(unwatched, row...))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// arrays turns rows into columns.
func arrays(columns []column, rows [][]any) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		if c.kind == "TEXT" {
			all[i] = textArray(rows, i)
		} else {
			all[i] = numberArray(rows, i)
		}
	}
	return all
}

func textArray(rows [][]any, i int) []string {
	all := make([]string, len(rows))
	for n, row := range rows {
		all[n], _ = row[i].(string)
	}
	return all
}

func numberArray(rows [][]any, i int) []*int64 {
	all := make([]*int64, len(rows))
	for n, row := range rows {
		switch number := row[i].(type) {
		case int64:
			all[n] = &number
		case int:
			all[n] = new(int64(number))
		}
	}
	return all
}

// namesPerQuery bounds a query that looks something up for each of many names.
// For many more PostgreSQL would rather read the whole table, or compile the
// query.
const namesPerQuery = 500

// among returns the condition that column is one of texts, which are its only
// argument.
func (d dialect) among(column string, texts []string) (condition string, arg any, err error) {
	if d == postgres {
		return column + " = ANY($1)", texts, nil
	}
	body, err := json.Marshal(texts)
	return column + " IN (SELECT value FROM json_each($1))", string(body), err
}

// each returns texts, which are the only argument, as rows with a name.
func (d dialect) each(texts []string) (rows string, arg any, err error) {
	if d == postgres {
		return "unnest($1::TEXT[]) AS r (name)", texts, nil
	}
	body, err := json.Marshal(texts)
	return "(SELECT value AS name FROM json_each($1)) AS r", string(body), err
}
