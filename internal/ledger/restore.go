package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/beadle-jobs/beadle/internal/backup"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Restore makes the ledger at location what the backup in file holds. A ledger
// in which there is something is refused, unless o says that all of it may go. The backup is read twice: nothing is touched before it is known to be
// whole. A new ledger is made beside the old one, brought up to date, and takes
// its place in one step, so that a restore that fails changes nothing.
//
// What Redis has done since the backup was made is not looked at: the ledger
// carries a mark, see [Ledger.Restored], and whoever leads next does that first.
//
// No scheduler may use the ledger meanwhile. Processes that have it open see
// the restored one afterwards.
func Restore(ctx context.Context, location string, file io.ReadSeeker, o Restoring) (kept Kept, err error) {
	if kept.Head, kept.Tail, err = backup.Check(file); err != nil {
		return kept, err
	}
	if err := refuseNewer(kept.Head); err != nil {
		return kept, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return kept, fmt.Errorf("read the backup again: %w", err)
	}
	if !o.Replace {
		if err := refuseUsed(ctx, location); err != nil {
			return kept, wrap(err, "look into the ledger")
		}
	}
	b, err := makeRoom(ctx, location)
	if err != nil {
		return kept, wrap(err, "make room for the ledger")
	}
	err = fillNew(ctx, b.location, kept.Schema, file)
	if err == nil {
		err = markRestored(ctx, b.location, kept.Made, o.Redrive)
	}
	if err == nil {
		err = b.takePlace(ctx)
	}
	return kept, wrap(errors.Join(err, b.remove(context.WithoutCancel(ctx))), "restore the ledger")
}

// Restoring says how a backup is restored.
type Restoring struct {
	Replace bool        // what is in the ledger may go
	Redrive job.Redrive // which jobs run again
}

// refuseNewer refuses a backup of a schema that this program does not know.
func refuseNewer(h backup.Head) error {
	steps, err := stepsOf(&sql.DB{}, goose.DialectSQLite3)
	if err != nil {
		return err
	}
	if known := newest(steps); h.Schema > known {
		return fault.New(fault.Invalid,
			"The backup is of schema %d, and this version of Beadle knows it up to %d: restore it with the version that made it, %s, or a newer one.", h.Schema, known, h.Program)
	}
	return nil
}

// mustBeEmpty are the tables that have no row before a ledger is used.
var mustBeEmpty = []string{"jobs", "schedules", "people", "audit", "sis_messages"}

// refuseUsed refuses a ledger in which anything has happened yet.
func refuseUsed(ctx context.Context, location string) error {
	l, err := openAsItIs(location)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	defer l.Close()
	there, err := tablesOf(ctx, l.read, l.dialect)
	if err != nil {
		return err
	}
	for _, table := range mustBeEmpty {
		if !slices.Contains(there, table) {
			continue
		}
		var used bool
		if err := l.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&used); err != nil {
			return err
		}
		if used {
			return fault.New(fault.Conflict, "The ledger is in use: there are %s in it. Add --replace to put the backup in its place.", strings.ReplaceAll(table, "_", " ")).In("replace")
		}
	}
	return nil
}
