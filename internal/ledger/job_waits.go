package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Waits returns what a job waited for, the first thing first; at most
// [job.MaxWaits].
func (l *Ledger) Waits(ctx context.Context, id string) (waits job.Waits, err error) {
	var text string
	err = l.read.QueryRowContext(ctx, `SELECT waits FROM job_waits WHERE job_id = $1`, key(id)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = readJSON(text, &waits)
	}
	return waits, wrap(err, "read waits of job %s", id)
}

// readWaits adds their waits to records that wait, or are about to. Most jobs
// never do, and nothing is asked for them.
func readWaits(ctx context.Context, w writer, records map[string]*record, entries []events.Entry) error {
	ids := waiting(records, entries)
	if len(ids) == 0 {
		return nil
	}
	where, arg, err := w.among("job_id", ids)
	if err != nil {
		return err
	}
	scan := func(row row) (id string, err error) {
		var text string
		if err := row.Scan(&id, &text); err != nil {
			return id, err
		}
		return id, readJSON(text, &records[id].waits)
	}
	_, err = list(ctx, w, scan, `SELECT job_id, waits FROM job_waits WHERE `+where, arg)
	return err
}

// waiting returns the known jobs that wait, or of which entries say that they
// begin to.
func waiting(records map[string]*record, entries []events.Entry) (ids []string) {
	for id, r := range records {
		if r.State == job.Waiting {
			ids = append(ids, id)
		}
	}
	for _, entry := range entries {
		if r := records[waiterOf(entry.Event)]; r != nil && r.State != job.Waiting {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// waiterOf returns the job that begins to wait; empty if none does.
func waiterOf(e events.Event) string {
	switch e := e.(type) {
	case events.JobWaiting:
		return key(e.ID)
	case events.JobEnqueued:
		if e.Job.State == job.Waiting {
			return key(e.Job.ID)
		}
	}
	return ""
}

var putWaits = inserting("job_waits", "job_id TEXT, waits TEXT", "ON CONFLICT (job_id) DO UPDATE SET waits = excluded.waits")

// saveWaits writes the waits of records that began or ended one.
func saveWaits(ctx context.Context, w writer, records []*record) error {
	var rows [][]any
	for _, r := range records {
		if !r.waited {
			continue
		}
		var text string
		if err := writeJSON(&text, r.waits); err != nil {
			return err
		}
		rows = append(rows, []any{r.ID, text})
	}
	return w.put(ctx, putWaits, rows)
}
