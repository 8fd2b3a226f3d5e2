package flatfile

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Config says where the files are written, and which.
type Config struct {
	Dir    string         // made if it is not there
	Format Format         // empty: OneRoster
	Zone   *time.Location // where days begin; nil: UTC
}

// A Format is what the files are for.
type Format string

// The formats.
const (
	OneRoster Format = "oneroster" // oneroster.zip, version 1.2
	Moodle    Format = "moodle"    // enrolments.txt, users.csv, courses.csv
)

// Formats are all formats.
var Formats = []Format{OneRoster, Moodle}

// A Target writes files. It may be used from several goroutines; other
// processes may write to the same folder.
type Target struct {
	cfg Config

	mu      sync.Mutex
	journal journal
	state   state

	exported time.Time     // when the files were last written
	took     time.Duration // how long that took
	later    *time.Timer   // for what is still to be written
	behind   bool          // they could not be written
}

var (
	_ sis.Target   = (*Target)(nil)
	_ sis.Remover  = (*Target)(nil)
	_ sis.Rosterer = (*Target)(nil)
)

// New returns the target that cfg describes. It does not touch the folder.
func New(cfg Config) *Target {
	cfg.Format = cmp.Or(cfg.Format, OneRoster)
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	return &Target{cfg: cfg, state: newState(), journal: journal{path: filepath.Join(cfg.Dir, "state.ndjson")}}
}

// Check implements [sis.Target]: the folder can be written to, and the files
// say what the journal says.
func (t *Target) Check(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.open(); err != nil {
		return err
	}
	return t.export()
}

// open reads what was written since, here or by other processes.
func (t *Target) open() error {
	if err := os.MkdirAll(t.cfg.Dir, 0o700); err != nil {
		return unavailable(err)
	}
	if err := t.journal.read(t.state.take); err != nil {
		return unavailable(err)
	}
	if t.behind {
		return t.export()
	}
	return nil
}

func unavailable(cause error) *sis.Error {
	return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The folder for the files cannot be read or written.", Temporary: true, Err: cause}
}

// write decides about each item and writes down what is to be: one returns the
// item's id and the entry for the journal.
func write[T any](ctx context.Context, t *Target, items []T, one func(T) (string, *entry, error)) ([]sis.Written, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	written := make([]sis.Written, len(items))
	err := t.open()
	if err == nil && ctx.Err() != nil {
		err = unavailable(ctx.Err())
	}
	if err == nil {
		err = writeEach(t, items, written, one)
	}
	if err != nil {
		for i := range written {
			written[i] = sis.Written{Err: err}
		}
	}
	return written, err
}

func writeEach[T any](t *Target, items []T, written []sis.Written, one func(T) (string, *entry, error)) error {
	var entries []entry
	for i, item := range items {
		id, e, err := one(item)
		if written[i] = (sis.Written{ID: id, Err: err}); e != nil {
			entries = append(entries, *e)
			t.state.take(*e) // what follows in the batch builds on it
		}
	}
	if err := t.journal.add(entries); err != nil {
		t.forget()
		return unavailable(err)
	}
	t.exportSoon()
	return nil
}

// forget lets the state be read anew: the journal does not have all of it.
func (t *Target) forget() { t.state, t.journal.offset = newState(), 0 }

// patience is how many times as long as the files take to write they are left
// alone after that.
const patience = 10

// exportSoon writes the files, or lets a timer do it if they have been written
// just now. What goes wrong is told by the next call.
func (t *Target) exportSoon() {
	wait := time.Until(t.exported.Add(patience * t.took))
	switch {
	case t.later != nil:
	case wait <= 0:
		_ = t.export()
	default:
		t.later = time.AfterFunc(wait, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.later != nil { // Close may have been quicker
				t.later = nil
				_ = t.export()
			}
		})
	}
}

// export writes the files of the format, each whole or not at all.
func (t *Target) export() error {
	start := time.Now()
	t.behind = true
	for _, f := range t.files() {
		if err := replace(filepath.Join(t.cfg.Dir, f.name), f.write); err != nil {
			return unavailable(fmt.Errorf("write %s: %w", f.name, err))
		}
	}
	t.behind, t.exported = false, time.Now()
	t.took = t.exported.Sub(start)
	return nil
}

// Close writes what is still to be written. The target can be used again.
func (t *Target) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.later == nil && !t.behind {
		return nil
	}
	if t.later != nil {
		t.later.Stop()
		t.later = nil
	}
	return t.export()
}

// replace writes a file beside the one at path and puts it in its place.
func replace(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = cmp.Or(write(f), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Users implements [sis.Target].
func (t *Target) Users(_ context.Context, by sis.UserField, values []string) ([]sis.User, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.open(); err != nil {
		return nil, err
	}
	var found []sis.User
	for _, v := range distinct(values) {
		if key, ok := t.state.keyOf(by, v); ok {
			found = append(found, t.state.users[key])
		}
	}
	return found, nil
}

// Courses implements [sis.Target].
func (t *Target) Courses(_ context.Context, by sis.CourseField, values []string) ([]sis.Course, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.open(); err != nil {
		return nil, err
	}
	var found []sis.Course
	for _, v := range distinct(values) {
		if by == sis.CourseByShortname {
			v = t.state.shortnames[fold(v)]
		}
		if c, ok := t.state.courses[v]; ok {
			found = append(found, c)
		}
	}
	return found, nil
}

func distinct(values []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}
