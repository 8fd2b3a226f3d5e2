package university

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// School is the name of every university that is invented here, and System what
// its exports say that they come from.
const (
	School = "Harbourside University (invented)"
	System = "Beadle campus (simulated)"
)

// A Format is a form that an export can have.
type Format struct {
	Name, Suffix string
	write        func(*Dump, io.Writer) error
}

// Formats are all forms.
var Formats = []Format{
	{"oneroster-1.1", ".zip", func(d *Dump, w io.Writer) error { return d.oneRoster(w, "1.1") }},
	{"oneroster-1.2", ".zip", func(d *Dump, w io.Writer) error { return d.oneRoster(w, "1.2") }},
	{"ims-enterprise", ".xml", (*Dump).imsEnterprise},
	{"sql", ".sql", (*Dump).sql},
}

// FormatOf returns the format of that name.
func FormatOf(name string) (Format, error) {
	var names []string
	for _, f := range Formats {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(names, ", "))
}

// Write writes an export in that form.
func (f Format) Write(w io.Writer, d *Dump) error {
	if !d.cut {
		return f.write(d, w)
	}
	var whole bytes.Buffer
	if err := f.write(d, &whole); err != nil {
		return err
	}
	_, err := w.Write(whole.Bytes()[:whole.Len()/2])
	return err
}

// WriteTruth writes what a sync ought to say of what is wrong, as CSV. The row
// is that of the table of bad inputs; no code means that the record is taken.
func (d *Dump) WriteTruth(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"stream", "id", "row", "code", "trouble"}}
	for _, e := range d.Truth {
		rows = append(rows, []string{string(e.Stream), e.Key, strconv.Itoa(e.Row), e.Code, e.Name})
	}
	return c.WriteAll(rows)
}

// Bundle returns the export as a OneRoster bundle, for whoever writes or
// serves one.
func (d *Dump) Bundle() oneroster.Bundle {
	return oneroster.Bundle{
		School: School, System: System, Terms: d.Terms, Persons: d.Persons, Sections: d.Sections, Registrations: d.Registrations,
		Delta: d.At, Ended: d.Ended,
	}
}

// oneRosterCells are the fields that a trouble may spoil, by their file.
var oneRosterCells = map[string]struct {
	stream        sis.Stream
	field, column string
}{
	"users.csv":       {sis.Persons, "enabled", "enabledUser"},
	"enrollments.csv": {sis.Registrations, "begin", "beginDate"},
}

func (d *Dump) oneRoster(w io.Writer, version string) error {
	b := d.Bundle()
	b.Version = version
	b.Edit = func(file string, columns, row []string) [][]string {
		if at, ok := oneRosterCells[file]; ok {
			column := slices.Index(columns, at.column)
			row[column] = d.text(at.stream, row[0], at.field, row[column])
		}
		return [][]string{row}
	}
	return oneroster.Write(w, b)
}
