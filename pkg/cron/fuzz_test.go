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
		if err != nil {
			mustSayWhy(t, expr, err)
			return
		}
		if _, ok := s.Next(time.Unix(-1, 0), time.UTC); !ok || s.String() != expr {
			t.Fatalf("%q was accepted as %q and does not fire", expr, s)
		}
		mustConvert(t, s)
	})
}

// So does ParseQuartz.
func FuzzParseQuartz(f *testing.F) {
	for _, expr := range []string{
		"0 0 9 LW * ?", "0 15 10 ? * 6L 2026-2028", "0 5/15 22-2 L-3,L-5W,15W * ?", "* * * ? NOV-FEB FRI-MON", "0 0 0 ? * 2#1,fril,L",
		"0 0 0 29 2 ? 2027", "0 0 0 ? * 2-6#1", "0 0 0 10-15W * ?", "0 0 0 5C 0 ?", "0 0 0 LW-3 * ?", "0 0 0 ?,1 * MON", "30 2 * * *", "0 0 0 1 1 ? 1970/3,2199",
	} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := cron.ParseQuartz(expr)
		if err != nil {
			mustSayWhy(t, expr, err)
			return
		}
		if _, ok := s.Next(time.Unix(-1, 0), time.UTC); !ok || s.String() != expr {
			t.Fatalf("%q was accepted as %q and does not fire", expr, s)
		}
		mustConvert(t, s)
	})
}

// And ParseEvery.
func FuzzParseEvery(f *testing.F) {
	for _, text := range []string{
		"90 minutes from 2026-01-05 08:00", "every week from 2026-01-05 08:00:30", "2 weeks", "1.5 hours from", "999999 weeks from 2199-12-31 23:59",
		"3 months from 2026-01-05 08:00", "1 day from 2026-02-30 24:00", "every", "-1 s from 1-1-1 1:1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := cron.ParseEvery(text)
		if err != nil {
			mustSayWhy(t, text, err)
			return
		}
		if again, err := cron.ParseEvery(e.Describe()); err != nil || !e.Equal(again) {
			t.Fatalf("%q is %q, and that is %v, %v", text, e.Describe(), again, err)
		}
		for _, name := range fuzzZones {
			zone := zoneOf(t, name)
			at := time.Unix(-1, 0)
			for range 3 {
				next, ok := e.Next(at, zone)
				if ok && (!next.After(at) || next.Year() > 2199) {
					t.Fatalf("%q in %s: after %s comes %s", text, name, at, next)
				}
				if at = next; !ok {
					break
				}
			}
		}
	})
}

// mustSayWhy checks that an error is of use to who wrote expr.
func mustSayWhy(t *testing.T, expr string, err error) {
	t.Helper()
	e, ok := errors.AsType[*cron.Error](err)
	switch {
	case !ok:
		t.Fatalf("%q: %v is not a *cron.Error", expr, err)
	case e.Reason == "" || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 600:
		t.Fatalf("%q: %v is not one line with a reason", expr, err)
	case e.Column < 1 || e.Column > len(expr)+1:
		t.Fatalf("%q: %v is at a column that it does not have", expr, err)
	}
}

// mustConvert checks that each dialect that can say s says just that.
func mustConvert(t *testing.T, s cron.Schedule) {
	t.Helper()
	if text, err := s.Unix(); err != nil {
		mustSayWhy(t, s.String(), err)
	} else if again, err := cron.Parse(text); err != nil || !again.Equal(s) {
		t.Fatalf("%q in unix is %q: %v", s, text, err)
	}
	if text, err := s.Quartz(); err != nil {
		mustSayWhy(t, s.String(), err)
	} else if again, err := cron.ParseQuartz(text); err != nil || !again.Equal(s) {
		t.Fatalf("%q in Quartz is %q: %v", s, text, err)
	}
}

// Next is strictly after, never goes back, and shows a local time of the
// schedule, unless the clock skipped one.
func FuzzNext(f *testing.F) {
	f.Add("30 2 * * *", uint8(1), int64(1772866800), uint32(86400))
	f.Add("*/15 * * * *", uint8(3), int64(1775314800), uint32(900))
	f.Add("0 9,17 30 12 *", uint8(5), int64(1325196000), uint32(1))
	f.Add("0 0 29 2 *", uint8(7), int64(math.MaxInt64), uint32(5))
	f.Add("0 */2 * * 1-5", uint8(2), int64(2240000000), uint32(7200))
	f.Add("0 0/20 1,2 ? * 1L", uint8(2), int64(1774746000), uint32(60))
	f.Add("15 30 2 LW,L-2W * ? 2026-2030", uint8(4), int64(1893000000), uint32(86400))
	f.Fuzz(func(t *testing.T, expr string, zone uint8, from int64, later uint32) {
		trigger, err := cron.ParseDialect(cron.Detect(expr), expr)
		if err != nil {
			return
		}
		s := trigger.(cron.Schedule)
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
		if !matches(s, next) && !atGap(next) {
			t.Fatalf("%s: fires at %s", expr, next)
		}
	})
}

// matches reports whether a schedule that knows no changes of clock fires at
// that local time.
func matches(s cron.Schedule, at time.Time) bool {
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	next, ok := s.Next(wall.Add(-time.Second), time.UTC)
	return ok && next.Equal(wall)
}

// atGap reports whether the clock was put forward to show at.
func atGap(at time.Time) bool {
	_, before := at.Add(-time.Second).Zone()
	_, now := at.Zone()
	return now > before
}
