package oneroster

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

const maxRow = 1 << 20 // bytes

var errRowTooLong = errors.New("row too long")

// rows splits a CSV file into rows. It differs from encoding/csv in what
// foreign files need: a row has a greatest size, a row that cannot be split
// costs no other, and a quote that is never closed costs one line.
type rows struct {
	from  io.Reader
	comma byte
	width int // how many fields a row must have to have an end of line in it; 0: any

	buf   []byte // read and not yet returned
	taken int    // bytes of buf that the last row took
	ended error  // of from
	line  int    // physical lines before buf[taken:]
	spans []span

	fields [][]byte // of the last row, to be used again
}

// A row is valid until the next one is read.
type row struct {
	line   int // the physical line that it begins on
	raw    []byte
	fields [][]byte
	broken bool // could not be split; fields are what came before
	open   bool // broken, and a quote is open at the end of the file
}

type span struct {
	from, to int
	doubled  bool // has quotes in it that stand twice
}

func newRows(from io.Reader, comma byte) *rows {
	return &rows{from: from, comma: comma}
}

// next returns the next row that is not blank. Its error is io.EOF at the
// end, errRowTooLong, or that of the file.
func (r *rows) next() (row, error) {
	for {
		got, err := r.one()
		if err != nil || len(bytes.TrimRight(got.raw, "\r\n")) > 0 {
			return got, err
		}
	}
}

func (r *rows) one() (row, error) {
	r.buf, r.taken = r.buf[r.taken:], 0
	for {
		n, state := r.split(r.buf)
		switch {
		case state == whole && n <= maxRow && !r.runsOn(n):
			return r.take(n), nil
		case state == whole, len(r.buf) > maxRow, state == torn && r.hasLine():
			return r.breakOff(false)
		case r.ended != nil:
			return r.last(state)
		}
		r.fill()
	}
}

// last returns what the file ends with.
func (r *rows) last(state splitState) (row, error) {
	switch {
	case !errors.Is(r.ended, io.EOF):
		return row{}, r.ended
	case len(r.buf) == 0:
		return row{}, io.EOF
	case state != inText, r.runsOn(len(r.buf)):
		return r.breakOff(state == inQuotes)
	}
	r.endField(len(r.buf))
	return r.take(len(r.buf)), nil
}

func (r *rows) fill() {
	const chunk = 64 << 10
	if cap(r.buf)-len(r.buf) < chunk {
		r.buf = append(make([]byte, 0, 2*len(r.buf)+2*chunk), r.buf...)
	}
	n, err := r.from.Read(r.buf[len(r.buf) : len(r.buf)+chunk])
	r.buf, r.ended = r.buf[:len(r.buf)+n], err
}

// runsOn reports whether the row in buf[:n] is likely to be several: a quote
// that was not meant for it closes in a later one.
func (r *rows) runsOn(n int) bool {
	return r.width > 0 && len(r.spans) != r.width && bytes.IndexByte(r.buf[:max(0, n-1)], '\n') >= 0
}

func (r *rows) hasLine() bool { return bytes.IndexByte(r.buf, '\n') >= 0 }

func (r *rows) take(n int) row {
	got := row{line: r.line + 1, raw: r.buf[:n], fields: r.fields[:0]}
	r.line += bytes.Count(got.raw, []byte{'\n'})
	r.taken = n
	for _, s := range r.spans {
		field := r.buf[s.from:s.to]
		if s.doubled {
			field = bytes.ReplaceAll(field, []byte(`""`), []byte(`"`))
		}
		got.fields = append(got.fields, field)
	}
	r.fields = got.fields
	return got
}

// breakOff gives up one physical line, so that reading goes on with the next.
func (r *rows) breakOff(open bool) (row, error) {
	n := bytes.IndexByte(r.buf, '\n') + 1
	if n == 0 {
		n = len(r.buf)
	}
	if n > maxRow {
		return row{line: r.line + 1}, errRowTooLong
	}
	r.spans = slices.DeleteFunc(r.spans, func(s span) bool { return s.to < 0 || s.to > n })
	got := r.take(n)
	got.broken, got.open = true, open && n == len(r.buf)
	return got, nil
}

type splitState int

const (
	whole    splitState = iota // a row, with the end of its line
	inText                     // no end of line yet
	inQuotes                   // no end of line yet, and a quote is open
	torn                       // something follows a closing quote
)

// split finds the fields of the first row of b, and returns its length.
func (r *rows) split(b []byte) (int, splitState) {
	r.spans = r.spans[:0]
	for at := 0; ; {
		end, state := r.field(b, at)
		if state != whole || b[end] == '\n' {
			return end + 1, state
		}
		at = end + 1
	}
}

// field finds the field that begins at b[at], and returns where the comma or
// the end of line after it is.
func (r *rows) field(b []byte, at int) (int, splitState) {
	if at < len(b) && b[at] == '"' {
		return r.quoted(b, at+1)
	}
	end := at
	for end < len(b) && b[end] != r.comma && b[end] != '\n' {
		end++
	}
	if end == len(b) {
		r.spans = append(r.spans, span{from: at, to: -1})
		return end, inText
	}
	r.spans = append(r.spans, span{from: at, to: trimCR(b, at, end)})
	return end, whole
}

// quoted is the same for a field whose opening quote is before b[at].
func (r *rows) quoted(b []byte, at int) (int, splitState) {
	s := span{from: at}
	for {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return len(b), inQuotes
		}
		s.to, at = at+n, at+n+1
		if at < len(b) && b[at] == '"' {
			s.doubled = true
			at++
			continue
		}
		r.spans = append(r.spans, s)
		return r.afterQuote(b, at)
	}
}

func (r *rows) afterQuote(b []byte, at int) (int, splitState) {
	rest := bytes.TrimPrefix(b[at:], []byte{'\r'})
	switch {
	case len(rest) == 0:
		return len(b), inText
	case rest[0] == '\n':
		return len(b) - len(rest), whole
	case b[at] == r.comma:
		return at, whole
	}
	return at, torn
}

// endField ends a last field that no end of line follows.
func (r *rows) endField(end int) {
	if last := &r.spans[len(r.spans)-1]; last.to < 0 {
		last.to = trimCR(r.buf, last.from, end)
	}
}

// trimCR returns end, or one less where the line ends in CR LF.
func trimCR(b []byte, from, end int) int {
	if end > from && b[end-1] == '\r' && (end == len(b) || b[end] == '\n') {
		return end - 1
	}
	return end
}
