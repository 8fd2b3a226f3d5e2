package ledger_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// empties are ledgers of a test's own without rows, by database.
var empties = map[string]func(testing.TB) string{
	"sqlite":   ledgertest.SQLite,
	"postgres": ledgertest.Postgres,
}

// locations are where a ledger of a test's own can be, by database: there is
// not even a schema.
var locations = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "ledger.db") },
	"postgres": testservers.Postgres,
}

// each runs test against an empty ledger in every database we support.
func each(t *testing.T, test func(t *testing.T, l *ledger.Ledger)) {
	t.Helper()
	for name, empty := range empties {
		t.Run(name, func(t *testing.T) { test(t, open(t, empty(t))) })
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
