// Package upload finds the file that counts in a folder that another system
// uploads to, and names it by its bytes: the same upload is the same snapshot.
package upload

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

// How long after its last change a file that is not whole may still be on its
// way.
const settling = time.Minute

// A Folder is where files of one kind are uploaded to.
type Folder struct {
	// Path is a file, or a folder in which the newest file counts: the one that
	// was modified last, and of two the one whose name sorts last. Hidden files
	// and unfinished uploads (.part, .tmp, .filepart) do not count.
	Path string

	Kind      string // what people call such a file: "OneRoster bundle"
	Extension string // of the names that count, in whatever letter case: ".zip"
}

// A File is an uploaded file, open.
type File struct {
	*os.File
	Size int64

	kind     string
	modified time.Time
}

// Open opens the file that counts now.
func (f Folder) Open() (*File, error) {
	path, err := f.newest()
	if err != nil {
		return nil, err
	}
	return f.open(path)
}

func (f Folder) newest() (string, error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return "", f.unreachable(f.Path, err)
	}
	if !info.IsDir() {
		return f.Path, nil
	}
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return "", f.unreachable(f.Path, err)
	}
	best := f.newestOf(entries)
	if best == nil {
		return "", Unavailable("There is no %s (a %s file) in the folder %s yet.", f.Kind, f.Extension, f.Path)
	}
	return filepath.Join(f.Path, best.Name()), nil
}

func (f Folder) newestOf(entries []fs.DirEntry) (best fs.FileInfo) {
	for _, e := range entries {
		if !f.counts(e.Name()) {
			continue
		}
		info, err := os.Stat(filepath.Join(f.Path, e.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue // gone since, or no file
		}
		if best == nil || older(best, info) {
			best = info
		}
	}
	return best
}

func (f Folder) counts(name string) bool {
	return !strings.HasPrefix(name, ".") && strings.EqualFold(filepath.Ext(name), f.Extension)
}

func older(a, b fs.FileInfo) bool {
	return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name())) < 0
}

// Find opens the file that a snapshot was made of, as [File.ID] named it.
func (f Folder) Find(ctx context.Context, snapshot string) (*File, error) {
	file, err := f.open(f.pathOf(snapshot))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.lost(snapshot)
	}
	if err != nil {
		return nil, err
	}
	id, err := file.ID(ctx)
	if err == nil && id != snapshot {
		err = f.lost(snapshot)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// pathOf returns where the snapshot's file would be. That it is another file
// is found when the ids are compared.
func (f Folder) pathOf(snapshot string) string {
	info, err := os.Stat(f.Path)
	if err != nil || !info.IsDir() {
		return f.Path
	}
	name := snapshot[:max(0, strings.LastIndex(snapshot, "@"))]
	if !f.counts(name) {
		return ""
	}
	return filepath.Join(f.Path, filepath.Base(name))
}

func (f Folder) open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, f.unreachable(path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		file.Close()
		return nil, f.unreachable(path, err)
	}
	return &File{File: file, Size: info.Size(), kind: f.Kind, modified: info.ModTime()}, nil
}

// Base returns the file's name without its folder.
func (f *File) Base() string { return filepath.Base(f.Name()) }

// Bytes returns the bytes that the file had when it was opened, from the
// first. Reading them ends with ctx.
func (f *File) Bytes(ctx context.Context) io.Reader {
	return patient{ctx, io.NewSectionReader(f, 0, f.Size)}
}

type patient struct {
	ctx  context.Context
	from io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.from.Read(b)
}

// ID returns the id of the snapshot that this file is: its name, and a digest
// of its bytes.
func (f *File) ID(ctx context.Context) (string, error) {
	digest := sha256.New()
	if _, err := io.Copy(digest, f.Bytes(ctx)); err != nil {
		return "", unreachable(f.kind, f.Name(), err)
	}
	return fmt.Sprintf("%s@%x", f.Base(), digest.Sum(nil)[:8]), nil
}

// UnlessFresh returns damage to the file as it is, or as something temporary
// if the file was changed a moment ago.
func (f *File) UnlessFresh(damage error) error {
	e, ok := errors.AsType[*sis.Error](damage)
	if !ok || time.Since(f.modified) > settling {
		return damage
	}
	return Unavailable("%s It may still be being uploaded.", e.Message)
}

// Unavailable says why there is nothing to read yet.
func Unavailable(format string, args ...any) *sis.Error {
	return &sis.Error{Code: "SRC_UNAVAILABLE", Message: fmt.Sprintf(format, args...), Temporary: true}
}

func (f Folder) unreachable(path string, err error) error { return unreachable(f.Kind, path, err) }

func unreachable(kind, path string, err error) error {
	if IsContext(err) {
		return err
	}
	e := Unavailable("The %s at %s cannot be read.", kind, path)
	e.Err = err
	return e
}

// IsContext reports whether reading ended because nobody waits for it.
func IsContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (f Folder) lost(snapshot string) *sis.Error {
	return &sis.Error{
		Code:    "SRC_UNAVAILABLE",
		Message: fmt.Sprintf("The %s %s was replaced or taken away before it was read; start again with the newest one.", f.Kind, snapshot),
	}
}
