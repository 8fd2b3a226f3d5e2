package cron_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestConversionKeepsTheMeaning(t *testing.T) {
	tests := []struct{ unix, quartz string }{
		{"0 23 * * 0", "0 0 23 ? * 1"},
		{"*/15 9-17 * * 1-5", "0 */15 9-17 ? * 2-6"},
		{"* * * * *", "0 * * * * ?"},
		{"0 0 1 * *", "0 0 0 1 * ?"},
		{"0 */12 */10 */6 *", "0 0 */12 */10 */6 ?"},
		{"0 0 * * 0,6", "0 0 0 ? * 1,7"},
		{"5-50/15 22,23 * * *", "0 5-50/15 22,23 * * ?"},
		{"0-2,10,11 * * * *", "0 0-2,10,11 * * * ?"},
	}
	for _, tt := range tests {
		if got, err := parse(t, tt.unix).Quartz(); got != tt.quartz || err != nil {
			t.Errorf("%s in Quartz is %q, %v, want %q", tt.unix, got, err, tt.quartz)
		}
		if got, err := parseQuartz(t, tt.quartz).Unix(); got != tt.unix || err != nil {
			t.Errorf("%s in unix is %q, %v, want %q", tt.quartz, got, err, tt.unix)
		}
	}
}

func TestEqualSchedulesHaveOneCanonicalText(t *testing.T) {
	tests := map[string][]string{
		"* * * * *":      {"*/1 0-23 1-31 JAN-DEC 0-7", "0-59 * * * *"},
		"0 0 * * *":      {"@daily", "0 0 1-31 * 5", "0 0 13 * 0-6"},
		"0 0 * * 0":      {"@weekly", "0 0 * * SUN", "0 0 * * 7", "0 0 1-31 * */7"},
		"0 0 */2 * 1":    {"0 0 */2,3 * MON"},
		"0 0 */31,7 * 1": {"0 0 */40,7 * 1"},
		"0 0 1,7 * 1":    {"0 0 7,1 * MON-MON"},
		"0 0 1-31/2 * 1": {"0 0 1-31/2 * MON"},
		"30 4 1,15 * 5":  {"30 4 15,1 * FRI"},
		"0 0 5,6 * */2":  {"0 0 5,6 * */2"},
	}
	for want, exprs := range tests {
		for _, expr := range exprs {
			if got, err := parse(t, expr).Unix(); got != want || err != nil {
				t.Errorf("%s is %q, %v, want %q", expr, got, err, want)
			}
		}
	}
	quartz := map[string][]string{
		"0 15 10 ? * 6L":             {"0 15 10 ? * FRIL", "0 15 10 ? * fril"},
		"0 0 9 LW * ?":               {"0 0 9 lw 1/1 ? *", "0 0 9 L-0W * ? 1970/1"},
		"0 0 9 L-3 * ?":              {"00 00 09 l-3 * ?"},
		"0 0 9 1,15W,L,LW * ?":       {"0 0 9 LW,L,15W,1 * ?"},
		"0 0 9 ? * 7":                {"0 0 9 ? * L", "0 0 9 ? * SAT"},
		"0 0 9 ? * 6":                {"0 0 9 ? * 6#1,6#2,6#3,6#4,6#5", "0 0 9 ? * 6,6L,FRI#2"},
		"0 0 9 ? * 6#4,6#5":          {"0 0 9 ? * 6#5,6L,6#4"},
		"0 0 0-2,22,23 * * ?":        {"0 0 22-2 * * ?"},
		"0 0 9 * * ?":                {"0 0 9 ? * *", "0 0 9 ? * 1-7", "0 0 9 1/1,L-2 * ?"},
		"0 0 9 1 1 ? 2026-2028,2031": {"0 0 9 1 1 ? 2031,2026-2028"},
	}
	for want, exprs := range quartz {
		for _, expr := range exprs {
			if got, err := parseQuartz(t, expr).Quartz(); got != want || err != nil {
				t.Errorf("%s is %q, %v, want %q", expr, got, err, want)
			}
		}
	}
}

func TestWhatADialectCannotSayIsRefused(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"30 4 1,15 * 5", `day of week "5" (column 13): is enough, and so is the day of month, and Quartz takes one of the two; make two schedules: "0 30 4 1,15 * ?" and "0 30 4 ? * 6"`},
		{"0 0 */2 * 1", `day of week "1" (column 11): must match together with the day of month, and Quartz takes one of the two; keep it as unix cron`},
		{"30 0 9 * * ?", `second "30" (column 1): is not second 0, and unix cron has no seconds; use 0, or keep it as Quartz`},
		{"0 0 9 L * ?", `day of month "L" (column 7): counts from the end of the month, which unix cron cannot; name the days, or keep it as Quartz`},
		{"0 0 9 15W * ?", `day of month "15W" (column 7): is moved to a weekday, which unix cron cannot; name the days, or keep it as Quartz`},
		{"0 0 9 ? * 6L", `day of week "6L" (column 11): is the last of the month, which unix cron cannot say; keep it as Quartz`},
		{"0 0 9 ? * 2#1", `day of week "2#1" (column 11): is counted in the month, which unix cron cannot; keep it as Quartz`},
		{"0 0 9 1 1 ? 2026", `year "2026" (column 13): is not every year, and unix cron has no years; let the schedule start and end on a date, or keep it as Quartz`},
	}
	for _, tt := range tests {
		convert := cron.Schedule.Quartz
		if cron.Detect(tt.expr) == cron.Quartz {
			convert = cron.Schedule.Unix
		}
		text, err := convert(parseAs(t, cron.Detect(tt.expr), tt.expr).(cron.Schedule))
		if _, ok := errors.AsType[*cron.Error](err); !ok {
			t.Errorf("%s is %q, and %v is not a *cron.Error", tt.expr, text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.expr, diff)
		}
	}
	if text, err := (cron.Schedule{}).Unix(); err == nil {
		t.Errorf("the zero Schedule is %q", text)
	}
	if text, err := (cron.Schedule{}).Quartz(); err == nil {
		t.Errorf("the zero Schedule is %q", text)
	}
}

