package cron_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

// A plain reading of the rules, minute by minute through four days around a
// change of clock, says the same as Next.
func TestAgreesWithEveryMinuteCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		model := drawModel(t)
		zone := zoneNamed(t, rapid.SampledFrom(fuzzZones).Draw(t, "zone"))
		from := nearChange(time.Date(rapid.IntRange(1975, 2060).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 15, 0, 0, 0, 0, time.UTC), zone)
		want := count(from, 4*24*60, len(model.sets[1]) == 24, model.matches)
		got := between(parse(t, model.text), from, from.Add(4*24*time.Hour))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s in %s from %s: (-want +got)\n%s", model.text, zone, from, diff)
		}
	})
}

// The same holds for Quartz.
func TestQuartzAgreesWithEveryMinuteCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := []string{"0", drawList(t, 0, 59, drawQuartzItem), drawList(t, 0, 23, drawQuartzItem), drawList(t, 1, 31, drawQuartzDay), "*", "?"}
		expr := strings.Join(fields, " ")
		zone := zoneNamed(t, rapid.SampledFrom(fuzzZones).Draw(t, "zone"))
		from := nearChange(time.Date(rapid.IntRange(1975, 2060).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 15, 0, 0, 0, 0, time.UTC), zone)
		realTime := true
		for hour := range 24 {
			realTime = realTime && reading{0, 23, nil}.has(fields[2], hour)
		}
		want := count(from, 4*24*60, realTime, quartzFires(expr))
		got := between(parseQuartz(t, expr), from, from.Add(4*24*time.Hour))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s in %s from %s: (-want +got)\n%s", expr, zone, from, diff)
		}
	})
}

// A plain reading of the rules, day by day through six years, says the same as
// Next.
func TestQuartzAgreesWithEveryDayCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := strings.Fields(drawQuartz(t))
		fields[0], fields[1], fields[2] = "0", "0", "0"
		expr := strings.Join(fields, " ")
		from := time.Date(rapid.IntRange(1970, 2190).Draw(t, "from"), 1, 1, 0, 0, 0, 0, time.UTC)
		until := from.AddDate(6, 0, 0)
		var want []string
		fires := quartzFires(expr)
		for day := from; day.Before(until); day = day.AddDate(0, 0, 1) {
			if fires(day) {
				want = append(want, day.Format(time.RFC3339))
			}
		}
		got := between(parseQuartz(t, expr), from, until)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s from %s: (-want +got)\n%s", expr, from, diff)
		}
	})
}

// And second by second through an hour.
func TestQuartzAgreesWithEverySecondCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expr := drawList(t, 0, 59, drawQuartzItem) + " " + drawList(t, 0, 59, drawQuartzItem) + " * * * ?"
		from := time.Date(2026, 3, 8, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, time.UTC)
		until := from.Add(time.Hour)
		var want []string
		fires := quartzFires(expr)
		for at := from; at.Before(until); at = at.Add(time.Second) {
			if fires(at) {
				want = append(want, at.Format(time.RFC3339))
			}
		}
		if diff := cmp.Diff(want, between(parseQuartz(t, expr), from, until)); diff != "" {
			t.Fatalf("%s from %s: (-want +got)\n%s", expr, from, diff)
		}
	})
}

// The number of firings of a clock time is the same on each local day, unless
// some fall together into one gap.
func TestClockTimesFireOnEveryDayOnce(t *testing.T) {
	for _, name := range []string{"America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Europe/Dublin"} {
		zone := zoneOf(t, name)
		s := parse(t, "30 1,2,5,23 * * *")
		perDay := map[string]int{}
		for at := time.Date(2017, 12, 31, 23, 59, 0, 0, zone); ; {
			at, _ = s.Next(at, zone)
			if at.Year() > 2018 {
				break
			}
			perDay[at.Format(time.DateOnly)]++
		}
		if len(perDay) != 365 {
			t.Errorf("%s: %d days", name, len(perDay))
		}
		for day, n := range perDay {
			if n != 4 {
				t.Errorf("%s: %d firings on %s", name, n, day)
			}
		}
	}
}

// A model is an expression made of sets that the test knows.
type model struct {
	text string
	sets [5][]int
	star [5]bool
}

func drawModel(t *rapid.T) model {
	var m model
	var fields []string
	for i, limit := range [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}} {
		text, set := drawField(t, limit[0], limit[1])
		fields = append(fields, text)
		m.sets[i], m.star[i] = set, text[0] == '*'
	}
	m.text = strings.Join(fields, " ")
	if slices.Min(m.sets[2]) > 28 { // it may never fire
		return drawModel(t)
	}
	return m
}

func drawField(t *rapid.T, low, high int) (string, []int) {
	step := rapid.IntRange(1, 8).Draw(t, "step")
	a := rapid.IntRange(low, high).Draw(t, "a")
	b := rapid.IntRange(a, high).Draw(t, "b")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0, 1:
		return "*", every(low, high, 1)
	case 2:
		if high == 6 {
			step = min(step, 6) // day 7 is another way to write day 0
		}
		return fmt.Sprintf("*/%d", step), every(low, high, step)
	case 3:
		return fmt.Sprintf("%d-%d/%d", a, b, step), every(a, b, step)
	}
	return fmt.Sprintf("%d,%d", b, a), []int{a, b}
}

func every(from, to, step int) (set []int) {
	for n := from; n <= to; n += step {
		set = append(set, n)
	}
	return set
}

func (m model) matches(wall time.Time) bool {
	in := func(i, n int) bool { return slices.Contains(m.sets[i], n) }
	day, weekday := in(2, wall.Day()), in(4, int(wall.Weekday()))
	today := day || weekday
	if m.star[2] || m.star[4] {
		today = day && weekday
	}
	return today && in(0, wall.Minute()) && in(1, wall.Hour()) && in(3, int(wall.Month()))
}

// count lists the firings in so many minutes from from on, of what matches
// those times of the clock.
func count(from time.Time, minutes int, realTime bool, matches func(wall time.Time) bool) (all []string) {
	shown := clock(from.Add(-time.Minute))
	for n := range minutes {
		at := from.Add(time.Duration(n) * time.Minute)
		wall := clock(at)
		fires := realTime && matches(wall)
		for ; !realTime && shown.Before(wall); shown = shown.Add(time.Minute) {
			fires = fires || matches(shown.Add(time.Minute))
		}
		if fires {
			all = append(all, at.Format(time.RFC3339))
		}
	}
	return all
}

// clock is what the clock shows, as a time without a zone.
func clock(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
}

// nearChange returns the minute two days before the next change of clock.
func nearChange(at time.Time, zone *time.Location) time.Time {
	if _, end := at.In(zone).ZoneBounds(); !end.IsZero() {
		at = end.Add(-48 * time.Hour)
	}
	return at.In(zone).Truncate(time.Minute)
}

func between(s cron.Trigger, from, until time.Time) (all []string) {
	for at := from.Add(-time.Second); ; {
		next, ok := s.Next(at, from.Location())
		if !ok || !next.Before(until) {
			return all
		}
		all = append(all, next.Format(time.RFC3339))
		at = next
	}
}
