// Package backup is what backing up and restoring a ledger takes besides the
// ledger: the settings that say where it is, the file, and the Redis that has
// gone on since.
//
// Neither needs a scheduler, and a restore must not find one: it takes the office
// of the leader for as long as it lasts. What is restored is brought together
// with Redis at once, if that answers; otherwise the next scheduler that leads
// does it first of all.
package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// Place says where the ledger and Redis are. What is empty comes from the
// settings.
type Place struct {
	Config  string // settings file; empty: beadle.yaml, if it exists
	Ledger  string // URL or path
	Redis   string // URL
	Environ []string
}

func (p Place) settings() (config.Config, error) {
	file := p.Config
	if file == "" {
		file = config.File()
	}
	c, err := config.Load(config.Default(), file, p.Environ)
	c.UseLedger(p.Ledger)
	c.UseRedis(p.Redis)
	return c, err
}

// Backup writes a backup of the ledger to a new file, which is there only once
// it is whole; "-" is out.
func Backup(ctx context.Context, p Place, path string, out io.Writer) (kept ledger.Kept, err error) {
	c, err := p.settings()
	if err != nil {
		return kept, err
	}
	location, err := c.LedgerURL()
	if err != nil {
		return kept, err
	}
	write := func(w io.Writer) (err error) {
		kept, err = ledger.Backup(ctx, location, app.Version(), time.Now(), w)
		return err
	}
	if path == "-" {
		return kept, write(out)
	}
	return kept, Whole(path, write)
}

// Whole writes a new file that nobody else may read, under another name until it is
// whole.
func Whole(path string, write func(io.Writer) error) error {
	if _, err := os.Stat(path); err == nil {
		return fault.New(fault.Conflict, "There is a file %s already; choose another name.", path).In("file")
	}
	partial := path + ".partial"
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fault.New(fault.Invalid, "The file %s cannot be written.", path).Because(err).In("file")
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, path)
}
