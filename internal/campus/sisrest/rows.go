package sisrest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// A row is a record as a version of OneRoster writes it.
type row struct {
	id       string
	modified time.Time
	said     string // the JSON object, without what all rows have
}

// tables are rows by the names of their collections, sorted by id.
type tables map[string][]row

// A dialect is what differs between the versions: how they say the roles of
// people.
type dialect struct {
	path string
	role func(map[string]any, []sis.Role)
}

var dialects = map[string]dialect{
	"1.1": {"/ims/oneroster/v1p1/", oneRole},
	"1.2": {"/ims/oneroster/rostering/v1p2/", manyRoles},
}

// commonTables are those that are the same in all versions.
func commonTables(b oneroster.Bundle) tables {
	all := tables{
		"academicSessions": rowsOf(b.Terms, termFields),
		"classes":          rowsOf(b.Sections, sectionFields),
		"enrollments":      rowsOf(b.Registrations, registrationFields),
		"courses":          courseRows(b.Sections),
	}
	all["terms"] = all["academicSessions"]
	return all
}

// people are the tables of persons.
func (d dialect) people(persons []sis.Person) tables {
	all := tables{"users": rowsOf(persons, d.personFields)}
	for role, name := range map[sis.Role]string{sis.Student: "students", sis.Teacher: "teachers"} {
		lacks := func(p sis.Person) bool { return !slices.Contains(p.Roles, role) }
		all[name] = rowsOf(slices.DeleteFunc(slices.Clone(persons), lacks), d.personFields)
	}
	return all
}

func rowsOf[T any](records []T, fields func(T) (string, map[string]any)) []row {
	rows := make([]row, 0, len(records))
	for _, r := range records {
		id, said := fields(r)
		text, err := json.Marshal(said)
		if err != nil {
			panic(err) // maps of strings, dates and numbers
		}
		rows = append(rows, row{id: id, said: string(text)})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	return rows
}

// write writes a row. A spoiled one has only what all rows have.
func (r row) write(to *bytes.Buffer, spoiled bool) {
	id, err := json.Marshal(r.id)
	if err != nil {
		panic(err) // a string
	}
	fmt.Fprintf(to, `{"sourcedId":%s,"status":"active","dateLastModified":%q`, id, r.modified.UTC().Format("2006-01-02T15:04:05.000Z"))
	if spoiled {
		to.WriteByte('}')
		return
	}
	to.WriteByte(',')
	to.WriteString(r.said[1:])
}

func termFields(t sis.Term) (string, map[string]any) {
	said := map[string]any{"title": t.Title, "type": t.Kind, "startDate": t.Start, "endDate": t.End, "schoolYear": t.End.Year}
	if t.Parent != "" {
		said["parent"] = reference("academicSession", t.Parent)
	}
	return t.Key, said
}

func (d dialect) personFields(p sis.Person) (string, map[string]any) {
	said := map[string]any{
		"username": p.Username, "email": p.Email, "givenName": p.Given, "familyName": p.Family,
		"enabledUser": strconv.FormatBool(p.Enabled), "metadata": map[string]any{"locker": 17},
	}
	d.role(said, p.Roles)
	return p.Key, said
}

// oneRole is how 1.1 says it: one, and guardian stands for those not synced.
func oneRole(said map[string]any, roles []sis.Role) {
	said["role"] = "guardian"
	if len(roles) > 0 {
		said["role"] = roles[0]
	}
	said["orgs"] = []any{reference("org", "school")}
}

// manyRoles is how 1.2 says it.
func manyRoles(said map[string]any, roles []sis.Role) {
	list := []any{}
	for _, r := range roles {
		list = append(list, map[string]any{"roleType": "primary", "role": r, "org": reference("org", "school")})
	}
	if len(list) == 0 {
		list = append(list, map[string]any{"roleType": "primary", "role": "guardian", "org": reference("org", "school")})
	}
	said["roles"] = list
}

func sectionFields(s sis.Section) (string, map[string]any) {
	said := map[string]any{
		"title": s.Title, "classCode": s.Code, "classType": "scheduled", "school": reference("org", cmp.Or(s.School, "school")),
	}
	if s.Course != "" {
		said["course"] = reference("course", "course "+s.Course)
	}
	terms := []any{}
	for _, t := range s.Terms {
		terms = append(terms, reference("term", t))
	}
	said["terms"] = terms
	return s.Key, said
}

func courseRows(sections []sis.Section) []row {
	titles := map[string]bool{}
	for _, s := range sections {
		titles[s.Course] = true
	}
	delete(titles, "")
	var all []string
	for title := range titles {
		all = append(all, title)
	}
	return rowsOf(all, func(title string) (string, map[string]any) {
		return "course " + title, map[string]any{"title": title}
	})
}

func registrationFields(r sis.Registration) (string, map[string]any) {
	said := map[string]any{"class": reference("class", r.Section), "user": reference("user", r.Person), "role": r.Role, "primary": "false"}
	for name, day := range map[string]sis.Date{"beginDate": r.Begin, "endDate": r.End} {
		if !day.IsZero() {
			said[name] = day
		}
	}
	return r.Key, said
}

func reference(kind, id string) map[string]any {
	return map[string]any{"href": "/" + kind + "/" + id, "sourcedId": id, "type": kind}
}

// dated gives each row the time at which it was changed last: that of the row
// before it that says the same, or now. What was there from the start is a day
// old or more, in no order.
func (t tables) dated(before tables, now time.Time) tables {
	for name, rows := range t {
		known := make(map[string]row, len(before[name]))
		for _, r := range before[name] {
			known[r.id] = r
		}
		for i, r := range rows {
			switch old, ok := known[r.id]; {
			case before == nil:
				rows[i].modified = now.Add(-24*time.Hour - spread(r.id))
			case ok && old.said == r.said:
				rows[i].modified = old.modified
			default:
				rows[i].modified = now
			}
		}
	}
	return t
}

func spread(id string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id))
	return time.Duration(h.Sum32()%100_000) * time.Second
}
