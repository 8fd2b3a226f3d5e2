package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Rows take what a backup holds.
type Rows interface {
	// Table begins the rows of a table.
	Table(name string, columns []string) error
	// Row takes a row of it: each value is a string, an int64 or nil. It may
	// not keep the slice.
	Row(values []any) error
}

// nowhere is where rows go that are only looked at.
type nowhere struct{}

func (nowhere) Table(string, []string) error { return nil }
func (nowhere) Row([]any) error              { return nil }

// Check reads a backup to its end and says what it is. A file that is not whole
// is a [fault.Invalid], and so is one of a newer format.
func Check(r io.Reader) (Head, Tail, error) {
	return Read(r, func(Head) (Rows, error) { return nowhere{}, nil })
}

// Read hands the rows of a backup to what open returns for its head. Whether
// the file is whole is known only at its end: what was handed over must not
// count before Read has returned without an error.
func Read(r io.Reader, open func(Head) (Rows, error)) (head Head, tail Tail, err error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return head, tail, noBackup(err)
	}
	f := &reader{lines: bufio.NewReaderSize(zip, 1<<16), sum: sha256.New(), rows: map[string]int64{}}
	if head, err = f.head(); err != nil {
		return head, tail, err
	}
	if f.to, err = open(head); err != nil {
		return head, tail, err
	}
	for done := false; !done; {
		if tail, done, err = f.next(); err != nil {
			return head, tail, err
		}
	}
	if _, err := f.lines.Peek(1); !errors.Is(err, io.EOF) {
		return head, tail, damaged("there is more behind its end", err)
	}
	return head, tail, nil
}

// A reader reads a backup line by line.
type reader struct {
	lines   *bufio.Reader
	sum     hash.Hash
	rows    map[string]int64
	to      Rows
	table   string
	columns int
	values  []any
}

func (f *reader) head() (h Head, err error) {
	line, err := f.line()
	if err != nil || json.Unmarshal(line, &h) != nil || h.Format == 0 {
		return h, noBackup(err)
	}
	f.sum.Write(line)
	if h.Format > Format {
		return h, fault.New(fault.Invalid, "The backup is of format %d, and this version of Beadle reads %d: restore it with the version that made it, %s.", h.Format, Format, h.Program)
	}
	return h, nil
}

// next reads one line. done is true after the tail.
func (f *reader) next() (tail Tail, done bool, err error) {
	line, err := f.line()
	if err != nil {
		return tail, false, err
	}
	if line[0] == '[' {
		f.sum.Write(line)
		return tail, false, f.row(line)
	}
	var both struct {
		tableLine
		Tail
	}
	if json.Unmarshal(line, &both) != nil {
		return tail, false, damaged("a line is not what it should be", nil)
	}
	if both.Table != "" {
		f.sum.Write(line)
		return tail, false, f.begin(both.tableLine)
	}
	return both.Tail, true, f.end(both.Tail)
}

func (f *reader) begin(t tableLine) error {
	if _, twice := f.rows[t.Table]; twice || len(t.Columns) == 0 {
		return damaged("a line is not what it should be", nil)
	}
	f.table, f.columns, f.rows[t.Table] = t.Table, len(t.Columns), 0
	return f.to.Table(t.Table, t.Columns)
}

func (f *reader) row(line []byte) error {
	f.values = f.values[:0]
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&f.values); err != nil || f.table == "" || len(f.values) != f.columns {
		return damaged("a row is not what it should be", err)
	}
	for i, v := range f.values {
		switch v := v.(type) {
		case nil, string:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return damaged("a number is none", err)
			}
			f.values[i] = n
		default:
			return damaged("a value is neither text nor a number", nil)
		}
	}
	f.rows[f.table]++
	return f.to.Row(f.values)
}

// end compares what was read with what the tail says.
func (f *reader) end(t Tail) error {
	if hex.EncodeToString(f.sum.Sum(nil)) != t.SHA256 {
		return damaged("its checksum is not that of what it holds", nil)
	}
	if !maps.Equal(f.rows, t.Rows) {
		return damaged("it does not hold the rows that it says", nil)
	}
	return nil
}

// line returns the next line, which lasts until the next call.
func (f *reader) line() (line []byte, err error) {
	for {
		part, err := f.lines.ReadSlice('\n')
		if line == nil && err == nil {
			return part, nil
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, damaged("it breaks off", err)
		case len(line) > maxLine:
			return nil, damaged("a line is too long", nil)
		}
	}
}

func noBackup(err error) error {
	return fault.New(fault.Invalid, "The file is not a backup of a ledger.").Because(err)
}

func damaged(why string, err error) error {
	if err == nil {
		err = errors.New(why)
	}
	return fault.New(fault.Invalid, "The backup is damaged: %s. Nothing was changed; use another one.", why).Because(fmt.Errorf("read the backup: %w", err))
}
