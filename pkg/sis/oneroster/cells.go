package oneroster

import "github.com/beadle-jobs/beadle/pkg/sis/fields"

// A reading is a row while it is being understood.
type reading struct {
	fields.Record
	file   *file
	row    row
	text   func([]byte) string
	status string
}

func (f *file) reading(r row, text func([]byte) string) *reading {
	read := &reading{file: f, row: r, text: text}
	read.Text = func(column string) string { return text(f.header.cell(r, column)) }
	return read
}

// What a row may say about itself; blank is active.
const (
	active   = "active"
	inactive = "inactive" // before OneRoster 1.1
	deleted  = "tobedeleted"
)

// isTombstone reports whether the row says that its record ended. Such a row
// need not say anything else.
func (r *reading) isTombstone() bool { return r.status == deleted }
