package oneroster

import (
	"archive/zip"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// A Bundle is a campus that [Write] makes a zip of.
type Bundle struct {
	School  string // the name of the school of all sections that name no other
	System  string // the name of what it comes from; empty: Beadle
	Version string // of OneRoster: 1.1 or 1.2; empty: 1.1

	// Delta makes it a bundle of what changed up to then: every row has that
	// time, and those that Ended has are tobedeleted. Zero: a bulk bundle.
	Delta time.Time
	Ended map[sis.Stream]map[string]bool // keys

	// Edit, if there is one, is asked what to write in place of a row, so that
	// what no correct writer would write can be tried.
	Edit func(file string, columns, row []string) [][]string

	Terms         []sis.Term
	Persons       []sis.Person
	Sections      []sis.Section
	Registrations []sis.Registration
}

// The id of [Bundle.School].
const homeSchool = "school"

// Write writes b as a OneRoster bundle: a zip with the files and columns of the
// specification, in its order. The same bundle gives the same bytes. What the
// format cannot say is lost: a section without a school belongs to b.School,
// and in 1.1 a person has one role, the first.
func Write(w io.Writer, b Bundle) error {
	z := zip.NewWriter(w)
	for _, file := range b.files() {
		if err := writeCSV(z, b.edited(file)); err != nil {
			return fmt.Errorf("write %s: %w", file.name, err)
		}
	}
	return z.Close()
}

// A sheet is one file to be written.
type sheet struct {
	name   string
	header []string
	rows   [][]string
}

func (b Bundle) files() []sheet {
	files := []sheet{
		{academicSessions.name, academicSessions.columns, b.dated(sis.Terms, cells(b.Terms, termCells))},
		{classes.name, classes.columns, b.dated(sis.Sections, cells(b.Sections, sectionCells))},
		{courses.name, courses.columns, b.dated("", cells(b.courses(), courseCells))},
		{enrollments.name, enrollments.columns, b.dated(sis.Registrations, cells(b.Registrations, b.registrationCells()))},
		{orgs.name, orgs.columns, b.dated("", cells(b.schools(), b.schoolCells))},
	}
	files = append(files, b.people()...)
	return append([]sheet{b.manifest(files)}, files...)
}

// people returns the files of persons, of which 1.2 has two.
func (b Bundle) people() []sheet {
	if b.Version != "1.2" {
		return []sheet{{users.name, users.columns, b.dated(sis.Persons, cells(b.Persons, personCells))}}
	}
	return []sheet{
		{roles.name, roles.columns, b.dated("", b.roleCells())},
		{users.name, users12, b.dated(sis.Persons, cells(b.Persons, person12Cells))},
	}
}

// dated gives the rows of a delta their status and their time.
func (b Bundle) dated(stream sis.Stream, rows [][]string) [][]string {
	if b.Delta.IsZero() {
		return rows
	}
	for _, row := range rows {
		row[1], row[2] = "active", b.Delta.UTC().Format("2006-01-02T15:04:05.000Z")
		if b.Ended[stream][row[0]] {
			row[1] = "tobedeleted"
		}
	}
	return rows
}

func (b Bundle) edited(s sheet) sheet {
	if b.Edit == nil || s.name == manifestFile {
		return s
	}
	var rows [][]string
	for _, row := range s.rows {
		rows = append(rows, b.Edit(s.name, s.header, row)...)
	}
	s.rows = rows
	return s
}

// A fixed time makes the same bundle the same bytes; zip knows none before.
var writtenAt = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func writeCSV(z *zip.Writer, s sheet) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: s.name, Method: zip.Deflate, Modified: writtenAt})
	if err != nil {
		return err
	}
	c := csv.NewWriter(f)
	if err := c.Write(s.header); err != nil {
		return err
	}
	return c.WriteAll(s.rows)
}

func cells[T any](records []T, row func(T) []string) [][]string {
	rows := make([][]string, len(records))
	for i, r := range records {
		rows[i] = row(r)
	}
	return rows
}

