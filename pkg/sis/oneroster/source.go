package oneroster

import (
	"context"
	"fmt"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/upload"
)

// CSV is a [sis.Source] of OneRoster bundles.
type CSV struct {
	// Path is a bundle, or a folder in which the newest bundle counts: the file
	// ending in .zip that was modified last, and of two the one whose name
	// sorts last. Hidden files and unfinished uploads (.part, .tmp, .filepart)
	// do not count.
	Path string
}

var _ sis.Source = CSV{}

// Snapshot implements [sis.Source]. The id is the name of the newest bundle
// and a digest of its bytes, so that the same upload is the same snapshot. A
// bundle that is not whole is temporary while it is fresh: it may still be
// being uploaded.
func (c CSV) Snapshot(ctx context.Context) (string, error) {
	f, err := c.folder().Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := openBundle(ctx, f.Base(), f.File, f.Size)
	if err == nil {
		err = b.verify(ctx)
	}
	if isDamage(err) {
		return "", f.UnlessFresh(err)
	}
	if err != nil {
		return "", err
	}
	return f.ID(ctx)
}

// Pull implements [sis.Source]. A snapshot can be pulled as long as its file
// is there, unchanged and under its name.
func (c CSV) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	f, err := c.folder().Find(ctx, r.Snapshot)
	if err != nil {
		return sis.Result{}, err
	}
	defer f.Close()
	b, err := openBundle(ctx, f.Base(), f.File, f.Size)
	if err != nil {
		return sis.Result{}, err
	}
	p := &pull{bundle: b, emit: emit}
	err = p.stream(ctx, r.Stream)
	return p.result, err
}

func (c CSV) folder() upload.Folder {
	return upload.Folder{Path: c.Path, Kind: "OneRoster bundle", Extension: ".zip"}
}

// refused says that a bundle, or a file in it, is not read at all.
func refused(format string, args ...any) *sis.Error {
	return &sis.Error{Code: "SRC_SCHEMA", Message: fmt.Sprintf(format, args...)}
}
