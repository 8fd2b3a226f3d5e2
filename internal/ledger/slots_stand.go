package ledger

import (
	"context"
	"database/sql"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// standColumns are the columns of a slot s and how its job j stands.
var standColumns = `s.` + strings.ReplaceAll(slotColumns, ", ", ", s.") + `, COALESCE(j.state, ''), j.ended_at`

// standOf reads the slot of a span that the subquery finds, and how its job
// stands: the newest one, if people have started it again.
func standOf(found string) bulk {
	return joining(`place BIGINT, name TEXT, since BIGINT, until BIGINT`,
		`SELECT `+strings.ReplaceAll(standColumns, "s.job_id", "COALESCE(j.id, s.job_id)")+`, r.place
		FROM rows AS r
		JOIN slots AS s ON s.schedule = r.name AND s.due_at = (`+found+`)
		LEFT JOIN jobs AS j ON j.id = `+newestJob("s")+` AND s.job_id <> ''`)
}

// newestJob is the id of the job of a slot: of its newest retry, or else the
// first. A retry has the first one's tree, and like it no parent.
func newestJob(slot string) string {
	return `COALESCE((SELECT again.id FROM jobs AS again
		WHERE again.root = ` + slot + `.job_id AND again.root <> again.id AND again.retry_of <> '' AND again.parent = ''
		ORDER BY again.created_at DESC, again.id DESC LIMIT 1), ` + slot + `.job_id)`
}

var (
	newestStand   = standOf(`SELECT MAX(due_at) FROM slots WHERE schedule = r.name AND due_at >= r.since AND due_at < r.until`)
	furthestStand = standOf(`SELECT o.due_at FROM slots AS o LEFT JOIN jobs AS k ON k.id = ` + newestJob("o") + ` AND o.job_id <> ''
		WHERE o.schedule = r.name AND o.due_at >= r.since AND o.due_at < r.until
		ORDER BY CASE WHEN k.state = 'succeeded' AND o.outcome IN ('ran', 'ran_late', 'caught_up') THEN 0
			WHEN o.outcome = 'intended' OR o.outcome IN ('ran', 'ran_late', 'caught_up') AND k.ended_at IS NULL THEN 1
			ELSE 2 END, o.due_at DESC LIMIT 1`)
)

// SlotStands returns the slots that are asked for and how their jobs stand, in
// that order. One that there is not is zero.
func (l *Ledger) SlotStands(ctx context.Context, spans []job.SlotSpan) ([]job.SlotStand, error) {
	all := make([]job.SlotStand, len(spans))
	var newest, furthest [][]any
	for i, s := range spans {
		row := []any{int64(i), key(s.Schedule), millis(s.From), millis(s.To)}
		if s.Any {
			furthest = append(furthest, row)
		} else {
			newest = append(newest, row)
		}
	}
	err := l.stands(ctx, newestStand, newest, all)
	if err == nil {
		err = l.stands(ctx, furthestStand, furthest, all)
	}
	return all, wrap(err, "read how %d slots stand", len(spans))
}

// scanStand reads a slot and how its job stands.
func scanStand(r row) (s job.SlotStand, err error) {
	var ended sql.NullInt64
	s.Slot, err = scanSlot(also{r, []any{&s.State, &ended}})
	s.Ended = instant(ended.Int64)
	return s, err
}

// stands reads rows into the places of all that they name.
func (l *Ledger) stands(ctx context.Context, b bulk, rows [][]any, all []job.SlotStand) error {
	scan := func(r row) (struct{}, error) {
		var place int64
		stand, err := scanStand(also{r, []any{&place}})
		if err == nil {
			all[place] = stand
		}
		return struct{}{}, err
	}
	for len(rows) > 0 {
		n, query, args := 1, b.each, rows[0]
		if l.dialect == postgres {
			n = min(len(rows), rowsPerArray)
			query, args = b.arrays, arrays(b.columns, rows[:n])
		}
		if _, err := list(ctx, l.read, scan, query, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
