package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const scheduleColumns = `name, task, client, base, rule, declared, overrides, notices, revision, paused_until, pause_note,
	missing, problem, created_at, runs, decided_at`

const scheduleRows = ` FROM schedules JOIN schedule_progress ON schedule = name `

func scanSchedule(r row) (s job.Schedule, err error) {
	var d scheduleDocuments
	var declared, missing, created, decided int64
	var paused sql.NullInt64
	err = r.Scan(&s.Name, &s.Task, &s.Client, &d.base, &d.rule, &declared, &d.overrides, &d.notices, &s.Revision, &paused, &s.PauseNote,
		&missing, &s.Problem, &created, &s.Runs, &decided)
	if err != nil {
		return s, err
	}
	s.Declared, s.Missing, s.PausedUntil = declared != 0, missing != 0, known(paused)
	s.Created, s.Decided = instant(created), instant(decided)
	return s, d.read(&s)
}

// scheduleDocuments are the parts of a schedule that are kept as JSON.
type scheduleDocuments struct{ base, rule, overrides, notices string }

func documentsOf(s job.Schedule) (d scheduleDocuments, err error) {
	return d, errors.Join(
		writeJSON(&d.base, ruled(s.Base)), writeJSON(&d.rule, ruled(s.Rule)),
		writeJSONList(&d.overrides, s.Overrides), writeJSONList(&d.notices, s.Notices))
}

// ruled returns r with arguments, which are an object even if there are none.
func ruled(r job.Rule) job.Rule {
	r.Args = json.RawMessage(raw(r.Args))
	return r
}

// read reads d into s. Most schedules are as they were declared: what would be
// read a second time is not.
func (d scheduleDocuments) read(s *job.Schedule) error {
	err := errors.Join(readJSON(d.base, &s.Base), readJSON(d.overrides, &s.Overrides), readJSON(d.notices, &s.Notices))
	if d.rule == d.base {
		s.Rule = s.Base
		return err
	}
	return errors.Join(err, readJSON(d.rule, &s.Rule))
}

// Schedules returns all schedules by name.
func (l *Ledger) Schedules(ctx context.Context) ([]job.Schedule, error) {
	schedules, err := list(ctx, l.read, scanSchedule, `SELECT `+scheduleColumns+scheduleRows+`ORDER BY name`)
	return schedules, wrap(err, "list schedules")
}

// Schedule returns one schedule.
func (l *Ledger) Schedule(ctx context.Context, name string) (job.Schedule, error) {
	s, err := scanSchedule(l.read.QueryRowContext(ctx, `SELECT `+scheduleColumns+scheduleRows+`WHERE name = $1`, key(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fault.New(fault.NotFound, "There is no schedule %q.", name).In("schedule")
	}
	return s, wrap(err, "read schedule %s", name)
}

// SaveSchedule writes a schedule that a person has changed, and the changes,
// provided that its revision still is was; zero means that it must be new. Its
// revision is the next one then. Otherwise nothing is written, and that is a
// fault.Conflict; and a fault.Invalid if it would come after itself in the end.
//
// What others write meanwhile stays: how many runs it had, whether it is
// missing, and the time up to which it is decided, which only moves forward.
func (l *Ledger) SaveSchedule(ctx context.Context, s job.Schedule, was int64, changes []job.Change) error {
	changes = slices.Clone(changes)
	for i := range changes {
		changes[i].Schedule = s.Name
	}
	err := l.changeTimetable(ctx, changes, func(w writer) error {
		put := editSchedule
		if was == 0 {
			put = addSchedule
		}
		if err := put(ctx, w, s, was); err != nil {
			return err
		}
		if err := checkOrder(ctx, w, s, was, changes); err != nil {
			return err
		}
		return w.put(ctx, progress, [][]any{progressOf(s)})
	})
	return wrap(err, "save schedule %s", s.Name)
}

var newSchedules = inserting("schedules", `name TEXT, task TEXT, client TEXT, base TEXT, rule TEXT, declared BIGINT, overrides TEXT,
	notices TEXT, revision BIGINT, paused_until BIGINT, pause_note TEXT, missing BIGINT, problem TEXT, created_at BIGINT`, `ON CONFLICT (name) DO NOTHING`).returning("name")

// progress begins the progress of schedules that are new. Of others it only
// moves forward what is decided.
var progress = inserting("schedule_progress", `schedule TEXT, decided_at BIGINT, runs BIGINT`,
	`ON CONFLICT (schedule) DO UPDATE SET decided_at = excluded.decided_at WHERE schedule_progress.decided_at < excluded.decided_at`)

func progressOf(s job.Schedule) []any { return []any{key(s.Name), millis(s.Decided), int64(0)} }

// newSchedule returns the values that newSchedules writes.
func newSchedule(s job.Schedule) ([]any, error) {
	d, err := documentsOf(s)
	return []any{
		key(s.Name), key(s.Task), key(s.Client), d.base, d.rule, flag(s.Declared), d.overrides, d.notices, int64(1),
		maybe(s.PausedUntil), prose(s.PauseNote), flag(s.Missing), prose(s.Problem), millis(s.Created),
	}, err
}

func addSchedule(ctx context.Context, w writer, s job.Schedule, _ int64) error {
	values, err := newSchedule(s)
	if err != nil {
		return err
	}
	added, err := w.putReturning(ctx, newSchedules, [][]any{values})
	if err == nil && len(added) == 0 {
		return fault.New(fault.Conflict, "There already is a schedule %q.", s.Name).In("name")
	}
	return err
}

func editSchedule(ctx context.Context, w writer, s job.Schedule, was int64) error {
	d, err := documentsOf(s)
	if err != nil {
		return err
	}
	ok, err := changed(w.ExecContext(ctx, `UPDATE schedules SET
			task = $1, client = $2, base = $3, rule = $4, declared = $5, overrides = $6, notices = $7, revision = revision + 1,
			paused_until = $8, pause_note = $9, problem = $10
		WHERE name = $11 AND revision = $12`,
		key(s.Task), key(s.Client), d.base, d.rule, flag(s.Declared), d.overrides, d.notices,
		maybe(s.PausedUntil), prose(s.PauseNote), prose(s.Problem), key(s.Name), was))
	return unlessOutdated(ok, err, "schedule", s.Name)
}

// DeleteSchedule deletes a schedule, provided that its revision still is was,
// and notes the change. Its slots and changes stay.
func (l *Ledger) DeleteSchedule(ctx context.Context, name string, was int64, change job.Change) error {
	change.Schedule = name
	err := l.changeTimetable(ctx, []job.Change{change}, func(w writer) error {
		ok, err := changed(w.ExecContext(ctx, `DELETE FROM schedules WHERE name = $1 AND revision = $2`, key(name), was))
		return unlessOutdated(ok, err, "schedule", name)
	})
	return wrap(err, "delete schedule %s", name)
}

// unlessOutdated returns the conflict of a change that found another revision
// than it was made from.
func unlessOutdated(ok bool, err error, kind, name string) error {
	if err == nil && !ok {
		return fault.New(fault.Conflict, "The %s %q was changed or deleted by somebody else meanwhile. Read it again first.", kind, name)
	}
	return err
}
