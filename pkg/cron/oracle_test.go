package cron_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

// Rows made with Debian's cron and with Quartz, and with a brute-force
// enumeration where a change of clock is near, or where Quartz loses firings of
// W.
func TestFiresWhenTheOraclesSay(t *testing.T) {
	type row struct {
		Expr, Zone, From, Class string
		Next                    []*time.Time // nil: never again
	}
	for dialect, classes := range map[cron.Dialect]map[string]int{
		cron.Unix:   {"plain": 701, "near-dst": 72, "dst": 230},
		cron.Quartz: {"plain": 671, "near-dst": 72, "dst": 211, "quartz-w-bug": 29},
	} {
		seen := map[string]int{}
		for _, row := range rowsOf[row](t, "testdata/"+string(dialect)+".json") {
			seen[row.Class]++
			want := slices.DeleteFunc(row.Next, func(at *time.Time) bool { return at == nil })
			got := firingsOf(t, parseAs(t, dialect, row.Expr), row.Zone, row.From, len(row.Next))
			if diff := cmp.Diff(want, pointers(got)); diff != "" {
				t.Errorf("%s in %s from %s (%s): (-want +got)\n%s", row.Expr, row.Zone, row.From, row.Class, diff)
			}
		}
		if diff := cmp.Diff(classes, seen); diff != "" {
			t.Errorf("rows of %s: (-want +got)\n%s", dialect, diff)
		}
	}
}

// What real parsers make of odd expressions, and what we do: less.
func TestAcceptsAndRefusesWhatTheOraclesSay(t *testing.T) {
	type row struct {
		Expr, From, Verdict string
		Dialect             cron.Dialect
		Next                *time.Time
	}
	for _, row := range rowsOf[row](t, "testdata/edge.json") {
		if row.Verdict == "reject" {
			if s, err := cron.ParseDialect(row.Dialect, row.Expr); err == nil {
				t.Errorf("%q was accepted as %+v", row.Expr, s)
			}
			continue
		}
		var want []time.Time
		if row.Next != nil {
			want = append(want, *row.Next)
		}
		got := firingsOf(t, parseAs(t, row.Dialect, row.Expr), "UTC", row.From, 1)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", row.Expr, diff)
		}
	}
}

func rowsOf[R any](t *testing.T, file string) (rows []R) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// firings returns the first n firings of a unix expression after from, in UTC.
func firings(t *testing.T, expr, zone, from string, n int) []time.Time {
	t.Helper()
	return firingsOf(t, parse(t, expr), zone, from, n)
}

// firingsOf returns the first n firings after from, in UTC, or fewer if there
// are no more.
func firingsOf(t *testing.T, trigger cron.Trigger, zone, from string, n int) (all []time.Time) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, from)
	if err != nil {
		t.Fatal(err)
	}
	location := zoneOf(t, zone)
	for range n {
		next, ok := trigger.Next(at, location)
		if !ok {
			break
		}
		all = append(all, next.UTC())
		at = next
	}
	return all
}

func pointers(times []time.Time) []*time.Time {
	all := make([]*time.Time, len(times))
	for i := range times {
		all[i] = &times[i]
	}
	return all
}

func parse(t rapid.TB, expr string) cron.Schedule {
	t.Helper()
	s, err := cron.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseQuartz(t rapid.TB, expr string) cron.Schedule {
	t.Helper()
	s, err := cron.ParseQuartz(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseAs(t rapid.TB, d cron.Dialect, expr string) cron.Trigger {
	t.Helper()
	trigger, err := cron.ParseDialect(d, expr)
	if err != nil {
		t.Fatal(err)
	}
	return trigger
}

func zoneNamed(t rapid.TB, name string) *time.Location {
	t.Helper()
	zone, err := cron.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := cron.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
