package ledger

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/beadle-jobs/beadle/internal/job"
)

// PutTasks keeps what workers announce now. Of two builds that declare the same
// task, the newer one wins. A task that is known and not among those announced
// is marked as missing.
func (l *Ledger) PutTasks(ctx context.Context, announced []job.Declaration) error {
	rows, err := taskRows(announced)
	if err == nil {
		err = l.inTx(ctx, func(tx *sql.Tx) error { return putTasks(ctx, tx, rows) })
	}
	return wrap(err, "put tasks")
}

func putTasks(ctx context.Context, tx *sql.Tx, rows [][]any) error {
	if _, err := tx.ExecContext(ctx, `UPDATE tasks SET missing = 1`); err != nil {
		return err
	}
	return insert(ctx, tx, `INSERT INTO tasks (name, declaration, built_at, missing)`, rows,
		`ON CONFLICT (name) DO UPDATE SET
			missing     = 0,
			declaration = CASE WHEN excluded.built_at >= tasks.built_at THEN excluded.declaration ELSE tasks.declaration END,
			built_at    = CASE WHEN excluded.built_at >= tasks.built_at THEN excluded.built_at ELSE tasks.built_at END`)
}

// taskRows returns the newest declaration of each task.
func taskRows(announced []job.Declaration) ([][]any, error) {
	newest := map[string]job.Declaration{}
	for _, d := range announced {
		if have, ok := newest[d.Name]; !ok || d.BuiltAt.After(have.BuiltAt) {
			newest[d.Name] = d
		}
	}
	var rows [][]any
	for name, d := range newest {
		d.Missing = false
		body, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []any{key(name), raw(body), millis(d.BuiltAt), 0})
	}
	return rows, nil
}

// Tasks returns the catalogue by name.
func (l *Ledger) Tasks(ctx context.Context) ([]job.Declaration, error) {
	tasks, err := list(ctx, l.read, scanTask, `SELECT declaration, missing FROM tasks ORDER BY name`)
	return tasks, wrap(err, "list tasks")
}

func scanTask(r row) (d job.Declaration, err error) {
	var body []byte
	var missing int64
	if err := r.Scan(&body, &missing); err != nil {
		return d, err
	}
	err = json.Unmarshal(body, &d)
	d.Missing = missing != 0
	return d, err
}
