//go:build race

package roster_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
)

// ledgerFor returns the URL of a ledger for thousands of rows. With the race
// detector on, SQLite would be twenty times slower than a database that is not
// part of this program.
func ledgerFor(t *testing.T) string { return ledgertest.Postgres(t) }
