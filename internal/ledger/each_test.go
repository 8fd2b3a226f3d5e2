package ledger_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// locations are where an empty ledger of a test's own can be, by database.
var locations = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "ledger.db") },
	"postgres": testservers.Postgres,
}

// each runs test against an empty ledger in every database we support.
func each(t *testing.T, test func(t *testing.T, l *ledger.Ledger)) {
	t.Helper()
	for name, location := range locations {
		t.Run(name, func(t *testing.T) { test(t, open(t, location(t))) })
	}
}

func open(t testing.TB, location string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
