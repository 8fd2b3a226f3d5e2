package oneroster

import (
	"context"
	"fmt"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/meaning"
)

// A pull is one stream of a bundle on its way to emit.
type pull struct {
	bundle  *bundle
	emit    func(sis.Record) error
	result  sis.Result
	warning string // for the next record
}

func (p *pull) stream(ctx context.Context, stream sis.Stream) error {
	switch stream {
	case sis.Terms:
		return p.terms(ctx)
	case sis.Persons:
		return p.persons(ctx)
	case sis.Sections:
		return p.sections(ctx)
	case sis.Registrations:
		return p.registrations(ctx)
	}
	return fmt.Errorf("pull %q: OneRoster has no such stream", stream)
}

// survey looks at a file to its end, so that nothing is emitted before all
// files of a stream are known to be whole. It is nil if the bundle has none.
func (p *pull) survey(ctx context.Context, t table) (*file, error) {
	f, err := p.bundle.survey(ctx, t)
	if f != nil {
		p.note(f.warning())
	}
	return f, err
}

func (p *pull) note(warning string) {
	p.warning = strings.TrimSpace(p.warning + " " + warning)
}

// records emits what f says.
func (p *pull) records(ctx context.Context, f *file, means meaning.Meaning) error {
	if f == nil {
		return nil
	}
	text := f.text()
	err := f.each(ctx, func(r row) error {
		got, ok := f.record(r, text, means)
		if !ok {
			return nil
		}
		return p.send(got)
	})
	p.result.Complete = err == nil && f.complete
	return err
}

// beside reads a file that only adds to the records of another, and emits the
// problems in it.
func (p *pull) beside(ctx context.Context, f *file, visit func(*fields.Record)) error {
	if f == nil {
		return nil
	}
	text := f.text()
	return f.each(ctx, func(r row) error {
		read := f.reading(r, text)
		read.Problem = f.unreadable(r)
		if read.Problem == nil {
			visit(read)
		}
		if read.Problem == nil {
			return nil
		}
		return p.send(sis.Record{Where: f.where(r), Problem: read.Problem})
	})
}

func (p *pull) send(r sis.Record) error {
	r.Warning, p.warning = strings.TrimSpace(p.warning+" "+r.Warning), ""
	if err := p.emit(r); err != nil {
		return err
	}
	p.result.Rows++
	if r.Problem != nil {
		p.result.Problems++
	}
	return nil
}

// record makes a record of r. It is not ok if another line of the file has
// said the same.
func (f *file) record(r row, text func([]byte) string, means meaning.Meaning) (got sis.Record, ok bool) {
	read := f.reading(r, text)
	if p := f.unreadable(r); p != nil {
		return f.problem(r, read, p), true
	}
	again := f.repeats[r.line]
	switch {
	case again == nil:
	case !again.same:
		return f.problem(r, read, fields.Problem("DUP_KEY", "Lines %s of %s have the same id and say different things.", again, f.name)), true
	case again.lines[0] != r.line:
		return sis.Record{}, false
	default:
		read.Warn("Lines %s of %s are the same.", again, f.name)
	}
	got = means.Of(read)
	got.Where = f.where(r)
	return got, true
}

// reading begins to understand a row.
func (f *file) reading(r row, text func([]byte) string) *fields.Record {
	return &fields.Record{Text: func(column string) string { return text(f.header.cell(r, column)) }}
}

func (f *file) problem(r row, read *fields.Record, p *sis.Error) sis.Record {
	return sis.Record{Key: meaning.Key(read), Where: f.where(r), Problem: p}
}

func (f *file) where(r row) string { return fmt.Sprintf("%s:%d", f.name, r.line) }
