package cron_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestShiftsTimesWithinTheirDays(t *testing.T) {
	tests := []struct {
		expr    string
		minutes int
		want    string // empty: it cannot
	}{
		{"30 2 * * 1-5", 5, "35 2 * * 1-5"},
		{"30 2 * * 1-5", -45, "45 1 * * 1-5"},
		{"30 2 13 * 5", -150, "0 0 13 * 5"},
		{"30 2 * * *", -151, ""},
		{"30 2 * * *", 21*60 + 29, "59 23 * * *"},
		{"30 2 * * *", 21*60 + 30, ""},
		{"@daily", 65, "5 1 * * *"},
		{"0 * * * *", 25, "25 * * * *"},
		{"0 * * * *", 60, ""},
		{"50 * * * *", -55, ""},
		{"20 */2 * * *", 30, "50 */2 * * *"},
		{"20 */2 * * *", 60, "20 1-23/2 * * *"},
		{"20 */2 * * *", -30, ""},
		{"0,30 9 * * *", 20, "20,50 9 * * *"},
		{"0,30 9 * * *", 45, ""},
		{"0,30 9 * * *", 75, "15,45 10 * * *"},
		{"* * * * *", 5, ""},
		{"0 15 10 ? * 6L", 50, "0 5 11 ? * 6L"},
		{"30 0 9 LW * ? 2026-2028", -5, "30 55 8 LW * ? 2026-2028"},
		{"0 0 9 ? * 2#1", 24 * 60, ""},
		{"0 0 9 ? * 2#1", -1 << 40, ""},
	}
	for _, tt := range tests {
		s, err := cron.ParseDialect(dialectOf(tt.expr), tt.expr)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := s.(cron.Schedule).Shift(tt.minutes)
		if got.String() != tt.want || ok != (tt.want != "") {
			t.Errorf("%s by %d minutes: %q, %v, want %q", tt.expr, tt.minutes, got.String(), ok, tt.want)
		}
	}
	if got, ok := (cron.Schedule{}).Shift(5); ok {
		t.Errorf("what never fires is moved to %q", got)
	}
}

// Where no clock is changed, each firing is that much later, on its own day.
func TestWhatIsShiftedFiresOnTheSameDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expr, dialect := drawTimes(t)
		trigger, err := cron.ParseDialect(dialect, expr)
		if err != nil {
			t.Fatal(err)
		}
		s, minutes := trigger.(cron.Schedule), rapid.IntRange(-24*60, 24*60).Draw(t, "minutes")
		shifted, ok := s.Shift(minutes)
		if !ok {
			return
		}
		if back, ok := shifted.Shift(-minutes); !ok || !back.Equal(s) || shifted.Dialect() != dialect {
			t.Fatalf("%s by %d minutes is %s, and back %s", expr, minutes, shifted, back)
		}
		by := time.Duration(minutes) * time.Minute
		for at, n := time.Date(2026, 1, 1, 0, 0, 0, -1, time.UTC), 0; n < 20; n++ {
			was, found := s.Next(at, time.UTC)
			is, alsoFound := shifted.Next(at.Add(by), time.UTC)
			switch {
			case found != alsoFound, found && !is.Equal(was.Add(by)), found && is.YearDay() != was.YearDay():
				t.Fatalf("%s by %d minutes is %s: after %s %s is now %s", expr, minutes, shifted, at, was, is)
			case !found:
				return
			}
			at = was
		}
	})
}

// drawTimes draws expressions of which many can be moved: few times on any
// days.
func drawTimes(t *rapid.T) (string, cron.Dialect) {
	minute := rapid.SampledFrom([]string{"0", "30", "59", "5,20", "*/30"}).Draw(t, "minute")
	hour := rapid.SampledFrom([]string{"0", "2", "23", "*", "*/2", "9-17"}).Draw(t, "hour")
	if rapid.Bool().Draw(t, "quartz") {
		days := rapid.SampledFrom([]string{"* * ?", "LW,15W * ?", "? * 6L", "? 3 2#1,3", "31 1/2 ? 2026/2"}).Draw(t, "days")
		return "30 " + minute + " " + hour + " " + days, cron.Quartz
	}
	return minute + " " + hour + " " + rapid.SampledFrom([]string{"* * *", "13 * 5", "*/2 * 1", "31 * *", "* 2 6"}).Draw(t, "days"), cron.Unix
}
