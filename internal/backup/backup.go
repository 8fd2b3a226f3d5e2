// Package backup is the file of a backup: what stands in it, and whether it is
// whole. It knows nothing of databases, so that a backup of one kind can be
// restored into the other.
//
// The file is compressed with gzip. Each of its lines is JSON:
//
//	{"beadle_backup":1,"schema":30,"made":"2026-11-23T03:00:00Z",…}   the head
//	{"table":"jobs","columns":["id","task",…]}                         then its rows
//	["0198c9f0-…","roster.sync",…]
//	{"rows":{"jobs":1,…},"sha256":"…"}                                 the tail: of all lines above
//
// Tables come after those that they refer to. Values are text, whole numbers or
// null. Writing and reading keep one row in memory at a time.
package backup

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"
)

// Format is the format that this program writes, and the last that it reads.
const Format = 1

// maxLine bounds a row, so that a file which is no backup cannot take all
// memory.
const maxLine = 64 << 20

// A Head is what a backup says of itself at once.
type Head struct {
	Format   int       `json:"beadle_backup"`
	Schema   int64     `json:"schema"` // the last change of the ledger's schema
	Made     time.Time `json:"made"`
	Program  string    `json:"program"`  // version that made it
	Database string    `json:"database"` // where the ledger was: SQLite or PostgreSQL
}

// A Tail is what it says at its end.
type Tail struct {
	Rows   map[string]int64 `json:"rows"` // by table
	SHA256 string           `json:"sha256"`
}

// Total returns how many rows there are.
func (t Tail) Total() (n int64) {
	for _, rows := range t.Rows {
		n += rows
	}
	return n
}

// tableLine begins the rows of a table.
type tableLine struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// A Writer writes a backup.
type Writer struct {
	out   io.Writer // hashes too
	zip   *gzip.Writer
	lines *bufio.Writer
	sum   hash.Hash
	enc   *json.Encoder
	tail  Tail
	table string
}

// NewWriter begins a backup.
func NewWriter(w io.Writer, h Head) (*Writer, error) {
	h.Format = Format
	b := &Writer{zip: gzip.NewWriter(w), sum: sha256.New(), tail: Tail{Rows: map[string]int64{}}}
	b.lines = bufio.NewWriterSize(b.zip, 1<<16)
	b.out = io.MultiWriter(b.lines, b.sum)
	b.enc = json.NewEncoder(b.out)
	b.enc.SetEscapeHTML(false)
	return b, b.write(h)
}

// Table begins the rows of a table.
func (b *Writer) Table(name string, columns []string) error {
	b.table, b.tail.Rows[name] = name, 0
	return b.write(tableLine{name, columns})
}

// Row writes a row of the table that was begun last.
func (b *Writer) Row(values []any) error {
	b.tail.Rows[b.table]++
	return b.write(values)
}

// End ends the backup. The file is whole only then.
func (b *Writer) End() (Tail, error) {
	b.tail.SHA256 = hex.EncodeToString(b.sum.Sum(nil))
	if err := b.write(b.tail); err != nil {
		return b.tail, err
	}
	if err := b.lines.Flush(); err != nil {
		return b.tail, fmt.Errorf("write the backup: %w", err)
	}
	if err := b.zip.Close(); err != nil {
		return b.tail, fmt.Errorf("write the backup: %w", err)
	}
	return b.tail, nil
}

func (b *Writer) write(line any) error {
	if err := b.enc.Encode(line); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}
