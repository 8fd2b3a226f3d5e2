//go:build !race

package roster_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
)

// ledgerFor returns the URL of a ledger for thousands of rows.
func ledgerFor(t *testing.T) string { return ledgertest.SQLite(t) }
