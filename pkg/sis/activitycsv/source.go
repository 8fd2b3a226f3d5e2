// Package activitycsv reads what people did from a CSV file, which another
// system exports:
//
//	user,course,event,at
//	1041,17,attempt_submitted,2026-10-05T14:03:10Z
//
// User and course are the LMS's ids; columns may stand in any order. A file
// that cannot be read to its end tells nothing at all.
package activitycsv

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// File is a [sis.ActivitySource]. It may be used by several goroutines at once.
type File struct{ Path string }

var _ sis.ActivitySource = File{}

// Activities implements [sis.ActivitySource].
func (f File) Activities(ctx context.Context, course string, from, to time.Time, emit func(sis.Activity) error) error {
	var did []sis.Activity
	err := f.each(ctx, func(a sis.Activity) {
		if a.Course == course && within(a, from, to) {
			did = append(did, a)
		}
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(did, func(a, b sis.Activity) int { return a.At.Compare(b.At) })
	for _, a := range did {
		if err := emit(a); err != nil {
			return err
		}
	}
	return nil
}

// Alive implements [sis.ActivitySource].
func (f File) Alive(ctx context.Context, from, to time.Time) (alive bool, err error) {
	err = f.each(ctx, func(a sis.Activity) { alive = alive || within(a, from, to) })
	return alive, err
}

func within(a sis.Activity, from, to time.Time) bool { return !a.At.Before(from) && a.At.Before(to) }

var columns = []string{"user", "course", "event", "at"}

// each calls visit for each row.
func (f File) each(ctx context.Context, visit func(sis.Activity)) error {
	file, err := os.Open(f.Path)
	if err != nil {
		return &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The file of activity cannot be opened", Temporary: true, Err: err}
	}
	defer file.Close()
	r := csv.NewReader(file)
	head, err := r.Read()
	if err != nil {
		return broken(1, err)
	}
	at, err := places(head)
	if err != nil {
		return err
	}
	for line := 2; ctx.Err() == nil; line++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(line, err)
		}
		when, err := time.Parse(time.RFC3339, cells[at[3]])
		if err != nil {
			return broken(line, err)
		}
		visit(sis.Activity{User: cells[at[0]], Course: cells[at[1]], Event: cells[at[2]], At: when})
	}
	return ctx.Err()
}

// places returns where the columns stand.
func places(head []string) (at [4]int, err error) {
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	var missing error
	for i, name := range columns {
		at[i] = slices.Index(head, name)
		if at[i] < 0 {
			missing = cmp.Or(missing, error(&sis.Error{Code: "SRC_SCHEMA", Message: "The file of activity has no column " + name}))
		}
	}
	return at, missing
}

func broken(line int, err error) error {
	return &sis.Error{Code: "ROW_MALFORMED", Message: fmt.Sprintf("Line %d of the file of activity cannot be read", line), Err: err}
}
