package imsenterprise

import (
	"context"
	"errors"
	"fmt"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/upload"
)

// XML is a [sis.Source] of IMS Enterprise files.
type XML struct {
	// Path is a file, or a folder in which the newest file counts: the one ending
	// in .xml that was modified last. Hidden files and unfinished uploads do not
	// count.
	Path string

	// Complete says that each file holds all that there are, so that what is not
	// in it is gone. Otherwise only what a file says has ended, has.
	Complete bool
}

var _ sis.Source = XML{}

const maxFile = 4 << 30 // bytes

// Snapshot implements [sis.Source]. The id is the name of the newest file and a
// digest of its bytes. A file that is not whole is temporary while it is fresh:
// it may still be being uploaded.
func (x XML) Snapshot(ctx context.Context) (string, error) {
	f, err := x.folder().Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	err = read(ctx, f, visitor{})
	if errors.Is(err, errDamaged) {
		return "", f.UnlessFresh(err)
	}
	if err != nil {
		return "", err
	}
	return f.ID(ctx)
}

// Pull implements [sis.Source]. A snapshot can be pulled as long as its file
// is there, unchanged and under its name.
func (x XML) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	f, err := x.folder().Find(ctx, r.Snapshot)
	if err != nil {
		return sis.Result{}, err
	}
	defer f.Close()
	p := &pull{emit: emit, name: f.Base(), book: newBook()}
	visit, ok := p.visitors()[r.Stream]
	if !ok {
		return sis.Result{}, fmt.Errorf("pull %q: IMS Enterprise has no such stream", r.Stream)
	}
	if err := read(ctx, f, p.book.visitor()); err != nil {
		return sis.Result{}, err
	}
	err = read(ctx, f, visit)
	if err == nil && r.Stream == sis.Terms {
		err = p.orgTerms()
	}
	p.result.Complete = err == nil && x.Complete
	return p.result, err
}

func (x XML) folder() upload.Folder {
	return upload.Folder{Path: x.Path, Kind: "IMS Enterprise file", Extension: ".xml"}
}
