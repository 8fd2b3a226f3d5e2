package job

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A Place is one in a list of jobs, which begins with the newest. It is known
// by what the list is ordered by, and needs no job to be there.
type Place struct {
	Created time.Time
	ID      string
}

// PlaceOf returns the place of a job.
func PlaceOf(j Job) Place { return Place{j.Created, j.ID} }

// cursorMark tells a cursor from the id of a job.
const cursorMark = "c1."

// Cursor returns p as a list hands it out, for [Filter.Before].
func (p Place) Cursor() string {
	text := strconv.FormatInt(p.Created.UnixMilli(), 36) + " " + p.ID
	return cursorMark + base64.RawURLEncoding.EncodeToString([]byte(text))
}

// ParseCursor reads a cursor. It reports false for what may be the id of a job.
func ParseCursor(text string) (p Place, ok bool, err error) {
	coded, ok := strings.CutPrefix(text, cursorMark)
	if !ok {
		return p, false, nil
	}
	bad := fault.New(fault.Invalid, "The cursor %q is none that a list has given.", text).In("before")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if err != nil {
		return p, true, bad.Because(err)
	}
	created, id, found := strings.Cut(string(raw), " ")
	ms, err := strconv.ParseInt(created, 36, 64)
	if err != nil || !found || ms < 0 || ms > 1<<47 || id == "" || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
		return p, true, bad
	}
	return Place{time.UnixMilli(ms).UTC(), id}, true, nil
}

// Found is some of the jobs that a filter chooses, newest first.
type Found struct {
	Jobs []Job
	Next string // cursor of the rest; empty: this is all
	// Searched is how many of the newest jobs were looked at where a filter
	// would have to look at more. Those that are older wait behind Next. 0: all
	// that there are.
	Searched int
}
