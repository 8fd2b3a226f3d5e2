package ledger_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/testservers"
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

func TestSaysThatTheServerIsAway(t *testing.T) {
	port := testservers.FreePort(t)
	_, err := ledger.Open(t.Context(), fmt.Sprintf("postgres://beadle:secret@127.0.0.1:%d/beadle", port))
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error = %v, want unavailable", err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
}

func TestAFileThatCannotBeALedgerIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("This is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error = %v, want one that names %s", err, path)
	}
}

func TestTwoProcessesWriteAtOnce(t *testing.T) {
	for name, location := range empties {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			var all errgroup.Group
			for writer := range 2 {
				l := open(t, at)
				all.Go(func() error {
					for i := range 25 {
						if _, err := l.CreateClient(t.Context(), job.Client{Name: fmt.Sprintf("c-%d-%d", writer, i)}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
			clients, err := open(t, at).Clients(t.Context())
			if len(clients) != 51 || err != nil {
				t.Errorf("%d clients, %v; want 51", len(clients), err)
			}
		})
	}
}

func TestBringsJobsOfAnOlderSchemaUpToDate(t *testing.T) {
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			l := open(t, at)
			tell(t, l, aFailureAndASuccess())
			want := everything(t, l, "")
			if err := l.MigrateDown(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			if err := l.Exec(t.Context(), `UPDATE jobs SET done = 9, total = 10, created = 1, changed = 2, removed = 3`); err != nil {
				t.Fatal(err)
			}
			got := everything(t, open(t, at), "")
			a := want.Jobs["a"]
			a.Job.Trace, a.Job.Expires, a.Waits = "", nil, nil // the older schema does not have them
			want.Jobs["a"] = a
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBringsSchedulesOfAnOlderSchemaUpToDate(t *testing.T) {
	const before = `INSERT INTO schedules (name, task, client, cron, zone, args, enabled, missing, problem, created_at, decided_at) VALUES
		('nightly', 'roster.sync', 'default', '0 2 * * *', 'Europe/Madrid', '{"school":"17"}', 1, 0, '', 1772452800000, 1772452860000),
		('odd', 'roster.sync', 'north', 'at "two" \ three' || '	' || '
', 'No\"where', '{}', 0, 1, 'It cannot be read.', 1772452800000, 0)`
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			at := location(t)
			l := open(t, at)
			for i, outcome := range []job.SlotOutcome{job.SlotRan, job.SlotRanLate, job.SlotCaughtUp, job.SlotMissed} {
				putSlots(t, l, job.Slot{Schedule: "nightly", Due: second(i), Outcome: outcome, Decided: noon})
			}
			if err := l.MigrateDown(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
			if err := l.Exec(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			nightly := revised(schedule("nightly"), 1)
			nightly.Decided, nightly.Runs = second(60), 3
			odd := revised(schedule("odd"), 1)
			odd.Client, odd.Missing, odd.Problem = "north", true, "It cannot be read."
			odd.Base = job.NewRule("at \"two\" \\ three\t\n", `No\"where`, json.RawMessage("{}"))
			odd.Base.Enabled = false
			odd.Rule = odd.Base
			l = open(t, at)
			if diff := cmp.Diff([]job.Schedule{nightly, odd}, readSchedules(t, l)); diff != "" {
				t.Errorf("schedules (-want +got):\n%s", diff)
			}
			putSchedules(t, l, nightly)
			if got := readSchedule(t, l, "nightly").Revision; got != 1 {
				t.Errorf("registered again as it was, it has revision %d, want 1", got)
			}
		})
	}
}
