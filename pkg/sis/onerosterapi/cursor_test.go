package onerosterapi_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestAsksForWhatChangedSinceTheNewestChangeThatWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := sistest.NewCampus(30)
		service := sisrest.New(bundle(c), sisrest.Faults{})
		source := within(service)
		time.Sleep(90 * time.Minute)
		c.Persons[7].Family = "Changed"
		service.Replace(bundle(c))
		changed := time.Now()
		time.Sleep(5 * time.Hour)

		first := pull(t, source, sis.Persons, "")
		second := pull(t, source, sis.Persons, first.Cursor)

		if !slices.ContainsFunc(service.Requests(), func(r string) bool { return strings.Contains(r, filter(changed.Add(-30*time.Minute))) }) {
			t.Errorf("requests = %q, want one with %s", service.Requests(), filter(changed.Add(-30*time.Minute)))
		}
		if got := second.only(t); got.Key != c.Persons[7].Key || got.Version != changed.UnixMilli() || second.Complete || second.Cursor != first.Cursor {
			t.Errorf("record = %+v, result = %+v, want the one that changed, and the cursor again", got, second.Result)
		}
	})
}

// filter is what asks for changes since then, as an address has it.
func filter(since time.Time) string {
	return "filter=dateLastModified%3E%27" + strings.ReplaceAll(since.UTC().Format("2006-01-02T15:04:05.000Z"), ":", "%3A") + "%27"
}

func TestNothingChangedKeepsTheCursor(t *testing.T) {
	source := within(onePage(`{"users":[]}`))
	const cursor = "2026-09-01T10:00:00Z"
	if got := pull(t, source, sis.Persons, cursor); got.Rows != 0 || got.Complete || got.Cursor != cursor {
		t.Errorf("result = %+v, want nothing and the cursor that was", got.Result)
	}
}

// A clock is set wrong, or right, between two pulls: whatever was changed in
// between comes with the second.
func TestBadInputOfClocks(t *testing.T) {
	for name, test := range map[string]struct{ before, after time.Duration }{
		"two hours ahead":           {2 * time.Hour, 2 * time.Hour},
		"two hours behind":          {-2 * time.Hour, -2 * time.Hour},
		"set back two hours":        {0, -2 * time.Hour},
		"set forward two hours":     {0, 2 * time.Hour},
		"right again, was ahead":    {2 * time.Hour, 0},
		"right again, was behind":   {-2 * time.Hour, 0},
		"ahead, and then behind":    {2 * time.Hour, -2 * time.Hour},
		"a few seconds do not care": {5 * time.Second, -5 * time.Second},
	} {
		t.Run("row 33: the clock of the SIS: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := sistest.NewCampus(10)
				early := sisrest.New(bundle(c), sisrest.Faults{Skew: test.before})
				c.Persons[3].Family = "Before"
				early.Replace(bundle(c))
				first := pull(t, within(early), sis.Persons, "")
				wantSkew(t, first.Warning, test.before)

				time.Sleep(5 * time.Minute)
				late := sisrest.New(bundle(c), sisrest.Faults{Skew: test.after})
				c.Persons[5].Family = "Between"
				late.Replace(bundle(c))
				time.Sleep(time.Hour)
				second := pull(t, within(late), sis.Persons, first.Cursor)

				wantSkew(t, second.Warning, test.after)
				if !second.distinct()[c.Persons[5].Key] {
					t.Errorf("what was changed between the pulls did not come; cursor %s", first.Cursor)
				}
			})
		})
	}
}

func wantSkew(t *testing.T, warning string, skew time.Duration) {
	t.Helper()
	if want := skew.Abs() > time.Minute; strings.Contains(warning, "CLOCK_SKEW: ") != want {
		t.Errorf("warning = %q, want one of the clock: %t", warning, want)
	}
}

func TestARowOfTheFutureHidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)))
		source := within(onePage(`{"users":[` + user("a") + `,` + strings.Replace(user("b"), "2026-09-01", "2099-01-01", 1) + `]}`))
		got := pull(t, source, sis.Persons, "")
		if at, err := time.Parse(time.RFC3339, got.Cursor); err != nil || at.After(time.Now().Add(time.Minute)) {
			t.Errorf("cursor = %s, want none after now", got.Cursor)
		}
	})
}

func TestRowsWithoutATimeLeaveNoCursor(t *testing.T) {
	for _, at := range []string{"", "yesterday", "2026-09-01T10:00:00", "2026-09-01", "01/09/2026", "0000-00-00T00:00:00Z"} {
		source := within(onePage(`{"users":[` + user("a") + `,` + strings.Replace(user("b"), "2026-09-01T10:00:00.000Z", at, 1) + `]}`))
		got := pull(t, source, sis.Persons, "")
		if got.Cursor != "" || got.Rows != 2 || !got.Complete || !strings.Contains(got.Warning, "1 rows do not say when") {
			t.Errorf("%q: result = %+v, want both rows and no cursor", at, got.Result)
		}
	}
}

func TestWhatAServiceDoesNotUnderstandIsNotAskedAgain(t *testing.T) {
	cursor := time.Now().UTC().Format(time.RFC3339)
	for name, test := range map[string]struct {
		faults sisrest.Faults
		cursor string
		whole  bool
	}{
		"no filter":            {sisrest.Faults{NoFilter: true}, cursor, true},
		"no sort":              {sisrest.Faults{NoSort: true}, cursor, false},
		"neither":              {sisrest.Faults{NoSort: true, NoFilter: true}, cursor, true},
		"no sort, and no need": {sisrest.Faults{NoSort: true}, "", true},
		"a cursor of others":   {sisrest.Faults{}, "page 7", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := pull(t, within(sisrest.New(bundle(sistest.NewCampus(30)), test.faults)), sis.Persons, test.cursor)
			if got.Complete != test.whole || test.whole != (got.Rows == 34) {
				t.Errorf("result = %+v, want all of 34 rows: %t", got.Result, test.whole)
			}
		})
	}
}

func TestReadsPeopleAndTermsWhereverTheServiceHasThem(t *testing.T) {
	service := sisrest.New(bundle(sistest.NewCampus(30)), sisrest.Faults{Lacks: []string{"users", "academicSessions", "courses"}, Totals: true})
	for stream, want := range map[sis.Stream]int{sis.Persons: 34, sis.Terms: 3, sis.Sections: 4} {
		if got := pull(t, within(service), stream, ""); got.Rows != want || !got.Complete || len(got.distinct()) != want {
			t.Errorf("%s: result = %+v, want all of %d rows, each once", stream, got.Result, want)
		}
	}
	without := within(sisrest.New(bundle(sistest.NewCampus(3)), sisrest.Faults{Lacks: []string{"users", "students"}}))
	wantError(t, pullFrom(t.Context(), without, sis.Persons, ""), "SRC_SCHEMA", false, "HTTP 404")
}

func TestAFieldThatAllRowsLackIsTheServicesFault(t *testing.T) {
	rows := make([]string, 12)
	for i := range rows {
		rows[i] = strings.Replace(user(string(rune('a'+i))), `"givenName":"Sam",`, "", 1)
	}
	source := within(onePage(`{"users":[` + strings.Join(rows, ",") + `]}`))
	wantError(t, pullFrom(t.Context(), source, sis.Persons, ""), "SRC_SCHEMA", false, "None of the 12 rows")
	few := pull(t, within(onePage(`{"users":[`+rows[0]+`]}`)), sis.Persons, "")
	if few.Problems != 1 {
		t.Errorf("result = %+v, want one problem", few.Result)
	}
}
