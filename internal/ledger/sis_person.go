package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// SISPerson returns all that is kept about a person.
func (l *Ledger) SISPerson(ctx context.Context, name, key string) (sync.PersonFile, error) {
	f := sync.PersonFile{Sync: name}
	rows, err := knownOf(ctx, l.read, scanPerson, sis.Persons, name, ` AND record = $2`, key)
	if err == nil && len(rows) == 0 {
		return f, fault.New(fault.NotFound, "The SIS has sent no person %q for sync %s.", key, name).In("person")
	}
	if err != nil {
		return f, wrap(err, "read a person of sync %s", name)
	}
	f.Person, f.Gone = rows[0].Record, rows[0].Gone
	for _, read := range []func(context.Context, string, string, *sync.PersonFile) error{
		l.fileAccount, l.fileRegistrations, l.fileEnrolments, l.fileMessages, l.fileEffects, l.fileAttendance, l.fileSightings,
	} {
		if err := read(ctx, name, key, &f); err != nil {
			return f, wrap(err, "read a person of sync %s", name)
		}
	}
	return f, nil
}

func (l *Ledger) fileAccount(ctx context.Context, name, key string, f *sync.PersonFile) error {
	link, err := scanPersonLink(l.read.QueryRowContext(ctx, `SELECT `+personLinkColumns+` FROM sis_person_links
		WHERE sync = $1 AND person = $2`, name, key))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	f.Account = &link
	return err
}

func (l *Ledger) fileRegistrations(ctx context.Context, name, key string, f *sync.PersonFile) error {
	rows, err := knownOf(ctx, l.read, scanRegistration, sis.Registrations, name, ` AND person = $2`, key)
	for _, r := range rows {
		f.Registrations = append(f.Registrations, r.Record)
	}
	return err
}

func (l *Ledger) fileEnrolments(ctx context.Context, name, key string, f *sync.PersonFile) (err error) {
	f.Enrolments, err = list(ctx, l.read, scanApplied, `SELECT `+appliedColumns+` FROM sis_applied
		WHERE sync = $1 AND person = $2 ORDER BY course, role`, name, key)
	return err
}

// fileMessages reads the messages about the person, and about the person's
// registrations.
func (l *Ledger) fileMessages(ctx context.Context, name, key string, f *sync.PersonFile) error {
	records := []string{key}
	for _, g := range f.Registrations {
		records = append(records, sync.RegistrationKey(g))
	}
	for _, record := range records {
		for before := ""; ; {
			some, err := l.SISMessages(ctx, sync.MessageFilter{Sync: name, Record: record, Before: before, Limit: 500})
			if err != nil {
				return err
			}
			f.Messages = append(f.Messages, some...)
			if len(some) < 500 {
				break
			}
			before = some[len(some)-1].ID
		}
	}
	return nil
}

func (l *Ledger) fileEffects(ctx context.Context, name, key string, f *sync.PersonFile) error {
	return l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sis_effects WHERE sync = $1 AND person = $2`, name, key).Scan(&f.Effects)
}

func (l *Ledger) fileAttendance(ctx context.Context, name, key string, f *sync.PersonFile) (err error) {
	f.Attendance, err = l.Attendance(ctx, sync.AttendanceFilter{Sync: name, Person: key})
	return err
}

// fileSightings reads when the person's account was seen.
func (l *Ledger) fileSightings(ctx context.Context, name, _ string, f *sync.PersonFile) (err error) {
	if f.Account == nil || f.Account.User == "" {
		return nil
	}
	scan := func(r row) (s sync.Sighting, err error) {
		var at int64
		err = r.Scan(&s.Course, &at)
		s.At = instant(at)
		return s, err
	}
	f.Seen, err = list(ctx, l.read, scan, `SELECT course, seen_at FROM attendance_sightings
		WHERE sync = $1 AND user_id = $2 ORDER BY seen_at, course`, name, f.Account.User)
	return err
}

// EraseSISPerson removes names, e-mail and username of a person who is gone from
// the SIS, wherever they are kept, and when they were seen in the LMS. Keys stay: without them it could not be
// said any more what was done. Whoever the SIS still sends is refused: the next
// pull would bring everything back.
func (l *Ledger) EraseSISPerson(ctx context.Context, name, key string) (e sync.Erasure, err error) {
	f, err := l.SISPerson(ctx, name, key)
	if err != nil {
		return e, err
	}
	if !f.Gone {
		return e, fault.New(fault.Conflict, "The SIS still sends person %q, and would bring everything back. Remove the person there first.", key)
	}
	err = l.writing(ctx, func(w writer) error { return erase(ctx, w, name, key, &e) })
	return e, wrap(err, "erase a person of sync %s", name)
}

func erase(ctx context.Context, w writer, name, key string, e *sync.Erasure) error {
	if _, err := count(ctx, w, `UPDATE sis_persons SET username = '', email = '', given = '', family = '' WHERE sync = $1 AND record = $2`, name, key); err != nil {
		return err
	}
	links, err := count(ctx, w, `UPDATE sis_person_links SET username = '', email = '', given = '', family = '' WHERE sync = $1 AND person = $2`, name, key)
	if err != nil {
		return err
	}
	e.Account = links > 0
	e.Seen, err = count(ctx, w, `DELETE FROM attendance_sightings WHERE sync = $1
		AND user_id = (SELECT user_id FROM sis_person_links WHERE sync = $1 AND person = $2)`, name, key)
	if err != nil {
		return err
	}
	e.Messages, err = count(ctx, w, `UPDATE sis_messages SET body = '{}' WHERE sync = $1 AND stream = 'persons' AND record = $2 AND body <> '{}'`, name, key)
	if err != nil {
		return err
	}
	e.Effects, err = count(ctx, w, `UPDATE sis_effects SET was = '', becomes = '{}' WHERE sync = $1 AND person = $2
		AND op IN ('create_user', 'update_user') AND becomes <> '{}' AND state NOT IN ('planned', 'held', 'sent', 'unknown')`, name, key)
	return err
}

// count runs a statement and returns how many rows it changed.
func count(ctx context.Context, w writer, statement string, values ...any) (int64, error) {
	result, err := w.ExecContext(ctx, statement, values...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
