package job

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Content is what one field of a job's arguments has to be.
type Content struct {
	Path  string // "school", "school.year"
	Value string
}

// A Span bounds a duration. Zero does not.
type Span struct {
	Over  time.Duration // at least
	Under time.Duration // less than
}

// A Period bounds a time. Zero does not.
type Period struct {
	From time.Time
	To   time.Time // before
}

// Steps returns the names that lead to c, from the outermost in.
func (c Content) Steps() []string { return strings.Split(c.Path, ".") }

// Check refuses a filter that would have to read every job there is.
func (f Filter) Check() error {
	if len(f.Payload) == 0 || f.Task != "" || f.Schedule != "" || f.Root != "" || f.Created != (Period{}) {
		return nil
	}
	return fault.New(fault.Invalid, "To look into arguments takes a task or a time as well, such as task:sis.* or created>2026-09-01.").In("q")
}

// Chooses reports whether f restricts anything.
func (f Filter) Chooses() bool { return f.String() != "" }

// Tokens returns the words of a text as they are searched: runs of letters and
// digits in lower case, at most so many, each once and in order of their
// alphabet.
func Tokens(text string, most int) []string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	seen := make(map[string]bool, len(parts))
	for _, p := range parts {
		if len(seen) == most {
			break
		}
		seen[shortened(p)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// longestToken is how much of a word is searched, in bytes.
const longestToken = 60

func shortened(token string) string {
	if len(token) <= longestToken {
		return token
	}
	n := longestToken
	for !utf8.RuneStart(token[n]) {
		n--
	}
	return token[:n]
}