func termCells(t sis.Term) []string {
	return []string{
		t.Key, "", "", t.Title, cmp.Or(t.Kind, "term"), t.Start.String(), t.End.String(), t.Parent,
		strconv.Itoa(t.End.Year),
	}
}

func personCells(p sis.Person) []string {
	role := "guardian" // somebody of whom no role is synced
	if len(p.Roles) > 0 {
		role = string(p.Roles[0])
	}
	return []string{
		p.Key, "", "", strconv.FormatBool(p.Enabled), homeSchool, role, p.Username, "",
		p.Given, p.Family, "", "", p.Email, "", "", "", "", "",
	}
}

var users12 = fields.List("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns")

func person12Cells(p sis.Person) []string {
	return []string{
		p.Key, "", "", strconv.FormatBool(p.Enabled), p.Username, "", p.Given, p.Family, "", "", p.Email, "", "", "", "", "",
		"", "", "", "", homeSchool, "",
	}
}

func (b Bundle) roleCells() (rows [][]string) {
	for _, p := range b.Persons {
		kind := "primary"
		for _, role := range p.Roles {
			rows = append(rows, []string{p.Key + " " + string(role), "", "", p.Key, kind, string(role), "", "", homeSchool, ""})
			kind = "secondary"
		}
	}
	return rows
}

func sectionCells(s sis.Section) []string {
	return []string{
		s.Key, "", "", s.Title, "", courseID(s.Course), s.Code, "scheduled", "",
		cmp.Or(s.School, homeSchool), joinList(s.Terms), "", "", "",
	}
}

func (b Bundle) registrationCells() func(sis.Registration) []string {
	school := make(map[string]string, len(b.Sections))
	for _, s := range b.Sections {
		school[s.Key] = s.School
	}
	return func(r sis.Registration) []string {
		return []string{
			r.Key, "", "", r.Section, cmp.Or(school[r.Section], homeSchool), r.Person, string(r.Role), "false",
			r.Begin.String(), r.End.String(),
		}
	}
}

// courses returns the titles of all courses, each once.
func (b Bundle) courses() []string {
	return distinct(b.Sections, func(s sis.Section) string { return s.Course })
}

func courseCells(title string) []string {
	return []string{courseID(title), "", "", "", title, "", "", homeSchool, "", ""}
}

func courseID(title string) string {
	if title == "" {
		return ""
	}
	return "course " + title
}

// schools returns the ids of all schools, the bundle's own among them.
func (b Bundle) schools() []string {
	ids := distinct(b.Sections, func(s sis.Section) string { return s.School })
	if slices.Contains(ids, homeSchool) {
		return ids
	}
	return append([]string{homeSchool}, ids...)
}

func (b Bundle) schoolCells(id string) []string {
	name := id
	if id == homeSchool {
		name = cmp.Or(b.School, id)
	}
	return []string{id, "", "", name, "school", "", ""}
}

// distinct returns what of gives for the sections, sorted, without blanks and
// repeats.
func distinct(sections []sis.Section, of func(sis.Section) string) []string {
	var all []string
	for _, s := range sections {
		if v := of(s); v != "" {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Files that OneRoster 1.1 knows and a roster does not need.
var absentFiles = []string{
	"categories", "classResources", "courseResources", "demographics", "lineItems", "resources", "results",
}

func (b Bundle) manifest(files []sheet) sheet {
	kind := "bulk"
	if !b.Delta.IsZero() {
		kind = "delta"
	}
	m := sheet{name: manifestFile, header: []string{"propertyName", "value"}, rows: [][]string{
		{"manifest.version", "1.0"},
		{"oneroster.version", cmp.Or(b.Version, "1.1")},
	}}
	for _, f := range files {
		m.rows = append(m.rows, []string{manifestProperty(f.name), kind})
	}
	absent := absentFiles
	if b.Version == "1.2" {
		absent = append(slices.Clone(absent), "userProfiles")
	}
	for _, name := range absent {
		m.rows = append(m.rows, []string{"file." + name, "absent"})
	}
	m.rows = append(m.rows, []string{"source.systemName", cmp.Or(b.System, "Beadle")}, []string{"source.systemCode", "beadle"})
	return m
}
