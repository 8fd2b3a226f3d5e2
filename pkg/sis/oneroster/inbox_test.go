package oneroster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestTheNewestBundleOfAFolderCounts(t *testing.T) {
	folder, now := t.TempDir(), time.Now()
	whole := zipped(t, campus)
	save(t, filepath.Join(folder, "b.zip"), whole, now.Add(-2*time.Hour))
	save(t, filepath.Join(folder, "a.ZIP"), whole, now.Add(-time.Hour))
	save(t, filepath.Join(folder, "A.zip"), whole, now.Add(-time.Hour))
	for _, name := range []string{".c.zip", "c.zip.part", "c.zip.tmp", "c.zip.filepart", "c.txt"} {
		save(t, filepath.Join(folder, name), []byte("half"), now)
	}
	if err := os.Mkdir(filepath.Join(folder, "z.zip"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(folder, "nowhere"), filepath.Join(folder, "y.zip")); err != nil {
		t.Fatal(err)
	}

	id := snapshot(t, oneroster.CSV{Path: folder})

	if name, _, _ := strings.Cut(id, "@"); name != "a.ZIP" {
		t.Errorf("snapshot of %s, want of a.ZIP", name)
	}
}

func TestTheSameUploadIsTheSameSnapshot(t *testing.T) {
	path := saved(t, zipped(t, campus))
	first := snapshot(t, oneroster.CSV{Path: path})

	save(t, path, zipped(t, campus), time.Now())
	again := snapshot(t, oneroster.CSV{Path: filepath.Dir(path)})
	save(t, path, zipped(t, with("users.csv", userColumns+"a"+goodUser)), time.Now())
	other := snapshot(t, oneroster.CSV{Path: path})

	if first != again {
		t.Errorf("snapshots %q and %q of the same bytes", first, again)
	}
	if first == other {
		t.Errorf("snapshot %q of other bytes, too", first)
	}
}

func TestPullsTheSnapshotEvenIfANewerOneArrived(t *testing.T) {
	folder := t.TempDir()
	from := oneroster.CSV{Path: folder}
	save(t, filepath.Join(folder, "monday.zip"), zipped(t, with("users.csv", userColumns+"a"+goodUser)), time.Now().Add(-time.Hour))
	id := snapshot(t, from)
	save(t, filepath.Join(folder, "tuesday.zip"), zipped(t, campus), time.Now())

	var keys []string
	_, err := from.Pull(t.Context(), sis.Request{Snapshot: id, Stream: sis.Persons}, func(r sis.Record) error {
		keys = append(keys, r.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestASnapshotThatWasReplacedOrTakenAwayIsGoneForGood(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"replaced": func(path string) error { return os.WriteFile(path, zipped(t, with("users.csv", userColumns)), 0o600) },
		"removed":  os.Remove,
		"renamed":  func(path string) error { return os.Rename(path, path+".done") },
	} {
		for _, folder := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				path := saved(t, zipped(t, campus))
				from := oneroster.CSV{Path: path}
				if folder {
					from.Path = filepath.Dir(path)
				}
				id := snapshot(t, from)
				if err := spoil(path); err != nil {
					t.Fatal(err)
				}
				wantGone(t, from, id)
			})
		}
	}
}

func TestASnapshotIsNeverOutsideItsFolder(t *testing.T) {
	path := saved(t, zipped(t, campus))
	folder := filepath.Dir(path)
	id := snapshot(t, oneroster.CSV{Path: path})

	for _, id := range []string{"../" + filepath.Base(folder) + "/" + id, path + "@" + id, "", "@", "..@1", "campus.zip", "campus.zip@", "other.zip@1"} {
		wantGone(t, oneroster.CSV{Path: folder}, id)
	}
}

func wantGone(t *testing.T, from oneroster.CSV, id string) {
	t.Helper()
	_, err := from.Pull(t.Context(), sis.Request{Snapshot: id, Stream: sis.Persons}, func(r sis.Record) error {
		t.Errorf("%s was emitted", r.Where)
		return nil
	})
	problem, ok := errors.AsType[*sis.Error](err)
	if !ok || problem.Code != "SRC_UNAVAILABLE" || problem.Temporary {
		t.Errorf("snapshot %q: error = %v, want a permanent SRC_UNAVAILABLE", id, err)
	}
}

func TestComesBackLaterWhenThereIsNoBundleYet(t *testing.T) {
	for name, path := range map[string]string{
		"an empty folder": t.TempDir(),
		"no folder":       filepath.Join(t.TempDir(), "inbox"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := oneroster.CSV{Path: path}.Snapshot(t.Context())
			wantLater(t, err)
		})
	}
}

func TestComesBackLaterWhileABundleMayBeBeingUploaded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "campus.zip")
	whole := zipped(t, campus)

	save(t, path, whole[:len(whole)/2], time.Now())
	_, err := oneroster.CSV{Path: path}.Snapshot(t.Context())
	wantLater(t, err)

	save(t, path, whole[:len(whole)/2], time.Now().Add(-2*time.Minute))
	_, err = oneroster.CSV{Path: path}.Snapshot(t.Context())
	wantRefused(t, roster{err: err})

	save(t, path, whole, time.Now())
	snapshot(t, oneroster.CSV{Path: path})
}

func wantLater(t *testing.T, err error) {
	t.Helper()
	problem, ok := errors.AsType[*sis.Error](err)
	if !ok || problem.Code != "SRC_UNAVAILABLE" || !problem.Temporary {
		t.Errorf("error = %v, want a temporary SRC_UNAVAILABLE", err)
	}
}

func snapshot(t *testing.T, from sis.Source) string {
	t.Helper()
	id, err := from.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}
