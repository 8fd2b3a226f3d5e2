package cron_test

import (
	"strings"
	"testing"
	"time"

	robfig "github.com/robfig/cron/v3"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestNextAllocatesNothing(t *testing.T) {
	zone, at := zoneOf(t, "America/New_York"), time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)
	for _, expr := range []string{
		"*/5 * * * *", "0 23 * * 0", "30 2 8 3 *", "0 0 29 2 *",
		"0 15 10 ? * 6L", "0 0 9 LW,L-3W,15W,L-5 * ?", "0 0 9 ? * 2#1,3#5", "0 0 0 29 2 ? 2096/4", "0 0 0 1 1 ? 2020",
		"90 minutes from 2026-01-05 08:00", "2 weeks from 2026-01-05 08:00",
	} {
		trigger := parseAny(t, expr)
		if n := testing.AllocsPerRun(100, func() { trigger.Next(at, zone) }); n != 0 {
			t.Errorf("%s: %v allocations", expr, n)
		}
	}
}

// Next beside the one of robfig/cron, of what both can say.
func BenchmarkNext(b *testing.B) {
	for _, expr := range []string{"*/5 * * * *", "0 23 * * 0", "30 2 * * *", "0 0 29 2 *", "0 15 10 ? * 6L", "0 0 9 L-3W * ?", "90 minutes from 2026-01-05 08:00"} {
		b.Run(expr+"/beadle", func(b *testing.B) {
			s, zone, at := parseAny(b, expr), zoneOf(b, "America/New_York"), time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				if next, ok := s.Next(at, zone); !ok || !next.After(at) {
					b.Fatal(next)
				}
			}
		})
		theirs, err := robfig.ParseStandard(expr)
		if err != nil {
			continue
		}
		b.Run(expr+"/robfig", func(b *testing.B) {
			at := time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC).In(zoneOf(b, "America/New_York"))
			b.ReportAllocs()
			for b.Loop() {
				if next := theirs.Next(at); !next.After(at) {
					b.Fatal(next)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, expr := range []string{
		"0,15,30,45 9-17/2 1-15 JAN,MAR-JUN MON-FRI", "0 0/5 8-18 ? * MON#1,FRIL 2026-2040", "0 0 0 29 2 ? 1971/2", "90 minutes from 2026-01-05 08:00",
	} {
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = cron.ParseDialect(dialectOf(expr), expr)
			}
		})
	}
}

// parseAny reads an expression of any dialect.
func parseAny(t testing.TB, expr string) cron.Trigger {
	t.Helper()
	trigger, err := cron.ParseDialect(dialectOf(expr), expr)
	if err != nil {
		t.Fatal(err)
	}
	return trigger
}

func dialectOf(expr string) cron.Dialect {
	if strings.Contains(expr, " from ") {
		return cron.Intervals
	}
	return cron.Detect(expr)
}
