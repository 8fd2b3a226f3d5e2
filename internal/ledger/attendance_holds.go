package ledger

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

var writeClasses = replacing("attendance_classes", "sync TEXT, section TEXT, day TEXT, students BIGINT, attended BIGINT", "sync, day, section")

func putClasses(ctx context.Context, w writer, name string, classes []sync.AttendanceClass) error {
	return putAll(ctx, w, writeClasses, classes, func(c sync.AttendanceClass) []any {
		return []any{name, clean(c.Section), c.Day.String(), c.Students, c.Attended}
	})
}

// AttendanceClasses returns how many attended on the days from one to another,
// by day and section.
func (l *Ledger) AttendanceClasses(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceClass, error) {
	scan := func(r row) (c sync.AttendanceClass, err error) {
		var day string
		if err = r.Scan(&c.Section, &day, &c.Students, &c.Attended); err != nil {
			return c, err
		}
		return c, c.Day.UnmarshalText([]byte(day))
	}
	classes, err := list(ctx, l.read, scan, `SELECT section, day, students, attended FROM attendance_classes
		WHERE sync = $1 AND day >= $2 AND day <= $3 ORDER BY day, section`, name, from.String(), to.String())
	return classes, wrap(err, "read who attended in sync %s", name)
}

const attendanceHoldTypes = `section TEXT, day TEXT, code TEXT, reason TEXT, students BIGINT, attended BIGINT, made_at BIGINT,
	released_by TEXT, because TEXT, released_at BIGINT`

var (
	attendanceHoldColumns = names(attendanceHoldTypes)
	writeAttendanceHolds  = replacing("attendance_holds", "sync TEXT, "+attendanceHoldTypes, "sync, day, section")
)

func scanAttendanceHold(r row) (h sync.AttendanceHold, err error) {
	var day string
	var made, released int64
	err = r.Scan(&h.Section, &day, &h.Code, &h.Reason, &h.Students, &h.Attended, &made, &h.ReleasedBy, &h.Because, &released)
	if err != nil {
		return h, err
	}
	h.Made, h.Released = instant(made), instant(released)
	return h, h.Day.UnmarshalText([]byte(day))
}

// AttendanceHolds returns the holds of days from one to another, zero for no
// bound, the newest day first.
func (l *Ledger) AttendanceHolds(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceHold, error) {
	last := to.String()
	if to.IsZero() {
		last = "9999-12-31"
	}
	holds, err := list(ctx, l.read, scanAttendanceHold, `SELECT `+attendanceHoldColumns+` FROM attendance_holds
		WHERE sync = $1 AND day >= $2 AND day <= $3 ORDER BY day DESC, section`, name, from.String(), last)
	return holds, wrap(err, "read held attendance of sync %s", name)
}

func putAttendanceHolds(ctx context.Context, w writer, name string, holds []sync.AttendanceHold) error {
	return putAll(ctx, w, writeAttendanceHolds, holds, func(h sync.AttendanceHold) []any {
		return []any{
			name, clean(h.Section), h.Day.String(), h.Code, prose(h.Reason), h.Students, h.Attended, millis(h.Made),
			clean(h.ReleasedBy), prose(h.Because), millis(h.Released),
		}
	})
}

// liftAttendanceHolds ends holds whose reason is gone, unless a person ended
// them already.
func liftAttendanceHolds(ctx context.Context, w writer, c sync.Collected) error {
	for _, h := range c.Lifted {
		_, err := w.ExecContext(ctx, `DELETE FROM attendance_holds WHERE sync = $1 AND day = $2 AND section = $3 AND released_at = 0`,
			c.Sync, h.Day.String(), h.Section)
		if err != nil {
			return err
		}
	}
	return nil
}

// ReleaseAttendance lets a held day of a section be posted, or of the whole
// sync if the section is empty, and what nobody knows the outcome of be posted
// again. It returns how many days of people that is; a day of which nothing is
// held or unknown is [fault.NotFound].
func (l *Ledger) ReleaseAttendance(ctx context.Context, name, section string, day sis.Date, by, why string, at time.Time) (n int64, err error) {
	err = l.writing(ctx, func(w writer) error {
		lifted, err := changed(w.ExecContext(ctx, `UPDATE attendance_holds SET released_by = $1, because = $2, released_at = $3
			WHERE sync = $4 AND day = $5 AND section = $6 AND released_at = 0`, clean(by), prose(why), millis(at), name, day.String(), section))
		if err != nil {
			return err
		}
		n, err = freeAttendance(ctx, w, name, section, day, at)
		if err == nil && n == 0 && !lifted {
			return fault.New(fault.NotFound, "Nothing of %s is held or unknown%s.", day, inSection(section))
		}
		return err
	})
	return n, wrap(err, "release attendance of sync %s", name)
}

func inSection(section string) string {
	if section == "" {
		return ""
	}
	return " in section " + section
}

func freeAttendance(ctx context.Context, w writer, name, section string, day sis.Date, at time.Time) (int64, error) {
	res, err := w.ExecContext(ctx, `UPDATE attendance SET state = 'computed', code = '', message = '', changed_at = $1
		WHERE sync = $2 AND day = $3 AND (section = $4 OR $4 = '') AND state IN ('held', 'unknown')
			AND NOT EXISTS (SELECT 1 FROM attendance_holds h WHERE h.sync = attendance.sync AND h.day = attendance.day
				AND h.section IN ('', attendance.section) AND h.released_at = 0)`, millis(at), name, day.String(), section)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
