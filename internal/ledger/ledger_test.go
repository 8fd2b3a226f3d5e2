package ledger_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestOpensTheSameLedgerFromSeveralProcessesAtOnce(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			var all errgroup.Group
			for range 4 {
				all.Go(func() error {
					l, err := ledger.Open(t.Context(), at)
					if err != nil {
						return err
					}
					return l.Close()
				})
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
			l := open(t, at)
			if err := l.UsableClient(t.Context(), "default"); err != nil {
				t.Errorf("the client of the first schema: %v", err)
			}
		})
	}
}

func TestCreatesTheFoldersOfItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "100% mine? #1", "ledger.db")
	open(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestKeepsItsPlaceInTheStream(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		if err := l.SetEpoch(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Record(t.Context(), "", enqueue("a").entries()); err != nil {
			t.Fatal(err)
		}
		if got := position(t, l); got != "1-0" {
			t.Errorf("position = %q, want that of the last entry", got)
		}
		if err := l.SetEpoch(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
		epoch, err := l.Epoch(t.Context())
		if epoch != "second" || err != nil || position(t, l) != "" {
			t.Errorf("epoch = %q, %v and position %q; want the start of the second", epoch, err, position(t, l))
		}
	})
}

func position(t *testing.T, l *ledger.Ledger) string {
	t.Helper()
	position, err := l.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return position
}
