package cron_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

var fuzzZones = []string{"UTC", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata"}

// Whatever it is given, Parse ends, and says what is wrong in one line.
func FuzzParse(f *testing.F) {
	for _, expr := range []string{
		"*/5 * * * *", "0 23 * * 0", "0 9-17/2 1,15 JAN-mar mon-FRI", "@daily", "@every 5m", "0 22-2/3 * * *", "0 0 30 2 *",
		"*,10 0 */2 * 5-7", "5/15 * * * *", "0 0 L * ?", "-1 * * * *", "0  0\t* * *\n", "٣ * * * *", strings.Repeat("0,", 300),
	} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := cron.Parse(expr)
		if err == nil {
			if _, ok := s.Next(time.Unix(0, 0), time.UTC); !ok || s.String() != expr {
				t.Fatalf("%q was accepted as %q and does not fire", expr, s)
			}
			return
		}
		e, ok := errors.AsType[*cron.Error](err)
		switch {
		case !ok:
			t.Fatalf("%q: %v is not a *cron.Error", expr, err)
		case e.Reason == "" || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 500:
			t.Fatalf("%q: %v is not one line with a reason", expr, err)
		case e.Column < 1 || e.Column > len(expr)+1:
			t.Fatalf("%q: %v is at a column that it does not have", expr, err)
		}
	})
}

// Next is strictly after, never goes back, and shows a local time of the
// schedule, unless the clock skipped one.
func FuzzNext(f *testing.F) {
	f.Add("30 2 * * *", uint8(1), int64(1772866800), uint32(86400))
	f.Add("*/15 * * * *", uint8(3), int64(1775314800), uint32(900))
	f.Add("0 9,17 30 12 *", uint8(5), int64(1325196000), uint32(1))
	f.Add("0 0 29 2 *", uint8(7), int64(math.MaxInt64), uint32(5))
	f.Add("0 */2 * * 1-5", uint8(2), int64(2240000000), uint32(7200))
	f.Fuzz(func(t *testing.T, expr string, zone uint8, from int64, later uint32) {
		s, err := cron.Parse(expr)
		if err != nil {
			return
		}
		location := zoneOf(t, fuzzZones[int(zone)%len(fuzzZones)])
		at := time.Unix(from, 0)
		next, ok := s.Next(at, location)
		if !ok {
			return
		}
		if !next.After(at) || next.Nanosecond() != 0 || next.Year() > 2199 {
			t.Fatalf("%s: after %s comes %s", expr, at, next)
		}
		if second, ok := s.Next(at.Add(time.Duration(later)*time.Second), location); ok && second.Before(next) {
			t.Fatalf("%s: %s is after %s, but %d s later it is %s", expr, next, at, later, second)
		}
		if !matches(t, expr, next) && !atGap(next) {
			t.Fatalf("%s: fires at %s", expr, next)
		}
	})
}

// matches reports whether a schedule that knows no changes of clock fires at
// that local time.
func matches(t *testing.T, expr string, at time.Time) bool {
	t.Helper()
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	next, ok := parse(t, expr).Next(wall.Add(-time.Second), time.UTC)
	return ok && next.Equal(wall)
}

// atGap reports whether the clock was put forward to show at.
func atGap(at time.Time) bool {
	_, before := at.Add(-time.Second).Zone()
	_, now := at.Zone()
	return now > before
}
