//go:build !race

package roster_test

import "testing"

// ledgerFor returns the URL of a ledger for thousands of rows.
func ledgerFor(t *testing.T) string { return blankLedger(t) }
