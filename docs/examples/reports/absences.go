package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Args say which file becomes which report. Their tags are the help that
// people get from jobctl, and programs from the API.
type Args struct {
	File   string `json:"file" doc:"CSV file of student, day and minutes"`
	Report string `json:"report" doc:"where the report goes"`
	Least  int    `json:"least,omitempty" doc:"minutes below which a day counts as missed"`
}

// Validate refuses what the types allow and nobody can mean. It is asked before
// a job is enqueued.
func (a Args) Validate() error {
	if a.Least < 0 {
		return errors.New("least is a number of minutes from 0")
	}
	return nil
}

// Absences counts the days that each student missed. The same arguments give
// the same report, however often it runs: the file is replaced in one step.
var Absences = tasks.Spec[Args]{
	Name:    "reports.absences",
	Summary: "Count the days that each student missed.",
	Timeout: 10 * time.Minute,
	Writes:  func(a Args) []string { return []string{"report:" + a.Report} },
	Unique:  &tasks.Unique{Args: []string{"report"}},
	Run:     count,
}

func count(ctx context.Context, job *tasks.Job[Args]) error {
	rows, err := read(job.Args.File)
	if errors.Is(err, os.ErrNotExist) {
		return tasks.Permanent(err) // trying again does not bring the file
	} else if err != nil {
		return err
	}
	missed := map[string]int{}
	for row := range tasks.Track(job, "rows", rows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		minutes, err := strconv.Atoi(row[2])
		switch {
		case err != nil:
			job.Error(row[0]+" "+row[1], "BAD_MINUTES", fmt.Sprintf("%q is not a number of minutes.", row[2]))
		case minutes < max(job.Args.Least, 1):
			missed[row[0]]++
		}
	}
	job.Log.Info("counted", "students", len(missed))
	return write(job.Args.Report, missed)
}

// read returns the rows of the file, without its heading.
func read(file string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := csv.NewReader(f)
	lines.FieldsPerRecord = 3
	if _, err := lines.Read(); err != nil && err != io.EOF {
		return nil, err
	}
	return lines.ReadAll()
}

// write replaces the report in one step: whoever reads it meanwhile sees the
// old one or the new one.
func write(file string, missed map[string]int) error {
	var text strings.Builder
	for _, student := range slices.Sorted(maps.Keys(missed)) {
		fmt.Fprintf(&text, "%s,%d\n", student, missed[student])
	}
	part, err := os.CreateTemp(filepath.Dir(file), "report-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.WriteString(text.String())
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}
