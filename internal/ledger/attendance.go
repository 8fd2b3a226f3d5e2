package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const attendanceTypes = `section TEXT, person TEXT, day TEXT, zone TEXT, minutes BIGINT, digest TEXT, posted BIGINT, sent BIGINT, revision BIGINT,
	state TEXT, code TEXT, message TEXT, receipt TEXT, sent_at BIGINT, changed_at BIGINT`

var (
	attendanceColumns = names(attendanceTypes)
	writeAttendance   = replacing("attendance", "sync TEXT, "+attendanceTypes, "sync, day, section, person")
	newSightings      = inserting("attendance_sightings", "sync TEXT, course TEXT, user_id TEXT, seen_at BIGINT", "ON CONFLICT DO NOTHING")
)

func scanAttendance(r row) (a sync.Attendance, err error) {
	var day string
	var posted sql.NullInt64
	var sent, changed int64
	err = r.Scan(&a.Section, &a.Person, &day, &a.Zone, &a.Minutes, &a.Digest, &posted, &a.Sent, &a.Revision,
		&a.State, &a.Code, &a.Message, &a.Receipt, &sent, &changed)
	if err != nil {
		return a, err
	}
	if posted.Valid {
		a.Posted = new(int(posted.Int64))
	}
	a.SentAt, a.Changed = instant(sent), instant(changed)
	return a, a.Day.UnmarshalText([]byte(day))
}

// CollectAttendance takes what collecting attendance has changed, all of it or
// nothing.
func (l *Ledger) CollectAttendance(ctx context.Context, c sync.Collected) error {
	err := l.writing(ctx, func(w writer) error {
		if err := putAttendance(ctx, w, c.Sync, c.Days); err != nil {
			return err
		}
		if err := putClasses(ctx, w, c.Sync, c.Classes); err != nil {
			return err
		}
		if err := putAttendanceHolds(ctx, w, c.Sync, c.Holds); err != nil {
			return err
		}
		return liftAttendanceHolds(ctx, w, c)
	})
	return wrap(err, "keep attendance of sync %s", c.Sync)
}

// PutAttendance says how days stand now.
func (l *Ledger) PutAttendance(ctx context.Context, name string, days []sync.Attendance) error {
	err := l.writing(ctx, func(w writer) error { return putAttendance(ctx, w, name, days) })
	return wrap(err, "keep attendance of sync %s", name)
}

func putAttendance(ctx context.Context, w writer, name string, days []sync.Attendance) error {
	return putAll(ctx, w, writeAttendance, days, func(a sync.Attendance) []any {
		var posted any
		if a.Posted != nil {
			posted = *a.Posted
		}
		return []any{
			name, clean(a.Section), clean(a.Person), a.Day.String(), a.Zone, a.Minutes, a.Digest, posted, a.Sent, a.Revision,
			string(a.State), a.Code, prose(a.Message), clean(a.Receipt), millis(a.SentAt), millis(a.Changed),
		}
	})
}

// Attendance returns what matches, the newest day first, then by section and
// person.
func (l *Ledger) Attendance(ctx context.Context, f sync.AttendanceFilter) ([]sync.Attendance, error) {
	where, args := attendanceWhere(f)
	query := `SELECT ` + attendanceColumns + ` FROM attendance WHERE ` + where + ` ORDER BY day DESC, section, person`
	if f.Limit > 0 {
		args = append(args, f.Limit)
		query += fmt.Sprintf(` LIMIT $%d`, len(args))
	}
	days, err := list(ctx, l.read, scanAttendance, query, args...)
	return days, wrap(err, "read attendance of sync %s", f.Sync)
}

func attendanceWhere(f sync.AttendanceFilter) (string, []any) {
	args := []any{f.Sync}
	where := `sync = $1`
	and := func(condition string, value string) {
		if value != "" {
			args = append(args, value)
			where += fmt.Sprintf(` AND `+condition+` $%d`, len(args))
		}
	}
	and(`day >=`, f.From.String())
	and(`day <=`, f.To.String())
	and(`section =`, f.Section)
	and(`person =`, f.Person)
	and(`state =`, string(f.State))
	and(`code =`, f.Code)
	if !f.After.Day.IsZero() {
		n := len(args)
		args = append(args, f.After.Day.String(), f.After.Section, f.After.Person)
		where += fmt.Sprintf(` AND (day < $%d OR (day = $%d AND (section > $%d OR (section = $%d AND person > $%d))))`, n+1, n+1, n+2, n+2, n+3)
	}
	return where, args
}

