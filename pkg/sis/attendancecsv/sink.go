// Package attendancecsv posts attendance as CSV files in a folder, from where
// the SIS fetches them.
//
//	section,person,date,minutes,correction,zone,id
//	BIO-101-01,1001,2026-10-05,50,false,America/New_York,att_…
//
// Each batch is a file of its own, which is there whole or not at all; its name
// begins with its oldest day. A correction replaces what an earlier file said
// of the same section, person and date. The id tells a row that comes twice.
//
// A cell that a spreadsheet would take for a formula begins with an
// apostrophe.
package attendancecsv

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Folder is a [sis.Sink]. It may be used by several goroutines at once.
type Folder struct {
	Path string // is made where it is missing
}

var _ sis.Sink = Folder{}

// Check implements [sis.Sink].
func (f Folder) Check(context.Context) error {
	if err := os.MkdirAll(f.Path, 0o750); err != nil {
		return f.problem(err)
	}
	probe, err := os.CreateTemp(f.Path, ".check-*")
	if err != nil {
		return f.problem(err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

func (f Folder) problem(err error) error {
	return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The folder for attendance cannot be written to", Temporary: true, Err: err}
}

// Post implements [sis.Sink]. The receipt of a row is the file's name and the
// row's line. The same rows make the same file.
func (f Folder) Post(_ context.Context, days []sis.Attendance) ([]sis.Written, error) {
	written := make([]sis.Written, len(days))
	if len(days) == 0 {
		return written, nil
	}
	name, err := f.write(days)
	for i := range written {
		if err != nil {
			written[i].Err = f.problem(err)
			continue
		}
		written[i].ID = fmt.Sprintf("%s:%d", name, i+2)
	}
	if err != nil {
		return written, f.problem(err)
	}
	return written, nil
}

func (f Folder) write(days []sis.Attendance) (name string, err error) {
	text, err := table(days)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	name = fmt.Sprintf("attendance-%s-%s.csv", oldest(days), hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(f.Path, 0o750); err != nil {
		return "", err
	}
	return name, replace(filepath.Join(f.Path, name), text)
}

func oldest(days []sis.Attendance) sis.Date {
	first := days[0].Day
	for _, a := range days {
		if a.Day.Before(first) {
			first = a.Day
		}
	}
	return first
}

func table(days []sis.Attendance) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"section", "person", "date", "minutes", "correction", "zone", "id"}}
	for _, a := range days {
		rows = append(rows, []string{
			plain(a.Section), plain(a.Person), a.Day.String(), strconv.Itoa(a.Minutes), strconv.FormatBool(a.Correct), plain(a.Zone), plain(a.ID),
		})
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// plain returns text as no spreadsheet takes it for a formula.
func plain(text string) string {
	if strings.IndexAny(text, "=+-@\t\r") == 0 {
		return "'" + text
	}
	return text
}

// replace writes a file under another name first: nobody sees half of it, and
// after a crash it is there or not.
func replace(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".attendance-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err == nil {
		err = file.Chmod(0o640)
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
