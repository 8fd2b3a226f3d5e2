package oneroster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// How long after its last change a bundle that is not whole may still be on
// its way.
const settling = time.Minute

// An upload is a bundle's file, open.
type upload struct {
	*os.File
	size     int64
	modified time.Time
}

// newest returns the path of the bundle that counts.
func (c CSV) newest() (string, error) {
	info, err := os.Stat(c.Path)
	if err != nil {
		return "", unreachable(c.Path, err)
	}
	if !info.IsDir() {
		return c.Path, nil
	}
	entries, err := os.ReadDir(c.Path)
	if err != nil {
		return "", unreachable(c.Path, err)
	}
	best := newestOf(c.Path, entries)
	if best == nil {
		return "", unavailable("There is no OneRoster bundle (a .zip file) in the folder %s yet.", c.Path)
	}
	return filepath.Join(c.Path, best.Name()), nil
}

func newestOf(folder string, entries []fs.DirEntry) (best fs.FileInfo) {
	for _, e := range entries {
		if !isBundle(e.Name()) {
			continue
		}
		info, err := os.Stat(filepath.Join(folder, e.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue // gone since, or no file
		}
		if best == nil || older(best, info) {
			best = info
		}
	}
	return best
}

func isBundle(name string) bool {
	return !strings.HasPrefix(name, ".") && strings.EqualFold(filepath.Ext(name), ".zip")
}

func older(a, b fs.FileInfo) bool {
	return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name())) < 0
}

// find opens the file that the snapshot was made of.
func (c CSV) find(ctx context.Context, snapshot string) (*upload, error) {
	f, err := openUpload(c.pathOf(snapshot))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, lost(snapshot)
	}
	if err != nil {
		return nil, err
	}
	id, err := f.id(ctx)
	if err == nil && id != snapshot {
		err = lost(snapshot)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// pathOf returns where the snapshot's file would be. That it is another file
// is found when the ids are compared.
func (c CSV) pathOf(snapshot string) string {
	info, err := os.Stat(c.Path)
	if err != nil || !info.IsDir() {
		return c.Path
	}
	name := snapshot[:max(0, strings.LastIndex(snapshot, "@"))]
	if !isBundle(name) {
		return ""
	}
	return filepath.Join(c.Path, filepath.Base(name))
}

func openUpload(path string) (*upload, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreachable(path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, unreachable(path, err)
	}
	return &upload{f, info.Size(), info.ModTime()}, nil
}

// id returns the id of the snapshot that this file is.
func (u *upload) id(ctx context.Context) (string, error) {
	digest := sha256.New()
	if _, err := io.Copy(digest, &reader{ctx: ctx, from: io.NewSectionReader(u, 0, u.size), left: u.size}); err != nil {
		return "", unreachable(u.Name(), err)
	}
	return fmt.Sprintf("%s@%x", filepath.Base(u.Name()), digest.Sum(nil)[:8]), nil
}

// unlessFresh makes err temporary if it is damage to a file that was changed a
// moment ago.
func (u *upload) unlessFresh(err error) error {
	e, ok := errors.AsType[*sis.Error](err)
	if !ok || !isDamage(err) || time.Since(u.modified) > settling {
		return err
	}
	return unavailable("%s It may still be being uploaded.", e.Message)
}

func unavailable(format string, args ...any) *sis.Error {
	return &sis.Error{Code: "SRC_UNAVAILABLE", Message: fmt.Sprintf(format, args...), Temporary: true}
}

func unreachable(path string, err error) error {
	if isContext(err) {
		return err
	}
	e := unavailable("The OneRoster bundle at %s cannot be read.", path)
	e.Err = err
	return e
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func lost(snapshot string) *sis.Error {
	return &sis.Error{
		Code:    "SRC_UNAVAILABLE",
		Message: fmt.Sprintf("The bundle %s was replaced or taken away before it was read; start again with the newest one.", snapshot),
	}
}
