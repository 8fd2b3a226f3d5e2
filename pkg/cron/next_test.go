package cron_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The table of the rule for changes of clock: what fires from the evening
// before, in the local time of each firing.
func TestFollowsTheClockThroughItsChanges(t *testing.T) {
	const (
		newYork  = "America/New_York"  // 02:00 EST -> 03:00 EDT on 2026-03-08, 02:00 EDT -> 01:00 EST on 2026-11-01
		saoPaulo = "America/Sao_Paulo" // 00:00 -> 01:00 on 2018-11-04
		apia     = "Pacific/Apia"      // no 2011-12-30 at all
		lordHowe = "Australia/Lord_Howe"
	)
	tests := []struct{ name, expr, zone, from, want string }{
		{"a time in the gap fires at its end", "30 2 * * *", newYork, "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-09T02:30:00-04:00"},
		{"midnight in the gap fires at its end", "0 0 * * *", saoPaulo, "2018-11-03T12:00:00-03:00", "2018-11-04T01:00:00-02:00 2018-11-05T00:00:00-02:00"},
		{"two times in the gap are one firing", "0,30 2 * * *", newYork, "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-09T02:00:00-04:00"},
		{"a time in the gap and one at its end are one firing", "0 2,3 * * *", newYork, "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-09T02:00:00-04:00"},
		{"every second hour keeps its twelve firings", "0 */2 * * *", newYork, "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-08T04:00:00-04:00"},
		{"every 15 minutes is real time through the gap", "*/15 * * * *", newYork, "2026-03-08T01:30:00-05:00", "2026-03-08T01:45:00-05:00 2026-03-08T03:00:00-04:00 2026-03-08T03:15:00-04:00"},
		{"a time that comes twice fires in the first pass", "30 1 * * *", newYork, "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00 2026-11-02T01:30:00-05:00"},
		{"a repeated time is past inside the second pass", "30 1 * * *", newYork, "2026-11-01T01:10:00-05:00", "2026-11-02T01:30:00-05:00"},
		{"the end of the repeated hour is not past", "0 2 * * *", newYork, "2026-11-01T01:10:00-05:00", "2026-11-01T02:00:00-05:00"},
		{"every 30 minutes fires in both passes", "*/30 * * * *", newYork, "2026-11-01T01:00:00-04:00", "2026-11-01T01:30:00-04:00 2026-11-01T01:00:00-05:00 2026-11-01T01:30:00-05:00 2026-11-01T02:00:00-05:00"},
		{"hours spelled out are real time too", "0 0-23 * * *", newYork, "2026-11-01T00:30:00-04:00", "2026-11-01T01:00:00-04:00 2026-11-01T01:00:00-05:00 2026-11-01T02:00:00-05:00"},
		{"the last day's repeated hour fires in both passes", "45 * 16 * *", saoPaulo, "1991-02-16T23:00:00-02:00", "1991-02-16T23:45:00-02:00 1991-02-16T23:45:00-03:00 1991-03-16T00:45:00-03:00"},
		{"a skipped day fires as the next begins", "0 9 * * *", apia, "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00 2011-12-31T09:00:00+14:00"},
		{"times of a skipped day only are one firing", "0 9,17 30 12 *", apia, "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00 2012-12-30T09:00:00+14:00"},
		{"a skipped day adds nothing to real time", "0 * 30 12 *", apia, "2011-12-29T12:00:00-10:00", "2012-12-30T00:00:00+14:00"},
		{"half an hour of gap is a gap", "15 2 * * *", lordHowe, "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00 2026-10-05T02:15:00+11:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, zone := parse(t, tt.expr), zoneOf(t, tt.zone)
			at, _ := time.Parse(time.RFC3339, tt.from)
			var got string
			for len(got) < len(tt.want) {
				next, ok := s.Next(at, zone)
				if !ok {
					t.Fatal("there is no next firing")
				}
				if got != "" {
					got += " "
				}
				got += next.Format(time.RFC3339)
				at = next
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTheCalendarIsTheOnlyHorizon(t *testing.T) {
	tests := []struct{ name, expr, from, want string }{
		{"a leap day after 2100 is eight years away", "0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
		{"a leap day on a sunday may be forty", "0 0 29 2 */7", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"},
		{"a second before is enough", "0 0 * * *", "2026-02-28T23:59:59.999999999Z", "2026-03-01T00:00:00Z"},
		{"the instant itself is past", "0 0 * * *", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"},
		{"fractions are cut off, not rounded", "0 0 * * *", "2026-03-01T00:00:00.000000001Z", "2026-03-02T00:00:00Z"},
		{"before 1970 nothing fires", "0 0 * * *", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"the last minute of 2199", "* * * * *", "2199-12-31T23:58:00Z", "2199-12-31T23:59:00Z"},
		{"and nothing after it", "* * * * *", "2199-12-31T23:59:00Z", "none"},
		{"nor in the far future", "* * * * *", "9999-12-31T23:59:00Z", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			got := "none"
			if next, ok := parse(t, tt.expr).Next(from, time.UTC); ok {
				got = next.Format(time.RFC3339Nano)
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNextIsInTheZoneOfTheSchedule(t *testing.T) {
	next, _ := parse(t, "0 9 * * *").Next(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), zoneOf(t, "Asia/Kolkata"))
	if got := next.Format(time.RFC3339); got != "2026-07-02T09:00:00+05:30" {
		t.Errorf("got %s", got)
	}
	next, _ = parse(t, "0 9 * * *").Next(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), nil)
	if got := next.Format(time.RFC3339); got != "2026-07-02T09:00:00Z" {
		t.Errorf("without a zone: got %s", got)
	}
}
