// Package ledgertest gives tests a ledger that is empty, of their own, and up
// to date already: the schema is brought up to date once for each test binary
// and then copied, which takes milliseconds where all its changes take seconds
// under the race detector.
//
// Each function returns a location for ledger.Open. Tests that use them may run
// in parallel. A test that changes the schema itself starts from an empty file
// or from testservers.Postgres instead.
package ledgertest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/beadle-jobs/beadle/internal/ledger"
)

// SQLite returns the path of an empty ledger.
func SQLite(t testing.TB) string {
	t.Helper()
	file, err := emptyFile()
	if err != nil {
		t.Fatalf("make an empty ledger: %v", err)
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// emptyFile is the SQLite file that the others are copies of.
var emptyFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "beadle-ledger-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "ledger.db")
	if err := bringUp(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func bringUp(location string) error {
	l, err := ledger.Open(context.Background(), location)
	if err != nil {
		return err
	}
	return l.Close()
}
