package ledger_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/backup"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// backedUp returns a backup of the ledger at a location.
func backedUp(t *testing.T, location string) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := ledger.Backup(t.Context(), location, "v1.2.3", noon, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// kept are the rows of a backup, sorted, without what a restore writes itself.
type kept map[string][]string

// rowsOf returns what a backup holds.
func rowsOf(t *testing.T, file []byte) kept {
	t.Helper()
	all := sorter{rows: kept{}}
	if _, _, err := backup.Read(bytes.NewReader(file), func(backup.Head) (backup.Rows, error) { return &all, nil }); err != nil {
		t.Fatal(err)
	}
	for _, rows := range all.rows {
		slices.Sort(rows)
	}
	return all.rows
}

type sorter struct {
	rows  kept
	table string
}

func (s *sorter) Table(name string, columns []string) error {
	s.table = name
	s.rows[name] = []string{fmt.Sprint(columns)}
	return nil
}

func (s *sorter) Row(values []any) error {
	if s.table != "meta" || values[0] != "restored" && values[0] != "searched" {
		s.rows[s.table] = append(s.rows[s.table], fmt.Sprint(values))
	}
	return nil
}

func restore(t *testing.T, location string, file []byte, replace bool) error {
	t.Helper()
	_, err := ledger.Restore(t.Context(), location, bytes.NewReader(file), ledger.Restoring{Replace: replace, Redrive: job.RedriveLost})
	return err
}

func TestABackupIsRestoredIntoEitherDatabase(t *testing.T) {
	for from := range locations {
		for to := range locations {
			t.Run(from+" to "+to, func(t *testing.T) {
				was, at := empties[from](t), locations[to](t)
				l := open(t, was)
				tell(t, l, aFailureAndASuccess())
				if err := l.PutARowEverywhere(t.Context()); err != nil {
					t.Fatal(err)
				}
				file := backedUp(t, was)
				if err := restore(t, at, file, false); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(rowsOf(t, file), rowsOf(t, backedUp(t, at))); diff != "" {
					t.Errorf("it holds (-backup +restored):\n%s", diff)
				}
				again := open(t, at)
				if diff := cmp.Diff(everything(t, l, "default"), everything(t, again, "default")); diff != "" {
					t.Errorf("it knows (-was +is):\n%s", diff)
				}
				found, err := again.Jobs(t.Context(), job.Filter{Words: []string{"date"}})
				if err != nil || len(found) == 0 {
					t.Errorf("searching finds %d jobs, %v", len(found), err)
				}
				mark, err := again.Restored(t.Context())
				if err != nil || mark == nil || !mark.Made.Equal(noon) || mark.Redrive != job.RedriveLost {
					t.Errorf("its mark is %+v, %v", mark, err)
				}
			})
		}
	}
}

func TestALedgerInUseIsReplacedOnlyIfItMayBe(t *testing.T) {
	for name, empty := range empties {
		t.Run(name, func(t *testing.T) {
			at := empty(t)
			l := open(t, at)
			tell(t, l, enqueue("a"))
			file := backedUp(t, at)
			if _, err := l.Record(t.Context(), "1-0", enqueue("b", "c").entries()[1:]); err != nil {
				t.Fatal(err)
			}
			err := restore(t, at, file, false)
			if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), "jobs") {
				t.Errorf("without leave it is said: %v", err)
			}
			if err := restore(t, at, file, true); err != nil {
				t.Fatal(err)
			}
			// Whoever had the ledger open sees the restored one.
			jobs, err := l.Jobs(t.Context(), job.Filter{})
			if err != nil || len(jobs) != 1 || jobs[0].ID != "a" {
				t.Errorf("%d jobs, %v; want a alone", len(jobs), err)
			}
			if _, err := l.Record(t.Context(), "1-0", enqueue("x", "d").entries()[1:]); err != nil {
				t.Errorf("recording goes on with %v", err)
			}
		})
	}
}

func TestADamagedBackupChangesNothing(t *testing.T) {
	for name, empty := range empties {
		t.Run(name, func(t *testing.T) {
			at := empty(t)
			tell(t, open(t, at), enqueue("a", "b"))
			file := backedUp(t, at)
			if err := restore(t, at, file[:len(file)-20], true); fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), "damaged") {
				t.Errorf("it is said: %v", err)
			}
			if diff := cmp.Diff(rowsOf(t, file), rowsOf(t, backedUp(t, at))); diff != "" {
				t.Errorf("the ledger changed:\n%s", diff)
			}
		})
	}
}

func TestABackupOfAnOlderSchemaIsBroughtUpToDate(t *testing.T) {
	for from := range locations {
		for to := range locations {
			t.Run(from+" to "+to, func(t *testing.T) {
				was, at := locations[from](t), locations[to](t)
				l := open(t, was)
				tell(t, l, enqueue("a", "b"))
				if err := l.MigrateDown(t.Context(), 12); err != nil {
					t.Fatal(err)
				}
				if err := restore(t, at, backedUp(t, was), false); err != nil {
					t.Fatal(err)
				}
				jobs, err := open(t, at).Jobs(t.Context(), job.Filter{})
				if err != nil || len(jobs) != 2 {
					t.Errorf("%d jobs, %v", len(jobs), err)
				}
			})
		}
	}
}

func TestABackupOfANewerSchemaIsRefused(t *testing.T) {
	at := locations["sqlite"](t)
	apply(t, open(t, at), 9001, `ALTER TABLE jobs ADD COLUMN later TEXT NOT NULL DEFAULT ''`)
	err := restore(t, locations["sqlite"](t), backedUp(t, at), false)
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), "is of schema 9001") {
		t.Errorf("it is said: %v", err)
	}
}

func TestABackupThatNamesOtherTablesIsRefused(t *testing.T) {
	for _, table := range []string{"jobs; DROP TABLE jobs", "goose_db_version", "sessions"} {
		var out bytes.Buffer
		w, err := backup.NewWriter(&out, backup.Head{Schema: 31, Made: noon})
		if err == nil {
			err = w.Table(table, []string{"name"})
		}
		if err == nil {
			_, err = w.End()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := restore(t, locations["sqlite"](t), out.Bytes(), false); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", table, err)
		}
	}
}

func TestWhereThereIsNoLedgerNothingIsBackedUp(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			_, err := ledger.Backup(t.Context(), location(t), "v1.2.3", noon, &bytes.Buffer{})
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("it is said: %v", err)
			}
		})
	}
}
