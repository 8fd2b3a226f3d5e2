package builtin

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestTheFilesOfATargetAreCompleteOnceItsWorkerHasStopped(t *testing.T) {
	dir := t.TempDir()
	all, err := targets(config.Config{
		Targets: map[string]config.Target{"files": {Driver: "flat-file", Path: dir}},
		Syncs:   map[string]config.Sync{"main": {Target: "files"}},
	}, traced(nil), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"P1", "P2", "P3", "P4", "P5"} // one call each: all but the first are written a while later
	for _, key := range keys {
		user := sis.User{Key: key, Username: strings.ToLower(key), Email: key + "@school.example", Given: "Ann", Family: "Lee"}
		if _, err := all["files"].CreateUsers(t.Context(), []sis.User{user}); err != nil {
			t.Fatal(err)
		}
	}
	if err := closeAll(all); err != nil {
		t.Fatal(err)
	}
	bundle := oneroster.CSV{Path: filepath.Join(dir, "oneroster.zip")}
	snapshot, err := bundle.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	_, err = bundle.Pull(t.Context(), sis.Request{Stream: sis.Persons, Snapshot: snapshot}, func(r sis.Record) error {
		found = append(found, r.Key)
		return nil
	})
	if err != nil || strings.Join(found, " ") != strings.Join(keys, " ") {
		t.Errorf("the files hold %v, want %v; %v", found, keys, err)
	}
}

func TestWithoutASyncNoTargetIsLookedAt(t *testing.T) {
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := config.Config{Targets: map[string]config.Target{"lms": {Driver: "moodle", TokenFile: "gone"}}}
	provided, err := Tasks(c, l, nil, slog.New(slog.DiscardHandler))
	if err != nil || len(provided.All) != 1 || provided.Close() != nil {
		t.Errorf("%d tasks, %v; want those of Beadle itself alone", len(provided.All), err)
	}
}
