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
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
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

// settings refuses where nobody names a ledger: the default, a file of the folder
// that somebody happens to be in, would be another one than they think.
func (p Place) settings() (config.Config, error) {
	base := config.Default()
	base.Ledger = p.Ledger
	c, err := config.Load(base, cmp.Or(p.Config, config.File()), p.Environ)
	c.UseLedger(p.Ledger)
	c.UseRedis(p.Redis)
	if cmp.Or(c.Ledger, c.LedgerFile) == "" {
		return c, fault.New(fault.Invalid, "Nothing says which ledger it is: name it with --ledger, with --config and the settings file of the installation, or with BEADLE_LEDGER or BEADLE_LEDGER_FILE.").In("ledger").Because(err)
	}
	return c, err
}

// Kept is what a backup holds, and of which ledger it is.
type Kept struct {
	ledger.Kept
	Ledger string `json:"ledger"` // as people name it
}

// Backup writes a backup of the ledger to a new file, which is there only once
// it is whole; "-" is out.
func Backup(ctx context.Context, p Place, path string, out io.Writer) (kept Kept, err error) {
	c, err := p.settings()
	if err != nil {
		return kept, err
	}
	location, err := c.LedgerURL()
	if err != nil {
		return kept, err
	}
	kept.Ledger = named(location)
	write := func(w io.Writer) (err error) {
		kept.Kept, err = ledger.Backup(ctx, location, app.Version(), time.Now(), w)
		return err
	}
	if path == "-" {
		err = write(out)
	} else {
		err = Whole(path, write)
	}
	return kept, err
}

// named says which ledger a location is, without who logs in there.
func named(location string) string {
	if u, err := url.Parse(location); err == nil && u.Host != "" {
		return u.Host + u.Path
	}
	if path, err := filepath.Abs(location); err == nil {
		return path
	}
	return location
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
