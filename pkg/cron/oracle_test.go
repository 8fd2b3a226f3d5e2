package cron_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

// Rows made with Debian's cron, and with a brute-force enumeration where a
// change of clock is near.
func TestFiresWhenTheOraclesSay(t *testing.T) {
	type row struct {
		Expr, Zone, From, Class string
		Next                    []time.Time
	}
	rows := rowsOf[row](t, "testdata/unix.json")
	if len(rows) < 1000 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, row := range rows {
		got := firings(t, row.Expr, row.Zone, row.From, len(row.Next))
		if diff := cmp.Diff(row.Next, got); diff != "" {
			t.Errorf("%s in %s from %s (%s): (-want +got)\n%s", row.Expr, row.Zone, row.From, row.Class, diff)
		}
	}
}

// What real parsers make of odd expressions, and what we do: less.
func TestAcceptsAndRefusesWhatTheOraclesSay(t *testing.T) {
	type row struct {
		Expr, From, Verdict string
		Next                *time.Time
	}
	for _, row := range rowsOf[row](t, "testdata/edge.json") {
		if row.Verdict == "reject" {
			if s, err := cron.Parse(row.Expr); err == nil {
				t.Errorf("%q was accepted as %+v", row.Expr, s)
			}
			continue
		}
		if got := firings(t, row.Expr, "UTC", row.From, 1); !got[0].Equal(*row.Next) {
			t.Errorf("%q fires at %s, want %s", row.Expr, got[0], *row.Next)
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

// firings returns the first n firings after from, in UTC.
func firings(t *testing.T, expr, zone, from string, n int) (all []time.Time) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, from)
	if err != nil {
		t.Fatal(err)
	}
	s, location := parse(t, expr), zoneOf(t, zone)
	for range n {
		next, ok := s.Next(at, location)
		if !ok {
			break
		}
		all = append(all, next.UTC())
		at = next
	}
	return all
}

func parse(t rapid.TB, expr string,
) cron.Schedule {
	t.Helper()
	s, err := cron.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := cron.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
