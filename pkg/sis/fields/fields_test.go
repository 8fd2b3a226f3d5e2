package fields_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

func TestTheDayAfterALastDay(t *testing.T) {
	for last, want := range map[string]string{
		"2026-12-31": "2027-01-01", "2028-02-28": "2028-02-29", "2026-02-28": "2026-03-01", "2026-03-07": "2026-03-08",
	} {
		day, err := sis.ParseDate(last)
		if got := fields.After(day); err != nil || got.String() != want {
			t.Errorf("the day after %s is %s (%v), want %s", last, got, err, want)
		}
	}
	if got := fields.After(sis.Date{}); !got.IsZero() {
		t.Errorf("the day after none is %s", got)
	}
}

func TestTheFirstProblemOfARecordStands(t *testing.T) {
	r := fields.Record{Text: func(name string) string {
		return map[string]string{"nul": "a\x00b", "latin": "Zo\xeb", "day": "31/12/2026"}[name]
	}}
	for _, name := range []string{"nul", "latin"} {
		r.Problem = nil
		if r.Optional(name); r.Problem == nil || r.Problem.Code != "ENCODING" {
			t.Errorf("%s: problem = %v, want ENCODING", name, r.Problem)
		}
	}
	r.Date("day")
	if r.Required("none"); r.Problem.Code != "ENCODING" {
		t.Errorf("problem = %v, want the first", r.Problem)
	}
}
