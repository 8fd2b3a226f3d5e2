package oneroster

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/upload"
)

// What a bundle may be at most. A university's is far below each of them.
const (
	maxEntries   = 10_000
	maxDirectory = 4 << 20 // bytes: the zip's list of its entries
	maxUnpacked  = 4 << 30 // bytes, of all entries
	maxRatio     = 100     // unpacked to packed, beyond the first MiB of a file
)

// A bundle is an open zip whose list of entries was found harmless.
type bundle struct {
	name     string
	entries  map[string]*zip.File // by name in lower case, without folders
	manifest manifest
}

func openBundle(ctx context.Context, name string, from io.ReaderAt, size int64) (*bundle, error) {
	files, err := openZip(from, size)
	if err != nil {
		return nil, in(name, err)
	}
	b := &bundle{name: name}
	if b.entries, err = byName(files); err != nil {
		return nil, in(name, err)
	}
	return b, in(name, b.readManifest(ctx))
}

// in says which bundle err is about.
func in(bundle string, err error) error {
	e, ok := errors.AsType[*sis.Error](err)
	if !ok {
		return err
	}
	about := *e
	about.Message = bundle + ": " + e.Message
	return &about
}

func openZip(from io.ReaderAt, size int64) ([]*zip.File, error) {
	directory := &quota{from: from, left: maxDirectory}
	z, err := zip.NewReader(directory, size)
	if errors.Is(err, errQuota) {
		return nil, refused("The bundle has more than %d entries.", maxEntries)
	}
	if err != nil {
		return nil, damage("The bundle is not a whole zip file.", err)
	}
	directory.off = true
	return z.File, checkEntries(z.File)
}

func checkEntries(files []*zip.File) error {
	if len(files) > maxEntries {
		return refused("The bundle has %d entries; at most %d are allowed.", len(files), maxEntries)
	}
	var unpacked uint64
	for _, f := range files {
		if err := checkEntry(f); err != nil {
			return err
		}
		if unpacked += f.UncompressedSize64; unpacked > maxUnpacked {
			return refused("The bundle unpacks to more than 4 GiB.")
		}
	}
	return nil
}

func checkEntry(f *zip.File) error {
	switch {
	case leadsOut(f.Name):
		return refused("The bundle has an entry whose name leads out of it: %q.", f.Name)
	case f.Mode()&(fs.ModeType&^fs.ModeDir) != 0:
		return refused("The entry %q of the bundle is a link or a device, not a file.", f.Name)
	case f.Flags&1 != 0:
		return refused("The entry %q of the bundle is encrypted; export it without a password.", f.Name)
	case strings.EqualFold(path.Ext(f.Name), ".zip"):
		return refused("The entry %q of the bundle is itself a zip; upload that one.", f.Name)
	case f.UncompressedSize64 > maxUnpacked || f.UncompressedSize64 > uint64(allowance(f)):
		return tooDense(f)
	}
	return nil
}

func leadsOut(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	drive := len(name) > 1 && name[1] == ':'
	return drive || strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..")
}

func tooDense(f *zip.File) *sis.Error {
	return refused("The entry %q of the bundle unpacks to more than %d times its size.", f.Name, maxRatio)
}

// allowance returns how many bytes f may unpack to.
func allowance(f *zip.File) int64 {
	packed := int64(min(f.CompressedSize64, maxUnpacked))
	return min(1<<20+maxRatio*packed, maxUnpacked)
}

// byName finds files whatever folder of the zip they are in.
func byName(files []*zip.File) (map[string]*zip.File, error) {
	entries := make(map[string]*zip.File, len(files))
	for _, f := range files {
		name := strings.ToLower(path.Base(strings.ReplaceAll(f.Name, `\`, "/")))
		if f.FileInfo().IsDir() || path.Ext(name) != ".csv" || strings.HasPrefix(name, ".") {
			continue
		}
		if other := entries[name]; other != nil {
			return nil, refused("The bundle has %s twice: as %q and as %q.", name, other.Name, f.Name)
		}
		entries[name] = f
	}
	return entries, nil
}

func (b *bundle) entry(name string) *zip.File { return b.entries[strings.ToLower(name)] }

// file returns the entry of t, or nil if the bundle need not have it and does
// not.
func (b *bundle) file(t table) (*zip.File, error) {
	f := b.entry(t.name)
	if f == nil && !t.optional && b.manifest.mode(t) != absent {
		return nil, refused("The bundle has no %s.", t.name)
	}
	return f, nil
}

// verify reads all that a roster is made of to its end and compares checksums.
func (b *bundle) verify(ctx context.Context) error {
	for _, t := range []table{academicSessions, users, classes, enrollments, courses, roles} {
		if err := b.verifyFile(ctx, t); err != nil {
			return in(b.name, err)
		}
	}
	return nil
}

func (b *bundle) verifyFile(ctx context.Context, t table) error {
	f, err := b.file(t)
	if err != nil || f == nil {
		return err
	}
	r, err := open(ctx, f)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return explain(t.name, err)
}

// open returns what f unpacks to. Reading it ends with ctx, and with an error
// where it is more than f may unpack to.
func open(ctx context.Context, f *zip.File) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, explain(f.Name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&reader{ctx: ctx, from: r, left: allowance(f), beyond: tooDense(f)}, r}, nil
}

// A reader reads until ctx is done, and no more than it may.
type reader struct {
	ctx    context.Context
	from   io.Reader
	left   int64
	beyond error // if there is more than left
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.from.Read(p)
	if r.left -= int64(n); r.left < 0 && r.beyond != nil {
		return 0, r.beyond
	}
	return n, err
}

// A quota lets so many bytes be read, until it is off.
type quota struct {
	from io.ReaderAt
	left int
	off  bool
}

var errQuota = errors.New("too much to read")

func (q *quota) ReadAt(p []byte, at int64) (int, error) {
	if !q.off {
		if q.left -= len(p); q.left < 0 {
			return 0, errQuota
		}
	}
	return q.from.ReadAt(p, at)
}

// explain says in words what reading a file of a bundle ended with.
func explain(file string, err error) error {
	switch {
	case err == nil, upload.IsContext(err):
		return err
	case errors.Is(err, zip.ErrAlgorithm):
		return refused("%s is packed by a method other than deflate; export the bundle as an ordinary zip.", file)
	case isDamage(err):
		return damage(file+" is damaged: the bundle is cut short or was changed on its way. Export it again.", err)
	}
	if _, ok := errors.AsType[*sis.Error](err); ok {
		return err
	}
	e := upload.Unavailable("%s cannot be read.", file)
	e.Err = err
	return e
}

func damage(message string, err error) *sis.Error {
	return &sis.Error{Code: "SRC_SCHEMA", Message: message, Err: err}
}

func isDamage(err error) bool {
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return true
	}
	return errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF)
}
