package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const calendarColumns = `name, title, exclusions, revision`

func scanCalendar(r row) (c job.Calendar, err error) {
	var exclusions string
	if err := r.Scan(&c.Name, &c.Title, &exclusions, &c.Revision); err != nil {
		return c, err
	}
	return c, readJSON(exclusions, &c.Exclusions)
}

// Calendars returns all calendars by name.
func (l *Ledger) Calendars(ctx context.Context) ([]job.Calendar, error) {
	calendars, err := list(ctx, l.read, scanCalendar, `SELECT `+calendarColumns+` FROM calendars ORDER BY name`)
	return calendars, wrap(err, "list calendars")
}

// Calendar returns one calendar.
func (l *Ledger) Calendar(ctx context.Context, name string) (job.Calendar, error) {
	c, err := scanCalendar(l.read.QueryRowContext(ctx, `SELECT `+calendarColumns+` FROM calendars WHERE name = $1`, key(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, "There is no calendar %q.", name).In("calendar")
	}
	return c, wrap(err, "read calendar %s", name)
}

// SaveCalendar writes a calendar and notes the change, provided that its
// revision still is was; zero means that it must be new. Its revision is the
// next one then. Otherwise nothing is written, and that is a fault.Conflict.
func (l *Ledger) SaveCalendar(ctx context.Context, c job.Calendar, was int64, change job.Change) error {
	err := l.changeCalendar(ctx, c.Name, change, func(w writer) error {
		if was == 0 {
			return addCalendar(ctx, w, c)
		}
		return editCalendar(ctx, w, c, was)
	})
	return wrap(err, "save calendar %s", c.Name)
}

func addCalendar(ctx context.Context, w writer, c job.Calendar) error {
	var exclusions string
	if err := writeJSONList(&exclusions, c.Exclusions); err != nil {
		return err
	}
	ok, err := changed(w.ExecContext(ctx,
		`INSERT INTO calendars (`+calendarColumns+`) VALUES ($1, $2, $3, 1) ON CONFLICT (name) DO NOTHING`,
		key(c.Name), prose(c.Title), exclusions))
	if err == nil && !ok {
		return fault.New(fault.Conflict, "There already is a calendar %q.", c.Name).In("name")
	}
	return err
}

func editCalendar(ctx context.Context, w writer, c job.Calendar, was int64) error {
	var exclusions string
	if err := writeJSONList(&exclusions, c.Exclusions); err != nil {
		return err
	}
	ok, err := changed(w.ExecContext(ctx,
		`UPDATE calendars SET title = $1, exclusions = $2, revision = revision + 1 WHERE name = $3 AND revision = $4`,
		prose(c.Title), exclusions, key(c.Name), was))
	return unlessOutdated(ok, err, "calendar", c.Name)
}

// DeleteCalendar deletes a calendar, provided that its revision still is was,
// and notes the change. Its changes stay.
func (l *Ledger) DeleteCalendar(ctx context.Context, name string, was int64, change job.Change) error {
	err := l.changeCalendar(ctx, name, change, func(w writer) error {
		ok, err := changed(w.ExecContext(ctx, `DELETE FROM calendars WHERE name = $1 AND revision = $2`, key(name), was))
		return unlessOutdated(ok, err, "calendar", name)
	})
	return wrap(err, "delete calendar %s", name)
}

func (l *Ledger) changeCalendar(ctx context.Context, name string, change job.Change, do func(w writer) error) error {
	change.Schedule = "calendar " + name
	return l.changeTimetable(ctx, []job.Change{change}, do)
}
