package campus

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	publishEvery = 4 * time.Minute
	kept         = 12 // bundles: a sync may still be reading one of the last
)

// A SIS is the demo's student information system, a simulator: it puts
// OneRoster bundles into a folder, where a source finds them. Versions go on
// from those that are there already. Dir is required.
type SIS struct {
	Dir   string
	Seed  uint64
	Every time.Duration    // between two versions; 0: 4 min
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none
}

// Run publishes a version now and then until ctx is done. The first comes at
// once if the folder has none.
func (s SIS) Run(ctx context.Context) error {
	if _, ok := s.Version(); !ok {
		if err := s.Publish(); err != nil {
			return err
		}
	}
	every := s.Every
	if every == 0 {
		every = publishEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Publish(); err != nil {
				return err
			}
		}
	}
}

// Publish puts the next version into the folder, whole or not at all.
func (s SIS) Publish() error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("make the simulated SIS's folder: %w", err)
	}
	version := 0
	if last, ok := s.Version(); ok {
		version = last + 1
	}
	name := filepath.Join(s.Dir, s.name(version))
	if err := writeWhole(name, func(w io.Writer) error { return Write(w, s.Options(), version) }); err != nil {
		return fmt.Errorf("publish %s: %w", name, err)
	}
	if s.Log != nil {
		s.Log.Info("simulated SIS published a bundle", "file", name, "version", version)
	}
	return s.prune()
}

// Options say which university it publishes.
func (s SIS) Options() Options {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return Options{Seed: s.Seed, Today: dateOf(now())}
}

// name is a bundle's. Another term is another university and begins at 0.
func (s SIS) name(version int) string { return fmt.Sprintf("%s%06d.zip", s.prefix(), version) }

func (s SIS) prefix() string { return "simulated-sis-" + calendar(s.Options().Today)[0].Key + "-" }

// Version returns the newest version in the folder, if there is one.
func (s SIS) Version() (version int, ok bool) {
	for _, name := range s.bundles() {
		number := strings.TrimSuffix(strings.TrimPrefix(name, s.prefix()), ".zip")
		if n, err := strconv.Atoi(number); err == nil {
			version, ok = n, true
		}
	}
	return version, ok
}

// bundles lists the bundles of the present term by name, the oldest first.
func (s SIS) bundles() (names []string) {
	entries, _ := os.ReadDir(s.Dir) // no folder, no bundles
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), s.prefix()) && strings.HasSuffix(e.Name(), ".zip") {
			names = append(names, e.Name())
		}
	}
	return names
}

// prune deletes the oldest bundles of its own.
func (s SIS) prune() error {
	all := s.bundles()
	for _, name := range all[:max(0, len(all)-kept)] {
		if err := os.Remove(filepath.Join(s.Dir, name)); err != nil {
			return fmt.Errorf("delete an old bundle: %w", err)
		}
	}
	return nil
}

// writeWhole writes a file under another name first: nobody sees half of it.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".simulated-sis-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
