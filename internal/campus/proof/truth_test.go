package proof_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestASyncSaysOfEachBadRecordWhatTheTruthFileDoes(t *testing.T) {
	t.Parallel()
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := newWorld(l, university.Options{Seed: 3, Size: university.Sizes[0], Silent: true})
	w.state.AdvanceTo(20)
	var dirt []university.Dirt
	for _, trouble := range university.Troubles {
		if !trouble.Whole {
			dirt = append(dirt, university.Dirt{Trouble: trouble, Rate: 0.02})
		}
	}
	dump := w.state.Export(dirt...)
	if err := w.bring(t.Context(), t.TempDir(), dump); err != nil {
		t.Fatal(err)
	}

	said := map[university.Kind]int{}
	for _, e := range dump.Truth {
		said[university.Kind(e.Name)]++
		if codes := codesOf(t, l, w.sync.Name, e.Stream, ledgerKeys(dump, e)); !slices.Contains(codes, e.Code) {
			t.Errorf("row %d, %s: the sync says %q of %s %s, and the truth file %q", e.Row, e.Name, codes, e.Stream, e.Key, e.Code)
		}
	}
	if len(said) != len(dirt) {
		t.Errorf("only %v was tried", said)
	}
}

// bring writes an export into a folder, and runs the sync on it.
func (w *world) bring(ctx context.Context, dir string, d *university.Dump) error {
	f, err := os.Create(filepath.Join(dir, "export.zip"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := university.Formats[0].Write(f, d); err != nil {
		return err
	}
	w.source.file = oneroster.CSV{Path: f.Name()}
	return w.run(ctx, roster.TermsPull, w.approved(), false)
}

// ledgerKeys returns what the ledger may call a record of the truth file: a
// registration that can be read has a key of its own.
func ledgerKeys(d *university.Dump, e university.Expectation) []string {
	keys := []string{e.Key}
	for _, r := range d.Registrations {
		if r.Key == e.Key {
			keys = append(keys, sync.RegistrationKey(r))
		}
	}
	return keys
}

func codesOf(t *testing.T, l *ledger.Ledger, name string, stream sis.Stream, keys []string) (codes []string) {
	t.Helper()
	for _, key := range keys {
		all, err := l.SISMessages(t.Context(), sync.MessageFilter{Sync: name, Stream: stream, Text: key})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			codes = append(codes, m.Code)
		}
	}
	return codes
}
