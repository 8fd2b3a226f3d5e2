package university

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// tables are what a registrar's database might look like, with the columns that
// a sync asks for. Dates are texts, as they so often are; an end is the last day.
const tables = `CREATE TABLE terms (id TEXT, title TEXT, kind TEXT, start_date TEXT, end_date TEXT);
CREATE TABLE persons (id TEXT, username TEXT, email TEXT, given_name TEXT, family_name TEXT, roles TEXT, enabled TEXT, deleted TEXT, updated_at TEXT);
CREATE TABLE sections (id TEXT, title TEXT, code TEXT, course TEXT, term_ids TEXT, school TEXT, provider TEXT, extract TEXT, time_zone TEXT, deleted TEXT, updated_at TEXT);
CREATE TABLE registrations (id TEXT, section_id TEXT, person_id TEXT, role TEXT, begin_date TEXT, end_date TEXT, deleted TEXT, updated_at TEXT);
`

// sql writes a script that makes the tables and fills them, for PostgreSQL and
// SQLite alike.
func (d *Dump) sql(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "BEGIN;\n", tables)
	for _, t := range d.Terms {
		insert(out, "terms", t.Key, t.Title, t.Kind, t.Start.String(), lastDay(t.End))
	}
	for _, p := range d.Persons {
		insert(out, "persons", p.Key, p.Username, p.Email, p.Given, p.Family, words(p.Roles),
			d.text(sis.Persons, p.Key, "enabled", fmt.Sprint(p.Enabled)), d.ended(sis.Persons, p.Key), d.updated())
	}
	for _, s := range d.Sections {
		insert(out, "sections", s.Key, s.Title, s.Code, s.Course, strings.Join(s.Terms, ","), s.School, s.Provider, string(s.Extract), s.Zone,
			d.ended(sis.Sections, s.Key), d.updated())
	}
	for _, r := range d.Registrations {
		insert(out, "registrations", r.Key, r.Section, r.Person, string(r.Role), d.text(sis.Registrations, r.Key, "begin", r.Begin.String()),
			lastDay(r.End), d.ended(sis.Registrations, r.Key), d.updated())
	}
	fmt.Fprintln(out, "COMMIT;")
	return out.Flush()
}

// lastDay returns the day before the first one after something.
func lastDay(end sis.Date) string {
	if end.IsZero() {
		return ""
	}
	return end.In(time.UTC).AddDate(0, 0, -1).Format(time.DateOnly)
}

func words(roles []sis.Role) string {
	texts := make([]string, len(roles))
	for i, r := range roles {
		texts[i] = string(r)
	}
	return strings.Join(texts, ",")
}

func (d *Dump) ended(stream sis.Stream, key string) string { return fmt.Sprint(d.Ended[stream][key]) }

func (d *Dump) updated() string {
	if d.At.IsZero() {
		return ""
	}
	return d.At.Format("2006-01-02T15:04:05Z")
}

// insert writes one row. An empty text is none.
func insert(out io.Writer, table string, texts ...string) {
	values := make([]string, len(texts))
	for i, text := range texts {
		values[i] = "NULL"
		if text != "" {
			values[i] = "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
	}
	fmt.Fprintf(out, "INSERT INTO %s VALUES (%s);\n", table, strings.Join(values, ", "))
}
