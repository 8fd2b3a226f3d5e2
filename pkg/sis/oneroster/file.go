package oneroster

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// A file is one CSV file of a bundle that was looked at to its end and found
// whole.
type file struct {
	table
	entry    *zip.File
	complete bool // it has all that there are of its kind
	header   header
	latin    bool // Windows-1252
	oddity   string
	repeats  repeats
}

// survey reads t to its end. It returns nil if the bundle need not have it and
// does not.
func (b *bundle) survey(ctx context.Context, t table) (*file, error) {
	entry, err := b.file(t)
	if err != nil || entry == nil {
		return nil, in(b.name, err)
	}
	f := &file{table: t, entry: entry, complete: b.manifest.mode(t) == bulk}
	s := &surveyor{file: f, seen: newSightings()}
	if err := f.each(ctx, s.row); err != nil {
		return nil, in(b.name, err)
	}
	return f, in(b.name, s.conclude())
}

// each reads the header and hands every row after it to visit.
func (f *file) each(ctx context.Context, visit func(row) error) error {
	from, err := open(ctx, f.entry)
	if err != nil {
		return err
	}
	defer from.Close()
	text, oddity, err := decode(from)
	if err != nil {
		return explain(f.name, err)
	}
	lines := newRows(text, sniff(text))
	if err := f.readHeader(lines, oddity); err != nil {
		return err
	}
	for {
		r, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.explain(r, err)
		}
		if err := visit(r); err != nil {
			return err
		}
	}
}

func (f *file) explain(r row, err error) error {
	if errors.Is(err, errRowTooLong) {
		return refused("%s, line %d: the row is longer than 1 MiB.", f.name, r.line)
	}
	return explain(f.name, err)
}

func (f *file) readHeader(lines *rows, oddity string) error {
	r, err := lines.next()
	if errors.Is(err, io.EOF) {
		return refused("%s is empty; it has not even the names of its columns.", f.name)
	}
	if err != nil {
		return f.explain(r, err)
	}
	if f.header, err = parseHeader(f.table, r); err != nil {
		return err
	}
	lines.width = f.header.width
	oddities := slices.DeleteFunc([]string{oddity, separatorOddity(lines.comma), f.header.oddity}, isEmpty)
	f.oddity = strings.Join(oddities, "; ")
	return nil
}

func separatorOddity(comma byte) string {
	switch comma {
	case ';':
		return "semicolons separate its columns"
	case '\t':
		return "tabs separate its columns"
	}
	return ""
}

func isEmpty(s string) bool { return s == "" }

// warning says once for the whole file what is odd about it.
func (f *file) warning() string {
	oddity := f.oddity
	if f.latin {
		oddity = strings.TrimPrefix(oddity+"; it is Windows-1252, not UTF-8", "; ")
	}
	if oddity == "" {
		return ""
	}
	return "The file " + f.name + " is not quite as OneRoster says, and was read all the same: " + oddity + "."
}

// A surveyor looks at the rows of a file before any is emitted.
type surveyor struct {
	file     *file
	alphabet alphabet
	seen     *sightings
	lastLine int
	cut      bool // it ends too early
}

func (s *surveyor) row(r row) error {
	s.alphabet.see(r.raw)
	s.lastLine, s.cut = r.line, r.open || !r.broken && len(r.fields) < s.file.header.width
	if s.file.splits(r) {
		s.seen.add(s.file.header.cell(r, "sourcedId"), r)
	}
	return nil
}

func (s *surveyor) conclude() error {
	if s.cut {
		return refused("%s ends in the middle of line %d: half a file was exported or uploaded. Nothing of it is used.",
			s.file.name, s.lastLine)
	}
	s.file.latin = s.alphabet.isWindows1252()
	s.file.repeats = s.seen.repeats()
	return nil
}

// splits reports whether r has a cell for each column.
func (f *file) splits(r row) bool { return !r.broken && len(r.fields) == f.header.width }

// text returns how the cells of the file become strings.
func (f *file) text() func([]byte) string {
	if f.latin {
		return fromWindows1252
	}
	return func(cell []byte) string { return string(cell) }
}

// unreadable returns the problem of a row that has no meaning at all, or nil.
func (f *file) unreadable(r row) *sis.Error {
	switch {
	case r.broken:
		return fields.Problem("ROW_MALFORMED", "The row has a quote that is not closed, or something after a closing quote.")
	case len(r.fields) != f.header.width:
		return fields.Problem("ROW_MALFORMED", "The row has %d cells, and the header has %d columns.", len(r.fields), f.header.width)
	case !f.latin && !utf8.Valid(r.raw), slices.Contains(r.raw, 0):
		return fields.Problem("ENCODING", "The row has bytes that are not text; export the file as UTF-8.")
	}
	return nil
}
