package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// PutTasks keeps what workers announce at the time now. Of two builds that
// declare the same task, the newer one wins.
func (l *Ledger) PutTasks(ctx context.Context, now time.Time, announced []job.Declaration) error {
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
			return fmt.Errorf("put task %s: %w", name, err)
		}
		rows = append(rows, []any{key(name), raw(body), millis(d.BuiltAt), millis(now)})
	}
	err := insert(ctx, l.write, `INSERT INTO tasks (name, declaration, built_at, announced_at)`, rows,
		`ON CONFLICT (name) DO UPDATE SET
			announced_at = CASE WHEN excluded.announced_at > tasks.announced_at THEN excluded.announced_at ELSE tasks.announced_at END,
			declaration  = CASE WHEN excluded.built_at >= tasks.built_at THEN excluded.declaration ELSE tasks.declaration END,
			built_at     = CASE WHEN excluded.built_at >= tasks.built_at THEN excluded.built_at ELSE tasks.built_at END`)
	return wrap(err, "put tasks")
}

// Tasks returns the catalogue by name. A task that no worker has announced
// since the time given is marked as missing.
func (l *Ledger) Tasks(ctx context.Context, since time.Time) ([]job.Declaration, error) {
	scan := func(r row) (d job.Declaration, err error) {
		var body []byte
		var announced int64
		if err := r.Scan(&body, &announced); err != nil {
			return d, err
		}
		err = json.Unmarshal(body, &d)
		d.Missing = announced < millis(since)
		return d, err
	}
	tasks, err := list(ctx, l.read, scan, `SELECT declaration, announced_at FROM tasks ORDER BY name`)
	return tasks, wrap(err, "list tasks")
}
