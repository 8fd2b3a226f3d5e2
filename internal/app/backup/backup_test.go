package backup_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/backup"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// backedUp is a ledger with its backup, and a Redis that holds one job that it
// does not know.
func backedUp(t *testing.T) (p backup.Place, file string, rdb *redis.Client) {
	t.Helper()
	addr := testservers.Redis(t)
	rdb = redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { rdb.Close() })
	p = backup.Place{Ledger: ledgertest.SQLite(t), Redis: "redis://" + addr + "/0"}
	file = filepath.Join(t.TempDir(), "ledger.gz")
	if _, err := backup.Backup(t.Context(), p, file, nil); err != nil {
		t.Fatal(err)
	}
	resume := &job.Resume{Queue: "worker", Created: time.Now(), Attempt: 1}
	if _, err := engine.New(rdb, slog.New(slog.DiscardHandler)).Enqueue(t.Context(), job.Request{Task: "roster.sync", Resume: resume}); err != nil {
		t.Fatal(err)
	}
	return p, file, rdb
}

func options() backup.Options {
	return backup.Options{Restoring: ledger.Restoring{Redrive: job.RedriveLost}, Log: slog.New(slog.DiscardHandler)}
}

func TestARestoreKnowsWhatRedisHoldsAndIsAudited(t *testing.T) {
	p, file, _ := backedUp(t)
	done, err := backup.Restore(t.Context(), p, file, options())
	if err != nil {
		t.Fatal(err)
	}
	if done.Settled == nil || done.Settled.Adopted != 1 {
		t.Errorf("settled %+v, want one job adopted", done.Settled)
	}
	l, err := ledger.Open(t.Context(), p.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	jobs, err := l.Jobs(t.Context(), job.Filter{})
	if err != nil || len(jobs) != 1 || jobs[0].State != job.Queued {
		t.Errorf("the ledger knows %+v, %v", jobs, err)
	}
	rows, err := l.Audit(t.Context(), job.AuditFilter{})
	if err != nil || len(rows) != 1 || rows[0].Route != "jobctl restore" || rows[0].Answered() != 200 {
		t.Errorf("the audit has %+v, %v", rows, err)
	}
}

func TestNothingIsRestoredWhileASchedulerLeads(t *testing.T) {
	p, file, rdb := backedUp(t)
	ctx, stop := context.WithCancel(t.Context())
	elected, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- lock.NewLeader(rdb, scheduler.Office, "ada:17", slog.New(slog.DiscardHandler)).Run(ctx, func(ctx context.Context) error {
			close(elected)
			<-ctx.Done()
			return nil
		})
	}()
	defer func() { stop(); <-ended }()
	<-elected
	_, err := backup.Restore(t.Context(), p, file, options())
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), "A scheduler runs (ada:17)") {
		t.Errorf("it is said: %v", err)
	}
}

func TestABackupThatBreaksOffLeavesNoFile(t *testing.T) {
	p, _, _ := backedUp(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "broken.gz")
	if _, err := backup.Backup(ctx, p, file, nil); err == nil {
		t.Error("it ended well")
	}
	if left, _ := filepath.Glob(file + "*"); len(left) != 0 {
		t.Errorf("it leaves %v", left)
	}
}

func TestABackupIsForItsOwnerOnly(t *testing.T) {
	_, file, _ := backedUp(t)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}

func TestABackupGoesToAPipe(t *testing.T) {
	p, file, _ := backedUp(t)
	var out bytes.Buffer
	if _, err := backup.Backup(t.Context(), p, "-", &out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Ledger = filepath.Join(t.TempDir(), "other.db")
	if _, err := backup.Restore(t.Context(), p, file, options()); err != nil {
		t.Errorf("it is restored with %v", err)
	}
}

func TestALedgerThatNobodyNamesIsNotMade(t *testing.T) {
	_, file, _ := backedUp(t)
	t.Chdir(t.TempDir())
	o := options()
	o.NoRedis = true
	if _, err := backup.Restore(t.Context(), backup.Place{}, file, o); fault.KindOf(err) != fault.Invalid {
		t.Errorf("it is said: %v", err)
	}
	if _, err := os.Stat("beadle.db"); err == nil {
		t.Error("there is a new ledger")
	}
	done, err := backup.Restore(t.Context(), backup.Place{Environ: []string{"BEADLE_LEDGER=named.db"}}, file, o)
	if here, _ := os.Getwd(); err != nil || done.Ledger != filepath.Join(here, "named.db") {
		t.Errorf("restored %s, %v", done.Ledger, err)
	}
}

func TestItIsSaidWhichLedgerButNotItsPassword(t *testing.T) {
	p := backup.Place{Ledger: "postgres://beadle:s3cret@127.0.0.1:1/beadle?connect_timeout=1"}
	kept, err := backup.Backup(t.Context(), p, "-", &bytes.Buffer{})
	if err == nil || kept.Ledger != "127.0.0.1:1/beadle" {
		t.Errorf("%q, %v", kept.Ledger, err)
	}
}
