package ledger

import (
	"context"
	"time"
)

var prunedSlots = bulk{
	columns: columns("pruned_at BIGINT, schedule TEXT, due_at BIGINT, job_id TEXT"),
	each:    "UPDATE slots SET pruned_at = ? WHERE schedule = ? AND due_at = ? AND job_id = ?",
	arrays: "UPDATE slots SET pruned_at = r.pruned_at FROM " + unnest(columns("pruned_at BIGINT, schedule TEXT, due_at BIGINT, job_id TEXT")) +
		" WHERE slots.schedule = r.schedule AND slots.due_at = r.due_at AND slots.job_id = r.job_id",
}

// countRemoved counts those jobs of candidates that are gone: out of the counts of
// lists, into those of history. A slot stays, and knows when its job went.
func (w writer) countRemoved(ctx context.Context, candidates []candidate, gone []string, now time.Time) error {
	went := make(map[string]bool, len(gone))
	for _, id := range gone {
		went[id] = true
	}
	counts, past := tally{}, chronicle{}
	var slots [][]any
	for _, h := range candidates {
		if !went[h.ID] {
			continue
		}
		counts[tallied{h.Client, h.Task, h.State}]--
		past.at(&h.Job).pruned++
		if h.Slot != nil {
			slots = append(slots, []any{millis(now), h.Schedule, millis(*h.Slot), h.ID})
		}
	}
	if err := counts.save(ctx, w.Tx); err != nil {
		return err
	}
	if err := past.save(ctx, w); err != nil {
		return err
	}
	return w.put(ctx, prunedSlots, slots)
}
