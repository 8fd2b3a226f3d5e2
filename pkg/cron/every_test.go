package cron_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestIntervalsCountFromTheirFirstFiring(t *testing.T) {
	tests := []struct{ name, text, zone, from, want string }{
		{"the first firing is the start itself", "90 minutes from 2026-01-05 08:00", "UTC", "2026-01-01T00:00:00Z", "2026-01-05T08:00:00Z 2026-01-05T09:30:00Z 2026-01-05T11:00:00Z"},
		{"and is past at the start", "90 minutes from 2026-01-05 08:00", "UTC", "2026-01-05T08:00:00Z", "2026-01-05T09:30:00Z"},
		{"years later nothing has shifted", "90 minutes from 2026-01-05 08:00", "UTC", "2031-06-01T00:00:00Z", "2031-06-01T00:30:00Z"},
		{"the start is of the zone's clock", "45 seconds from 2026-01-05 08:00:30", "Asia/Kolkata", "2026-01-05T00:00:00Z", "2026-01-05T08:00:30+05:30 2026-01-05T08:01:15+05:30"},
		{"hours are real hours through a gap", "2 hours from 2026-03-08 00:00", "America/New_York", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-08T05:00:00-04:00"},
		{"and through a repeated hour", "1 hour from 2026-11-01 00:00", "America/New_York", "2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00 2026-11-01T01:00:00-05:00 2026-11-01T02:00:00-05:00"},
		{"24 hours are not a day", "24 hours from 2026-03-07 12:00", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T13:00:00-04:00"},
		{"days keep the time of the clock", "1 day from 2026-03-07 12:00", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00 2026-03-09T12:00:00-04:00"},
		{"a day in the gap fires at its end", "1 day from 2026-03-07 02:30", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-09T02:30:00-04:00"},
		{"a day that comes twice fires in the first pass", "1 day from 2026-10-30 01:30", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00 2026-11-02T01:30:00-05:00"},
		{"a skipped day fires as the next begins", "1 day from 2011-12-28 09:00", "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00 2011-12-31T09:00:00+14:00"},
		{"a start in the gap is its end", "30 minutes from 2026-03-08 02:15", "America/New_York", "2026-03-08T00:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-08T03:30:00-04:00"},
		{"every other friday", "2 weeks from 2026-01-09 07:30", "Europe/Berlin", "2026-03-20T07:30:00+01:00", "2026-04-03T07:30:00+02:00 2026-04-17T07:30:00+02:00"},
		{"the calendar ends", "100 days from 2199-12-01 00:00", "UTC", "2199-12-01T00:00:00Z", "none"},
		{"for real time too", "1 hour from 2026-01-05 00:00", "UTC", "2199-12-31T23:00:00Z", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := len(strings.Fields(tt.want))
			got := []string{}
			for _, at := range firingsOf(t, parseEvery(t, tt.text), tt.zone, tt.from, n) {
				got = append(got, at.In(zoneOf(t, tt.zone)).Format(time.RFC3339))
			}
			if len(got) == 0 {
				got = append(got, "none")
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if at, ok := (cron.Every{}).Next(time.Now(), time.UTC); ok {
		t.Errorf("the zero Every fires at %s", at)
	}
}

func TestIntervalsAreDescribed(t *testing.T) {
	tests := map[string][]string{
		"every 90 minutes from 2026-01-05 08:00":    {"90 minutes from 2026-01-05 08:00", "Every 90 Minutes FROM 2026-01-05  08:00:00", "5400 seconds from 2026-01-05 08:00"},
		"every hour from 2026-01-05 08:00":          {"hour from 2026-01-05 08:00", "1 hours from 2026-01-05 08:00", "60 minutes from 2026-01-05 08:00"},
		"every 24 hours from 2026-01-05 08:00":      {"24 hours from 2026-01-05 08:00"},
		"every day from 2026-01-05 08:00":           {"every day from 2026-01-05 08:00", "1 day from 2026-01-05 08:00"},
		"every 2 weeks from 2026-01-05 08:00":       {"2 weeks from 2026-01-05 08:00", "14 days from 2026-01-05 08:00"},
		"every 45 seconds from 2026-01-05 08:00:30": {"45 seconds from 2026-01-05 08:00:30"},
	}
	for want, texts := range tests {
		for _, text := range texts {
			e := parseEvery(t, text)
			if got := e.Describe(); got != want {
				t.Errorf("%q is %q, want %q", text, got, want)
			}
			if e.String() != text || !e.Equal(parseEvery(t, want)) {
				t.Errorf("%q is not %q", text, want)
			}
		}
	}
	if text := (cron.Every{}).Describe(); text != "never" {
		t.Errorf("the zero Every fires %s", text)
	}
	if parseEvery(t, "24 hours from 2026-01-05 08:00").Equal(parseEvery(t, "1 day from 2026-01-05 08:00")) {
		t.Error("24 hours are a day")
	}
}

func TestIntervalErrorsSayWhatToWrite(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", `interval "" (column 1): is empty; write 90 minutes from 2026-01-05 08:00`},
		{"every", `interval "every" (column 1): is empty; write 90 minutes from 2026-01-05 08:00`},
		{"90 minutes", `start "90 minutes" (column 1): does not say from when; add the local date and time of the first firing: 90 minutes from 2026-01-05 08:00`},
		{"90", `unit "90" (column 1): has no unit; write 90 minutes from 2026-01-05 08:00`},
		{"0 minutes from 2026-01-05 08:00", `interval "0" (column 1): is no interval; use a number of 1 or more`},
		{"-5 minutes from 2026-01-05 08:00", `interval "-5" (column 1): is not a whole number; write 90 minutes for one and a half hours`},
		{"1.5 hours from 2026-01-05 08:00", `interval "1.5" (column 1): is not a whole number; write 90 minutes for one and a half hours`},
		{"1000000 seconds from 2026-01-05 08:00", `interval "1000000" (column 1): is too large; use a longer unit, or a number up to 999999`},
		{"3 months from 2026-01-05 08:00", `unit "months" (column 3): is not a unit; months and years are not equally long: use cron, such as 0 8 1 * *`},
		{"90 min from 2026-01-05 08:00", `unit "min" (column 4): is not a unit; write the unit in full: seconds, minutes, hours, days or weeks`},
		{"2 fridays from 2026-01-05 08:00", `unit "fridays" (column 3): is not a unit; use seconds, minutes, hours, days or weeks`},
		{"2 weeks since 2026-01-05 08:00", `start "since" (column 9): is not understood; write "from" and the local date and time of the first firing: 90 minutes from 2026-01-05 08:00`},
		{"2 weeks from", `start "from" (column 9): has no date and time; write both: from 2026-01-05 08:00`},
		{"2 weeks from 2026-01-05", `start "2026-01-05" (column 14): has no date and time; write both: from 2026-01-05 08:00`},
		{"2 weeks from 2026-02-30 08:00", `start "2026-02-30" (column 14): is not a date; write year, month and day: 2026-01-05`},
		{"2 weeks from 05/01/2026 08:00", `start "05/01/2026" (column 14): is not a date; write year, month and day: 2026-01-05`},
		{"2 weeks from 1969-12-31 08:00", `start "1969-12-31" (column 14): is not in the calendar; use a year from 1970 to 2199`},
		{"2 weeks from 2026-01-05 8am", `start "8am" (column 25): is not a time of the day; write it as 08:00 or 08:00:30, from 00:00 to 23:59:59`},
		{"2 weeks from 2026-01-05 8:00", `start "8:00" (column 25): is not a time of the day; write it as 08:00 or 08:00:30, from 00:00 to 23:59:59`},
		{"2 weeks from 2026-01-05 24:00", `start "24:00" (column 25): is not a time of the day; write it as 08:00 or 08:00:30, from 00:00 to 23:59:59`},
		{"2 weeks from 2026-01-05 08:00:00.5", `start "08:00:00.5" (column 25): is not a time of the day; write it as 08:00 or 08:00:30, from 00:00 to 23:59:59`},
		{"2 weeks from 2026-01-05 08:00 in Europe/Berlin", `start "in" (column 31): is not understood; nothing comes after the time; the zone is not part of an interval`},
	}
	for _, tt := range tests {
		_, err := cron.ParseEvery(tt.text)
		if _, ok := errors.AsType[*cron.Error](err); !ok {
			t.Errorf("%q: %v is not a *cron.Error", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", tt.text, diff)
		}
	}
}

// Every n-th firing of a daily schedule says the same as Next.
func TestIntervalsOfDaysAreEverySoManyDailyFirings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := zoneNamed(t, rapid.SampledFrom(fuzzZones).Draw(t, "zone"))
		first := time.Date(rapid.IntRange(1990, 2050).Draw(t, "year"), 1, rapid.IntRange(1, 365).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), 30, 0, 0, time.UTC)
		step := rapid.IntRange(1, 20).Draw(t, "step")
		every := parseEvery(t, fmt.Sprintf("%d days from %s", step, first.Format("2006-01-02 15:04")))
		daily := parse(t, first.Format("4 15 * * *"))
		at, _ := every.Next(time.Unix(0, 0), zone)
		for range 40 {
			due := at.Add(-time.Second)
			for range step + 1 {
				due, _ = daily.Next(due, zone)
			}
			next, _ := every.Next(at, zone)
			if !next.Equal(due) {
				t.Fatalf("%s: after %s comes %s, want %s", every, at, next, due)
			}
			at = next
		}
	})
}

func parseEvery(t rapid.TB, text string) cron.Every {
	t.Helper()
	e, err := cron.ParseEvery(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
