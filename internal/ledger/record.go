package ledger

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Record writes what entries of the event stream say, and the position behind
// them, in one transaction. It returns how many of them it could do nothing
// with: their job is not known here, or their kind.
//
// The entries must be those that follow the position after. If that is no
// longer the position, somebody else has recorded them: Record changes nothing
// and returns a fault.Conflict. An entry that is applied again, because the
// stream was read from its start once more, changes nothing either.
func (l *Ledger) Record(ctx context.Context, after string, entries []events.Entry) (skipped int, err error) {
	_, skipped, err = l.RecordSteps(ctx, after, entries)
	return skipped, err
}

// RecordSteps is [Ledger.Record], and tells what happened to jobs thereby.
func (l *Ledger) RecordSteps(ctx context.Context, after string, entries []events.Entry) (steps []job.Step, skipped int, err error) {
	if len(entries) == 0 {
		return nil, 0, nil
	}
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		if err := advance(ctx, tx, after, entries[len(entries)-1].ID); err != nil {
			return err
		}
		w := writer{tx, l.dialect}
		b, err := readBatch(ctx, w, entries)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			b.apply(entry)
		}
		steps, skipped = b.steps, b.skipped
		if err := b.save(ctx, w); err != nil {
			return err
		}
		return b.tell(ctx, w, entries)
	})
	if err != nil {
		return nil, 0, wrap(err, "record %d events", len(entries))
	}
	return steps, skipped, nil
}

// readBatch reads what is recorded of the jobs that entries speak of.
func readBatch(ctx context.Context, w writer, entries []events.Entry) (*batch, error) {
	b, err := readJobs(ctx, w, jobsOf(entries))
	if err != nil {
		return nil, err
	}
	return b, readWaits(ctx, w, b.records, entries)
}

// readJobs reads what is recorded of jobs, what they waited for apart.
func readJobs(ctx context.Context, w writer, ids []string) (*batch, error) {
	b := &batch{records: map[string]*record{}, counts: tally{}}
	records, err := readRecords(ctx, w, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		b.records[r.ID] = r
	}
	return b, readAttempts(ctx, w, b.records)
}

// jobsOf returns the ids of the jobs that entries speak of, each once.
func jobsOf(entries []events.Entry) []string {
	var ids []string
	for _, entry := range entries {
		if entry.Event != nil {
			ids = append(ids, key(entry.Event.JobID()))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// save writes what has changed, jobs first because the rest refers to them.
func (b *batch) save(ctx context.Context, w writer) error {
	var touched []*record
	for _, r := range b.records {
		if r.touched {
			touched = append(touched, r)
		}
	}
	// Neighbours in the tables and their indexes are written one after the other.
	slices.SortFunc(touched, func(a, b *record) int { return strings.Compare(a.ID, b.ID) })
	if err := b.nameErrors(ctx, w); err != nil {
		return err
	}
	if err := putJobs(ctx, w, touched); err != nil {
		return err
	}
	if err := putAttempts(ctx, w, touched); err != nil {
		return err
	}
	if err := saveWaits(ctx, w, touched); err != nil {
		return err
	}
	if err := b.putJobErrors(ctx, w); err != nil {
		return err
	}
	if err := b.groups.save(ctx, w); err != nil {
		return err
	}
	if err := putJobLogs(ctx, w, b.lines); err != nil {
		return err
	}
	if err := b.counts.save(ctx, w.Tx); err != nil {
		return err
	}
	past := chronicle{}
	for _, r := range touched {
		past.note(r)
	}
	return past.save(ctx, w)
}
