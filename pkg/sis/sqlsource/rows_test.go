package sqlsource_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sqlsource"
)

// selected pulls what a SELECT says, of a database without tables.
func selected(ctx context.Context, t testing.TB, stream sis.Stream, query string) (all []sis.Record, err error) {
	t.Helper()
	source := sqlsource.DB{DB: sqlite(t), Queries: map[sis.Stream]string{stream: query}, Timeout: 5 * time.Second}
	_, err = source.Pull(ctx, sis.Request{Stream: stream}, func(r sis.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

func only(t testing.TB, stream sis.Stream, query string) sis.Record {
	t.Helper()
	all, err := selected(t.Context(), t, stream, query)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d records, error %v, want one", len(all), err)
	}
	return all[0]
}

func wantCode(t *testing.T, err error, code string, temporary bool, words ...string) {
	t.Helper()
	e, ok := errors.AsType[*sis.Error](err)
	if !ok || e.Code != code || e.Temporary != temporary {
		t.Fatalf("error = %v, want %s", err, code)
	}
	for _, w := range words {
		if !strings.Contains(e.Message, w) {
			t.Errorf("message %q does not say %q", e.Message, w)
		}
	}
}

func TestAQueryWithoutAColumnIsRefusedByItsName(t *testing.T) {
	_, err := selected(t.Context(), t, sis.Persons, "SELECT 1 AS ID, 'sam' AS username, 'Sam' AS given_name")
	wantCode(t, err, "SRC_SCHEMA", false, "persons", "lacks the column family_name", "Its columns are: ID, username, given_name.")

	_, err = selected(t.Context(), t, sis.Persons, "SELECT 1 AS id, 2 AS Id")
	wantCode(t, err, "SRC_SCHEMA", false)

	for _, query := range []string{"nowhere", "SELEC 1", "SELECT 1 AS id; DROP TABLE x"} {
		_, err = selected(t.Context(), t, sis.Persons, query)
		wantCode(t, err, "SRC_SCHEMA", false, "persons")
	}
	_, err = sqlsource.DB{DB: sqlite(t)}.Pull(t.Context(), sis.Request{Stream: sis.Persons}, nil)
	wantCode(t, err, "CONFIG_INVALID", false)
}

func TestReadsSectionsAndRegistrations(t *testing.T) {
	got := only(t, sis.Sections, `SELECT 42 AS id, 'Algebra' AS title, 't1, t2' AS term_ids, 'Moodle' AS provider, 'R' AS extract, 'UTC' AS time_zone, 7 AS version`)
	want := sis.Record{Key: "42", Where: "sections, row 1", Version: 7, Section: &sis.Section{
		Key: "42", Title: "Algebra", Terms: []string{"t1", "t2"}, Provider: "Moodle", Extract: sis.ExtractReady, Zone: "UTC",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	got = only(t, sis.Registrations, `SELECT 's' AS section_id, '007' AS person_id, 'Assistant' AS role, 1 AS deleted, '2026-12-31 00:00:00' AS end_date`)
	want = sis.Record{Key: "s/007/assistant", Where: "registrations, row 1", Deleted: true, Registration: &sis.Registration{
		Key: "s/007/assistant", Section: "s", Person: "007", Role: sis.Assistant, End: sis.Date{Year: 2027, Month: 1, Day: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestBadInput(t *testing.T) {
	const person = "'sam' AS username, 'Sam' AS given_name, 'Okafor' AS family_name"
	const registration = "SELECT 's' AS section_id, 'p' AS person_id, 'student' AS role, "
	for name, test := range map[string]struct {
		stream sis.Stream
		query  string
		code   string
	}{
		"row 21: 31 February":              {sis.Registrations, registration + "'2026-02-31' AS begin_date", "BAD_DATE"},
		"row 21: a zero date":              {sis.Registrations, registration + "'0000-00-00' AS begin_date", "BAD_DATE"},
		"row 21: month or day first":       {sis.Registrations, registration + "'03/04/2026' AS begin_date", "BAD_DATE"},
		"row 21: begins after its end":     {sis.Registrations, registration + "'2026-09-03' AS begin_date, '2026-09-01' AS end_date", "DATE_RANGE"},
		"row 24: Latin-1":                  {sis.Persons, "SELECT CAST(x'5A6FEB' AS TEXT) AS id, " + person, "ENCODING"},
		"row 24: a name of 300 characters": {sis.Persons, "SELECT '" + strings.Repeat("x", 300) + "' AS id, " + person, "TOO_LONG"},
		"row 25: enabled, perhaps":         {sis.Persons, "SELECT 1 AS id, 'perhaps' AS enabled, " + person, "BAD_ENUM"},
		"row 25: a role that is none":      {sis.Persons, "SELECT 1 AS id, 'student,wizard' AS roles, " + person, "BAD_ENUM"},
		"no id":                            {sis.Persons, "SELECT NULL AS id, " + person, "REQ_FIELD_MISSING"},
		"a time that is none":              {sis.Persons, "SELECT 1 AS id, 1767225600 AS updated_at, " + person, "BAD_DATE"},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, test.stream, test.query)
			if got.Problem == nil || got.Problem.Code != test.code || strings.Contains(got.Problem.Message, "Okafor") {
				t.Errorf("record = %+v (%v), want %s", got, got.Problem, test.code)
			}
		})
	}
	t.Run("row 26: ids are opaque", func(t *testing.T) {
		for _, id := range []string{"0042", "1E5", "Ab"} {
			if got := only(t, sis.Persons, "SELECT ' "+id+" ' AS id, "+person); got.Key != id || got.Person.Key != id {
				t.Errorf("key = %q, want %q", got.Key, id)
			}
		}
	})
	t.Run("row 28: what was deleted needs no more than its id", func(t *testing.T) {
		got := only(t, sis.Persons, "SELECT 1 AS id, NULL AS username, NULL AS given_name, NULL AS family_name, 'yes' AS deleted")
		if !got.Deleted || got.Problem != nil {
			t.Errorf("record = %+v (%v), want one that ended", got, got.Problem)
		}
	})
}

func TestARowFromTheFutureDoesNotHideOthers(t *testing.T) {
	db := sqlite(t)
	run(t, db, "CREATE TABLE people (id TEXT, username TEXT, given_name TEXT, family_name TEXT, updated_at TEXT)")
	run(t, db, "INSERT INTO people VALUES ('a', 'a', 'A', 'A', '2099-01-01T00:00:00Z'), ('b', 'b', 'B', 'B', NULL)")
	source := sqlsource.DB{DB: db, Queries: map[sis.Stream]string{sis.Persons: "people"}}
	keys := func(cursor string) (all []string, next string) {
		result, err := source.Pull(t.Context(), sis.Request{Stream: sis.Persons, Cursor: cursor}, func(r sis.Record) error {
			all = append(all, r.Key)
			return nil
		})
		if err != nil || result.Complete != (cursor == "") {
			t.Fatalf("result %+v, %v", result, err)
		}
		return all, result.Cursor
	}
	_, cursor := keys("")
	run(t, db, "INSERT INTO people VALUES ('c', 'c', 'C', 'C', '"+time.Now().UTC().Format("2006-01-02T15:04:05Z")+"'), ('d', 'd', 'D', 'D', '2020-01-01T00:00:00Z')")

	got, cursor := keys(cursor)

	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if _, err := source.Pull(t.Context(), sis.Request{Stream: sis.Persons, Cursor: "x" + cursor}, nil); err == nil {
		t.Error("a cursor of another source was taken")
	}
}

func TestAQueryThatNeverEndsIsStopped(t *testing.T) {
	source := sqlsource.DB{DB: sqlite(t), Timeout: 200 * time.Millisecond, Queries: map[sis.Stream]string{
		sis.Persons: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 'u' AS username, 'g' AS given_name, 'f' AS family_name FROM n`,
	}}
	_, err := source.Pull(t.Context(), sis.Request{Stream: sis.Persons}, func(sis.Record) error { return nil })
	wantCode(t, err, "SRC_TIMEOUT", true)
}

func TestNothingIsEverWritten(t *testing.T) {
	db := sqlite(t)
	run(t, db, tables)
	run(t, db, "INSERT INTO terms (id) VALUES ('t1')")
	source := sqlsource.DB{DB: db, Queries: map[sis.Stream]string{sis.Terms: "DELETE FROM terms RETURNING id, title, start_date, end_date"}}

	_, err := source.Pull(t.Context(), sis.Request{Stream: sis.Terms}, func(sis.Record) error { return nil })

	var n int
	if scanErr := db.QueryRow("SELECT COUNT(*) FROM terms").Scan(&n); err == nil || scanErr != nil || n != 1 {
		t.Errorf("%d rows are left, errors %v, %v", n, err, scanErr)
	}
}