// AttendanceToPost returns days that the sink does not have as they are, up to
// a day, the oldest first. Those that the sink has nothing of are in it with
// least minutes or more.
func (l *Ledger) AttendanceToPost(ctx context.Context, name string, until sis.Date, least, limit int) ([]sync.Attendance, error) {
	days, err := list(ctx, l.read, scanAttendance, `SELECT `+attendanceColumns+` FROM attendance
		WHERE sync = $1 AND state = 'computed' AND day <= $2
			AND ((posted IS NULL AND minutes >= $3) OR posted <> minutes)
			AND NOT EXISTS (SELECT 1 FROM attendance_holds h WHERE h.sync = attendance.sync AND h.day = attendance.day
				AND h.section IN ('', attendance.section) AND h.released_at = 0)
		ORDER BY day, section, person LIMIT $4`, name, until.String(), least, limit)
	return days, wrap(err, "read attendance to post of sync %s", name)
}

// FeedbackDrops returns who dropped a section within so long after attendance
// was posted, since a time, and was not reported yet.
func (l *Ledger) FeedbackDrops(ctx context.Context, name string, since time.Time, within time.Duration) ([]sync.FeedbackDrop, error) {
	scan := func(r row) (d sync.FeedbackDrop, err error) {
		var day string
		var sent, dropped int64
		if err = r.Scan(&d.Section, &d.Person, &day, &d.Posted, &sent, &dropped); err != nil {
			return d, err
		}
		d.SentAt, d.Dropped = instant(sent), instant(dropped)
		return d, d.Day.UnmarshalText([]byte(day))
	}
	drops, err := list(ctx, l.read, scan, `SELECT a.section, a.person, a.day, a.sent, a.sent_at, m.received_at
		FROM attendance a JOIN sis_messages m ON m.sync = a.sync AND m.record = a.section || '|' || a.person || '|student' AND m.op = 'gone'
		WHERE a.sync = $1 AND a.sent_at >= $2 AND a.code <> $3 AND m.received_at >= a.sent_at AND m.received_at <= a.sent_at + $4
		ORDER BY a.day, a.section, a.person, m.received_at`, name, millis(since), sync.AttFeedback, within.Milliseconds())
	return drops, wrap(err, "look for drops after attendance of sync %s", name)
}

// AttendanceCounts counts days by state.
func (l *Ledger) AttendanceCounts(ctx context.Context, name string) (map[sync.AttendanceState]int64, error) {
	counts := map[sync.AttendanceState]int64{}
	err := l.tallied(ctx, `SELECT state, COUNT(*) FROM attendance WHERE sync = $1 GROUP BY state`,
		func(state string, n int64) { counts[sync.AttendanceState(state)] = n }, name)
	return counts, wrap(err, "count attendance of sync %s", name)
}

// AddSightings keeps when people were seen in courses.
func (l *Ledger) AddSightings(ctx context.Context, name string, seen []sis.Activity) error {
	err := l.writing(ctx, func(w writer) error {
		return putAll(ctx, w, newSightings, seen, func(a sis.Activity) []any {
			return []any{name, clean(a.Course), clean(a.User), millis(a.At)}
		})
	})
	return wrap(err, "keep sightings of sync %s", name)
}

// Sightings returns when people were seen in a course, from one instant to
// before another, in order.
func (l *Ledger) Sightings(ctx context.Context, name, course string, from, to time.Time) ([]sis.Activity, error) {
	scan := func(r row) (a sis.Activity, err error) {
		var seen int64
		err = r.Scan(&a.User, &seen)
		a.Course, a.At = course, instant(seen)
		return a, err
	}
	seen, err := list(ctx, l.read, scan, `SELECT user_id, seen_at FROM attendance_sightings
		WHERE sync = $1 AND course = $2 AND seen_at >= $3 AND seen_at < $4 ORDER BY seen_at, user_id`, name, course, millis(from), millis(to))
	return seen, wrap(err, "read sightings of sync %s", name)
}

// Sighting reports whether anybody was seen anywhere between two instants.
func (l *Ledger) Sighting(ctx context.Context, name string, from, to time.Time) (seen bool, err error) {
	var n int64
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 AS one FROM attendance_sightings
		WHERE sync = $1 AND seen_at >= $2 AND seen_at < $3 LIMIT 1) AS found`, name, millis(from), millis(to)).Scan(&n)
	return n > 0, wrap(err, "look for sightings of sync %s", name)
}
