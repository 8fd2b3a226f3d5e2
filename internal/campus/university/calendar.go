package university

import (
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// academicYear is the calendar of universities that have no other: three terms
// from 1 September 2026 on.
func academicYear() (terms []sis.Term) {
	first := time.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)
	for _, t := range []struct {
		code, title string
		start, days int
	}{
		{"FA", "Fall", 0, termLength},
		{"SP", "Spring", 133, termLength},
		{"SU", "Summer", 273, 71},
	} {
		start := first.AddDate(0, 0, t.start)
		terms = append(terms, sis.Term{
			Key: fmt.Sprintf("%d%s", start.Year(), t.code), Title: fmt.Sprintf("%s %d", t.title, start.Year()), Kind: "term",
			Start: dateOf(start), End: dateOf(start.AddDate(0, 0, t.days)),
		})
	}
	return terms
}

func dateOf(t time.Time) sis.Date { return sis.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()} }
