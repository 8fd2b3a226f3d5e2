package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/job"
)

// metaTimetable is the fact how often schedules and calendars were changed.
const metaTimetable = "timetable"

// ScheduleVersion returns a number that grows with every change of a schedule
// or a calendar. What [Ledger.PutSlots] writes is none. Whoever reads it before
// the schedules never takes old ones for new.
func (l *Ledger) ScheduleVersion(ctx context.Context) (int64, error) {
	text, err := meta(ctx, l.read, metaTimetable)
	if err != nil {
		return 0, wrap(err, "read version of the timetable")
	}
	version, err := strconv.ParseInt(text, 10, 64)
	return version, wrap(err, "read version of the timetable")
}

// changeTimetable calls do in a transaction and notes the changes. The version
// comes first: it lets only one such transaction run at a time, and so gives
// the changes their order.
func (l *Ledger) changeTimetable(ctx context.Context, changes []job.Change, do func(w writer) error) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = $1`, metaTimetable)
		if err != nil {
			return err
		}
		if err := do(writer{tx, l.dialect}); err != nil {
			return err
		}
		return putChanges(ctx, tx, changes)
	})
}

const changeColumns = `seq, schedule, at, actor, reason, layer, field, was, becomes`

func putChanges(ctx context.Context, tx *sql.Tx, changes []job.Change) error {
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM schedule_changes`).Scan(&last); err != nil {
		return err
	}
	rows := make([][]any, len(changes))
	for i, c := range changes {
		rows[i] = []any{
			last + int64(i) + 1, key(c.Schedule), millis(c.At), key(c.By), prose(c.Reason), string(c.Layer), key(c.Field),
			clean(string(c.Old)), clean(string(c.New)),
		}
	}
	return insert(ctx, tx, `INSERT INTO schedule_changes (`+changeColumns+`)`, rows, ``)
}

func scanChange(r row) (c job.Change, err error) {
	var at int64
	var was, becomes string
	err = r.Scan(&c.Seq, &c.Schedule, &at, &c.By, &c.Reason, &c.Layer, &c.Field, &was, &becomes)
	c.At, c.Old, c.New = instant(at), document(was), document(becomes)
	return c, err
}

// document returns the JSON that was stored as text, if any was.
func document(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// Changes returns what was changed of a schedule, the newest first; of all
// schedules and calendars if schedule is empty. Those of a calendar have
// "calendar " and its name for a schedule.
func (l *Ledger) Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error) {
	query := `SELECT ` + changeColumns + ` FROM schedule_changes ORDER BY seq DESC LIMIT $1`
	args := []any{atMost(limit)}
	if schedule != "" {
		query = `SELECT ` + changeColumns + ` FROM schedule_changes WHERE schedule = $2 ORDER BY seq DESC LIMIT $1`
		args = append(args, key(schedule))
	}
	changes, err := list(ctx, l.read, scanChange, query, args...)
	return changes, wrap(err, "list changes of the timetable")
}
