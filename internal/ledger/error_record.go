package ledger

import (
	"context"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A failure is an attempt that failed just now.
type failure struct {
	of *record
	*attempt
}

// nameErrors gives the new errors of the batch their fingerprints. It reads
// nothing unless there are some.
func (b *batch) nameErrors(ctx context.Context, w writer) error {
	if len(b.errors)+len(b.failures) == 0 {
		return nil
	}
	if err := b.readTasks(ctx, w); err != nil {
		return err
	}
	for _, f := range b.failures {
		o := occurrenceOf(f.of.ID, f.of.Client, f.of.Task, job.AttemptFailedCode, f.Error, millis(*f.Ended))
		f.fingerprint, f.client = o.fingerprint, o.client
		b.groups.add(o)
	}
	return nil
}

// readTasks adds their tasks to the jobs with new errors that were known.
func (b *batch) readTasks(ctx context.Context, w writer) error {
	wanted := map[string]*record{}
	want := func(r *record) {
		if r.Task == "" {
			wanted[r.ID] = r
		}
	}
	for _, e := range b.errors {
		want(e.of)
	}
	for _, f := range b.failures {
		want(f.of)
	}
	if len(wanted) == 0 {
		return nil
	}
	ids := make([]string, 0, len(wanted))
	for id := range wanted {
		ids = append(ids, id)
	}
	where, arg, err := w.among("id", ids)
	if err != nil {
		return err
	}
	scan := func(row row) (id string, err error) {
		var task string
		err = row.Scan(&id, &task)
		wanted[id].Task = task
		return id, err
	}
	_, err = list(ctx, w, scan, `SELECT id, task FROM jobs WHERE `+where, arg)
	return err
}

// errorID is what statements return of an error that they wrote.
const errorID = "job_id || ' ' || seq"

var newJobErrors = inserting("job_errors",
	"job_id TEXT, seq BIGINT, attempt BIGINT, record TEXT, code TEXT, message TEXT, at BIGINT, fingerprint TEXT, client TEXT",
	"ON CONFLICT (job_id, seq) DO NOTHING").returning(errorID)

// putJobErrors adds record errors, and counts those that are new. One that is
// there already stays as it is.
func (b *batch) putJobErrors(ctx context.Context, w writer) error {
	rows := make([][]any, len(b.errors))
	told := make(map[string]occurrence, len(b.errors))
	for i, e := range b.errors {
		o := occurrenceOf(e.of.ID, e.of.Client, e.of.Task, e.Code, e.Message, millis(e.At))
		rows[i] = []any{o.job, e.Seq, int64(e.Attempt), prose(e.Key), o.code, o.message, o.at, o.fingerprint, o.client}
		if id := fmt.Sprint(o.job, " ", e.Seq); told[id].job == "" {
			told[id] = o
		}
	}
	return b.groups.countNew(ctx, w, newJobErrors, rows, told)
}

// countNew writes rows and counts those that were written.
func (g *groups) countNew(ctx context.Context, w writer, into bulk, rows [][]any, told map[string]occurrence) error {
	written, err := w.putReturning(ctx, into, rows)
	for _, id := range written {
		g.add(told[id])
	}
	return err
}