// 5,000 expressions of unix cron: there and back.
func TestUnixComesBackFromQuartz(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 50 {
			s := parse(t, drawUnix(t))
			canonical := sameInUnix(t, s)
			quartz, err := s.Quartz()
			if err != nil {
				if !bothDays(canonical) {
					t.Fatalf("%s (%s): %v", s, canonical, err)
				}
				continue
			}
			back := parseQuartz(t, quartz)
			mustBeEqual(t, s, back)
			if text, err := back.Unix(); text != canonical || err != nil {
				t.Fatalf("%s is %q, in Quartz %q, and back %q, %v", s, canonical, quartz, text, err)
			}
		}
	})
}

// 5,000 expressions of Quartz: there and back.
func TestQuartzComesBackFromUnix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 50 {
			s := parseQuartz(t, drawQuartz(t))
			canonical := sameInQuartz(t, s)
			unix, err := s.Unix()
			if err != nil {
				if !strings.ContainsAny(canonical, "LW#") && strings.HasPrefix(canonical, "0 ") && len(strings.Fields(canonical)) == 6 {
					t.Fatalf("%s (%s): %v", s, canonical, err)
				}
				continue
			}
			back := parse(t, unix)
			mustBeEqual(t, s, back)
			if text, err := back.Quartz(); text != canonical || err != nil {
				t.Fatalf("%s is %q, in unix %q, and back %q, %v", s, canonical, unix, text, err)
			}
		}
	})
}

// sameInUnix returns the canonical text of s, which is read as s, and is its
// own canonical text.
func sameInUnix(t *rapid.T, s cron.Schedule) string {
	text, err := s.Unix()
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	again := parse(t, text)
	mustBeEqual(t, s, again)
	if fixed, err := again.Unix(); fixed != text || err != nil {
		t.Fatalf("%s is %q, and that is %q, %v", s, text, fixed, err)
	}
	return text
}

func sameInQuartz(t *rapid.T, s cron.Schedule) string {
	text, err := s.Quartz()
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	again := parseQuartz(t, text)
	mustBeEqual(t, s, again)
	if fixed, err := again.Quartz(); fixed != text || err != nil {
		t.Fatalf("%s is %q, and that is %q, %v", s, text, fixed, err)
	}
	return text
}

// mustBeEqual also looks at some firings of both, so that nothing rests on
// Equal alone.
func mustBeEqual(t *rapid.T, a, b cron.Schedule) {
	if !a.Equal(b) {
		t.Fatalf("%s is not %s", a, b)
	}
	at := time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)
	zone := zoneNamed(t, "America/New_York")
	for range 4 {
		next, ok := a.Next(at, zone)
		other, otherOk := b.Next(at, zone)
		if !next.Equal(other) || ok != otherOk {
			t.Fatalf("after %s, %s fires at %s and %s at %s", at, a, next, b, other)
		}
		if !ok {
			return
		}
		at = next
	}
}

// bothDays reports whether a canonical unix expression restricts both days.
func bothDays(expr string) bool {
	fields := strings.Fields(expr)
	return fields[2] != "*" && fields[4] != "*"
}

func TestSchedulesThatFireAtOtherTimesAreNotEqual(t *testing.T) {
	different := []string{
		"0 0 0 1 * ?", "0 0 0 2 * ?", "1 0 0 1 * ?", "0 0 0 L * ?", "0 0 0 LW * ?", "0 0 0 L-1W * ?", "0 0 0 1W * ?",
		"0 0 0 ? * 2", "0 0 0 ? * 2L", "0 0 0 ? * 2#1", "0 0 0 ? * 2#2", "0 0 0 ? * 3#1", "0 0 0 1 * ? 2030", "0 0 0 1 * ? 2031",
	}
	for i, a := range different {
		for j, b := range different {
			if got := parseQuartz(t, a).Equal(parseQuartz(t, b)); got != (i == j) {
				t.Errorf("%s and %s: equal %v", a, b, got)
			}
		}
	}
	if parse(t, "0 0 */2 * 1").Equal(parse(t, "0 0 1-31/2 * 1")) {
		t.Error("both days and either day are equal")
	}
}
