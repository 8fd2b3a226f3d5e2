package proof_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestASyncSaysOfAWholeBadExportWhatTheTruthFileDoesAndDropsNobody(t *testing.T) {
	t.Parallel()
	for _, trouble := range university.Troubles {
		if !trouble.Whole {
			continue
		}
		t.Run(fmt.Sprintf("row %d: %s", trouble.Row, trouble.About), func(t *testing.T) {
			t.Parallel()
			wrecked(t, trouble)
		})
	}
}

// wrecked brings a whole export, and then one that is wrong as a whole.
func wrecked(t *testing.T, trouble university.Trouble) {
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := newWorld(l, university.Options{Seed: 3, Size: university.Sizes[0], Silent: true})
	w.state.AdvanceTo(150) // with two terms of students, so that what is wrong is widespread
	if err := w.bring(t.Context(), t.TempDir(), w.state.Export()); err != nil {
		t.Fatal(err)
	}
	before := w.inForce()
	dump := w.state.Export(university.Dirt{Trouble: trouble})

	failed := w.bringUnapproved(t.Context(), t.TempDir(), dump)

	if diff := cmp.Diff(before, w.inForce()); diff != "" || len(before) == 0 {
		t.Errorf("who is in force (-before +after):\n%s", diff)
	}
	if len(dump.Truth) != 1 {
		t.Fatalf("the truth file says %+v", dump.Truth)
	}
	if said, want := w.saidOfAll(t, failed), dump.Truth[0].Code; said != want {
		t.Errorf("the sync says %q (%v), and the truth file %q", said, failed, want)
	}
}

// saidOfAll returns the one code of what the newest plan holds, or of why there
// is none; empty: nothing is held.
func (w *world) saidOfAll(t *testing.T, failed error) (code string) {
	t.Helper()
	if failed != nil {
		_, err := w.source.Snapshot(t.Context())
		problem, ok := errors.AsType[*sis.Error](err)
		if !ok || !strings.Contains(failed.Error(), strings.TrimSuffix(problem.Message, ".")) {
			t.Fatalf("the sync says %v, and the source %v", failed, err)
		}
		return problem.Code
	}
	p, err := w.ledger.SISPlan(t.Context(), w.sync.Name, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range p.Held {
		if h.Message == "" || code != "" && code != h.Code {
			t.Errorf("besides %s it holds %s because %q", code, h.Code, h.Message)
		}
		code = h.Code
	}
	return code
}

// bringUnapproved is bring without any drop being let through.
func (w *world) bringUnapproved(ctx context.Context, dir string, d *university.Dump) error {
	return w.bringWith(ctx, dir, d, roster.Args{Sync: w.sync.Name})
}

// bring writes an export into a folder, and runs the sync on it.
func (w *world) bring(ctx context.Context, dir string, d *university.Dump) error {
	return w.bringWith(ctx, dir, d, w.approved())
}

func (w *world) bringWith(ctx context.Context, dir string, d *university.Dump, args roster.Args) error {
	f, err := os.Create(filepath.Join(dir, "export.zip"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := university.Formats[0].Write(f, d); err != nil {
		return err
	}
	w.source.file = oneroster.CSV{Path: f.Name()}
	return w.run(ctx, roster.TermsPull, args, false)
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
