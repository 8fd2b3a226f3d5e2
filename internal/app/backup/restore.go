package backup

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/record"
)

// patience is how long Redis has to answer, and a scheduler that has just died
// to be no leader any more.
const patience = 6 * time.Second

// Options say how to restore.
type Options struct {
	ledger.Restoring
	NoRedis bool      // do without Redis: the next scheduler settles the ledger
	In      io.Reader // what the file "-" is
	Log     *slog.Logger
}

// Restored is what became of a restore.
type Restored struct {
	Kept
	Settled *job.Settlement `json:"settled,omitempty"` // nil: not yet
}

// Restore makes the ledger what the backup in a file holds, and settles it with
// Redis.
func Restore(ctx context.Context, p Place, path string, o Options) (done Restored, err error) {
	c, err := p.settings()
	if err != nil {
		return done, err
	}
	location, err := c.LedgerURL()
	if err != nil {
		return done, err
	}
	file, err := source(path, o.In)
	if err != nil {
		return done, err
	}
	defer file.Close()
	done.Ledger = named(location)
	put := func(ctx context.Context) (err error) {
		if done.Kept.Kept, err = ledger.Restore(ctx, location, file, o.Restoring); err != nil {
			return err
		}
		return audit(ctx, location, filepath.Base(path), done.Kept, o)
	}
	if o.NoRedis {
		return done, put(ctx)
	}
	rdb, err := answering(ctx, c)
	if err != nil {
		return done, err
	}
	defer rdb.Close()
	err = leading(ctx, rdb, o.Log, func(ctx context.Context) (err error) {
		if err := put(ctx); err != nil {
			return err
		}
		done.Settled, err = settle(ctx, c, rdb, o.Log)
		return err
	})
	return done, err
}

// source opens a backup. What comes through a pipe waits in a file without a
// name, since a backup is read to its end before anything is touched.
func source(path string, in io.Reader) (*os.File, error) {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fault.New(fault.Invalid, "The file %s cannot be read.", path).Because(err).In("file")
		}
		return file, nil
	}
	file, err := os.CreateTemp("", "beadle-restore-")
	if err != nil {
		return nil, fault.New(fault.Unavailable, "There is no place for the backup meanwhile: name a folder in TMPDIR.").Because(err)
	}
	_, copied := io.Copy(file, in)
	_, rewound := file.Seek(0, io.SeekStart)
	if err := errors.Join(os.Remove(file.Name()), copied, rewound); err != nil {
		file.Close()
		return nil, fault.New(fault.Unavailable, "The backup cannot be kept in %s meanwhile: name a folder with more room in TMPDIR.", os.TempDir()).Because(err)
	}
	return file, nil
}

// audit writes into the restored ledger that it was restored, and by whom.
func audit(ctx context.Context, location, target string, kept Kept, o Options) error {
	records, err := ledger.Open(ctx, location)
	if err != nil {
		return err
	}
	defer records.Close()
	content, err := json.Marshal(map[string]any{"made": kept.Made, "rows": kept.Total(), "sha256": kept.SHA256, "redrive": o.Redrive})
	if err != nil {
		return err
	}
	seq, err := records.AppendAudit(ctx, job.AuditEntry{
		At: time.Now(), Actor: whoIsThis(), Method: "RESTORE", Route: "jobctl restore", Target: target, Content: string(content),
	})
	if err != nil {
		return err
	}
	return records.AppendOutcome(ctx, seq, job.AuditOutcome{At: time.Now(), Status: 200})
}

// whoIsThis is the person at this machine.
func whoIsThis() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// answering returns a client of a Redis that answers.
func answering(ctx context.Context, c config.Config) (*redis.Client, error) {
	rdb, err := app.Dial(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := rdb.Ping(ctx).Err(); err != nil {
		rdb.Close()
		return nil, fault.New(fault.Unavailable, "Redis does not answer, so nobody knows what it has done since the backup. Start it, or add --no-redis: then the next scheduler finds out.").Because(err)
	}
	return rdb, nil
}

// leading calls do while this process leads, so that no scheduler does.
func leading(ctx context.Context, rdb redis.UniversalClient, log *slog.Logger, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.AfterFunc(patience, cancel)
	begun := false
	err := lock.NewLeader(rdb, scheduler.Office, "jobctl restore", log).Run(ctx, func(ctx context.Context) error {
		if begun || !late.Stop() {
			return fault.New(fault.Unavailable, "Redis did not answer in time; see what the ledger holds before you restore it again.")
		}
		begun = true
		return do(ctx)
	})
	if begun || err != nil {
		return err
	}
	leader, err := lock.Leading(context.WithoutCancel(ctx), rdb, scheduler.Office)
	return errors.Join(err, fault.New(fault.Conflict, "A scheduler runs (%s): stop all of them before you restore the ledger. Nothing was changed.", leader))
}

// settle brings the restored ledger together with Redis.
func settle(ctx context.Context, c config.Config, rdb redis.UniversalClient, log *slog.Logger) (*job.Settlement, error) {
	records, err := app.OpenLedger(ctx, c)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	e := engine.New(rdb, log)
	return (&record.Recorder{Stream: e, Jobs: e, Ledger: records, Log: log}).Settle(ctx)
}
