package flatfile

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// A file is one of the files of a format.
type file struct {
	name  string
	write func(*os.File) error
}

func (t *Target) files() []file {
	if t.cfg.Format == Moodle {
		return []file{
			{"users.csv", sheet(t.userRows)}, {"courses.csv", sheet(t.courseRows)}, {"enrolments.txt", t.writeFlat},
		}
	}
	return []file{{"oneroster.zip", func(f *os.File) error { return oneroster.Write(f, t.bundle()) }}}
}

func (s state) sortedPlaces() []place {
	return slices.SortedFunc(maps.Values(s.places), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.Course, b.Course), cmp.Compare(a.User, b.User))
	})
}

// bundle is the state in the words of OneRoster, of which those who are
// suspended are no part. Courses of the same dates share a term.
func (t *Target) bundle() oneroster.Bundle {
	b := oneroster.Bundle{School: "Beadle", Version: "1.2", Edit: func(_ string, _, row []string) [][]string { return [][]string{escaped(row)} }}
	roles := map[string][]sis.Role{}
	for _, p := range t.state.sortedPlaces() {
		for _, role := range p.Roles {
			role = rosterRole(role)
			if !slices.Contains(roles[p.User], role) {
				roles[p.User] = append(roles[p.User], role)
			}
			if !p.Suspended {
				b.Registrations = append(b.Registrations, sis.Registration{
					Key: p.Course + " " + p.User + " " + string(role), Section: p.Course, Person: p.User, Role: role,
					Begin: t.day(p.Start), End: t.day(p.End),
				})
			}
		}
	}
	b.Registrations = slices.CompactFunc(b.Registrations, func(a, b sis.Registration) bool { return a.Key == b.Key })
	for _, key := range slices.Sorted(maps.Keys(t.state.users)) {
		u := t.state.users[key]
		b.Persons = append(b.Persons, sis.Person{
			Key: key, Username: u.Username, Email: u.Email, Given: u.Given, Family: u.Family, Roles: roles[key], Enabled: !u.Suspended,
		})
	}
	terms := map[string]sis.Term{}
	for _, key := range slices.Sorted(maps.Keys(t.state.courses)) {
		c := t.state.courses[key]
		term := t.term(c)
		terms[term.Key] = term
		b.Sections = append(b.Sections, sis.Section{Key: key, Title: c.Fullname, Code: c.Shortname, Course: c.Fullname, Terms: []string{term.Key}})
	}
	for _, key := range slices.Sorted(maps.Keys(terms)) {
		b.Terms = append(b.Terms, terms[key])
	}
	return b
}

// rosterRole is a role as OneRoster knows it, which has no assistants.
func rosterRole(r sis.Role) sis.Role {
	if r == sis.Assistant {
		return sis.Teacher
	}
	return r
}

// term is the stretch of time of a course. OneRoster has no courses without
// one.
func (t *Target) term(c sis.Course) sis.Term {
	start, end := t.day(c.Start), t.day(c.End)
	if start.IsZero() {
		start = sis.Date{Year: 2000, Month: time.January, Day: 1}
	}
	if end.IsZero() {
		end = sis.Date{Year: 2100, Month: time.January, Day: 1}
	}
	name := start.String() + " to " + end.String()
	return sis.Term{Key: name, Title: name, Kind: "term", Start: start, End: end}
}

func (t *Target) day(at time.Time) sis.Date {
	if at.IsZero() {
		return sis.Date{}
	}
	year, month, day := at.In(t.cfg.Zone).Date()
	return sis.Date{Year: year, Month: month, Day: day}
}

// escaped is a row in which a spreadsheet finds no formula.
func escaped(row []string) []string {
	safe := slices.Clone(row)
	for i, cell := range safe {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			safe[i] = "'" + cell
		}
	}
	return safe
}

func sheet(rows func() [][]string) func(*os.File) error {
	return func(f *os.File) error {
		w := csv.NewWriter(f)
		for _, row := range rows() {
			if err := w.Write(escaped(row)); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
}

func (t *Target) userRows() [][]string {
	rows := [][]string{{"username", "firstname", "lastname", "email", "idnumber", "suspended"}}
	for _, key := range slices.Sorted(maps.Keys(t.state.users)) {
		u := t.state.users[key]
		rows = append(rows, []string{strings.ToLower(u.Username), u.Given, u.Family, u.Email, key, digit(u.Suspended)})
	}
	return rows
}

func digit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func (t *Target) courseRows() [][]string {
	rows := [][]string{{"shortname", "fullname", "idnumber", "category", "startdate", "enddate"}}
	for _, key := range slices.Sorted(maps.Keys(t.state.courses)) {
		c := t.state.courses[key]
		rows = append(rows, []string{c.Shortname, c.Fullname, key, c.Category, t.day(c.Start).String(), t.day(c.End).String()})
	}
	return rows
}

// shortnames are Moodle's own names of its roles.
var shortnames = map[sis.Role]string{sis.Student: "student", sis.Teacher: "editingteacher", sis.Assistant: "teacher"}

// writeFlat writes every place. The plug-in knows no suspending: it decides by
// its own settings what becomes of those who are to be taken out.
func (t *Target) writeFlat(f *os.File) error {
	w := bufio.NewWriter(f)
	for _, p := range t.state.sortedPlaces() {
		for _, role := range p.Past {
			w.WriteString(flat("del", role, p)) //nolint:errcheck // Flush tells
		}
		for _, role := range p.Roles {
			w.WriteString(p.line(role)) //nolint:errcheck // Flush tells
		}
	}
	return w.Flush()
}

func (p place) line(role sis.Role) string {
	switch {
	case p.Suspended:
		return flat("del", role, p)
	case p.Start.IsZero() && p.End.IsZero():
		return flat("add", role, p)
	default:
		return flat("add", role, p, unix(p.Start), unix(p.End))
	}
}

func flat(operation string, role sis.Role, p place, more ...string) string {
	fields := append([]string{operation, cmp.Or(shortnames[role], string(role)), p.User, p.Course}, more...)
	return strings.Join(fields, ",") + "\n"
}

func unix(at time.Time) string {
	if at.IsZero() {
		return "0"
	}
	return strconv.FormatInt(at.Unix(), 10)
}
