package sqlsource_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver

	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
	"github.com/beadle-jobs/beadle/pkg/sis/sqlsource"
)

func TestMain(m *testing.M) { testservers.Main(m) }

var faults = []sistest.Fault{sistest.BadRow, sistest.Down, sistest.DatesOutOfOrder, sistest.ClockAhead, sistest.ClockBehind}

func TestSourceOnSQLite(t *testing.T) {
	sistest.Source(t, sistest.Maker{Faults: faults, Make: func(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
		return system(t, sqlite(t), holds, goesWrong)
	}})
}

func TestSourceOnPostgreSQL(t *testing.T) {
	make := func(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
		address := testservers.Postgres(t)
		db := open(t, "pgx", address)
		s := system(t, db, holds, goesWrong)
		if goesWrong == sistest.Forbidden {
			s.Source = stranger(t, db, address)
		}
		return s
	}
	sistest.Source(t, sistest.Maker{Faults: append(faults, sistest.Forbidden), Make: make})
}

func sqlite(t testing.TB) *sql.DB {
	t.Helper()
	return open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "campus.db")+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
}

func open(t testing.TB, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// tables are what the queries read, in the types of both databases.
const tables = `
CREATE TABLE terms (id TEXT, title TEXT, kind TEXT, start_date DATE, end_date DATE, parent_id TEXT);
CREATE TABLE persons (id TEXT, username TEXT, given_name TEXT, family_name TEXT, email TEXT, roles TEXT, enabled TEXT, updated_at TIMESTAMP);
CREATE TABLE sections (id TEXT, title TEXT, code TEXT, course TEXT, term_ids TEXT, school TEXT);
CREATE TABLE registrations (id TEXT, section_id TEXT, person_id TEXT, role TEXT, begin_date DATE, end_date DATE, deleted BOOLEAN);`

var queries = map[sis.Stream]string{
	sis.Terms: "terms", sis.Persons: "SELECT * FROM persons -- everybody", sis.Sections: "sections", sis.Registrations: "registrations",
}

func system(t testing.TB, db *sql.DB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
	t.Helper()
	run(t, db, tables)
	clock := time.Now().UTC().Add(map[sistest.Fault]time.Duration{sistest.ClockAhead: 2 * time.Hour, sistest.ClockBehind: -2 * time.Hour}[goesWrong])
	fill(t, db, holds, clock, goesWrong == sistest.DatesOutOfOrder)
	switch goesWrong {
	case sistest.BadRow:
		run(t, db, "UPDATE persons SET enabled = 'perhaps' WHERE id = $1", holds.Persons[3].Key)
	case sistest.Down:
		db.Close()
	}
	return sistest.System{Source: sqlsource.DB{DB: db, Queries: queries}, Replace: func(now sistest.Campus) {
		for _, p := range now.Persons {
			run(t, db, "UPDATE persons SET family_name = $1, updated_at = $2 WHERE id = $3 AND family_name <> $1", p.Family, stamp(clock), p.Key)
		}
	}}
}

// stamp is a time as both databases take it.
func stamp(at time.Time) string { return at.Format("2006-01-02 15:04:05") }

func fill(t testing.TB, db *sql.DB, c sistest.Campus, clock time.Time, disorder bool) {
	t.Helper()
	for _, term := range c.Terms {
		run(t, db, "INSERT INTO terms VALUES ($1, $2, $3, $4, $5, $6)", term.Key, term.Title, term.Kind, term.Start.String(), lastDay(term.End), term.Parent)
	}
	for i, p := range c.Persons {
		at := clock
		if disorder {
			at = clock.Add(-time.Duration(i*7%29) * time.Minute)
		}
		run(t, db, "INSERT INTO persons VALUES ($1, $2, $3, $4, $5, $6, 'true', $7)",
			p.Key, p.Username, p.Given, p.Family, p.Email, string(p.Roles[0]), stamp(at))
	}
	for _, s := range c.Sections {
		run(t, db, "INSERT INTO sections VALUES ($1, $2, $3, $4, $5, $6)", s.Key, s.Title, s.Code, s.Course, strings.Join(s.Terms, ","), s.School)
	}
	for _, g := range c.Registrations {
		run(t, db, "INSERT INTO registrations VALUES ($1, $2, $3, $4, $5, $6, NULL)", g.Key, g.Section, g.Person, string(g.Role), g.Begin.String(), lastDay(g.End))
	}
}

func lastDay(after sis.Date) string {
	return after.In(time.UTC).AddDate(0, 0, -1).Format(time.DateOnly)
}

func run(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// stranger is a source that may see the tables and not read them.
func stranger(t testing.TB, db *sql.DB, address string) sis.Source {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	schema := at.Query().Get("search_path")
	run(t, db, "CREATE ROLE "+schema+" LOGIN; GRANT USAGE ON SCHEMA "+schema+" TO "+schema)
	t.Cleanup(func() { run(t, db, "REVOKE ALL ON SCHEMA "+schema+" FROM "+schema+"; DROP ROLE "+schema) })
	at.User = url.User(schema)
	return sqlsource.DB{DB: open(t, "pgx", at.String()), Queries: queries}
}
