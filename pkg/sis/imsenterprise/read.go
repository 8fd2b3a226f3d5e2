package imsenterprise

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/upload"
)

// A visitor is shown the records of a file with the lines that they begin on.
// It need not want to see all kinds. Its errors end the reading.
type visitor struct {
	person func(line int, p *person) error
	group  func(line int, g *group) error
	member func(line int, in string, m *member) error // in is the group's id
}

// A stopped is an error of a visitor, which is not about the file.
type stopped struct{ error }

// read reads a file to its end.
func read(ctx context.Context, f *upload.File, v visitor) error {
	if f.Size > maxFile {
		return refused("%s is larger than 4 GiB.", f.Base())
	}
	g := newGuard(f.Bytes(ctx))
	r := &reader{guard: g, xml: xml.NewTokenDecoder(g), visitor: v}
	return r.explain(f.Base(), r.file())
}

// A reader walks through a file.
type reader struct {
	visitor
	guard *guard
	xml   *xml.Decoder // of what the guard lets through
}

// file reads the one element that a file is.
func (r *reader) file() error {
	root, err := r.start()
	if err != nil {
		return err
	}
	if root == nil || root.Name.Local != "enterprise" {
		return errOther
	}
	if err := r.children(r.record); err != nil {
		return err
	}
	if more, err := r.start(); err != nil || more != nil {
		return errors.Join(err, errOther)
	}
	return nil
}

var errOther = errors.New("no enterprise element, or more than one")

// start returns the next element that begins, or nil at the end of the one
// around it or of the file.
func (r *reader) start() (*xml.StartElement, error) {
	for {
		t, err := r.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return &t, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}

// children hands the elements within the one that has begun to visit.
func (r *reader) children(visit func(*xml.StartElement) error) error {
	for {
		r.guard.refill()
		child, err := r.start()
		if child == nil || err != nil {
			return err
		}
		if err := visit(child); err != nil {
			return err
		}
	}
}

func (r *reader) record(start *xml.StartElement) error {
	switch line := r.guard.line(); {
	case start.Name.Local == "person" && r.person != nil:
		return decode(r, start, line, r.person)
	case start.Name.Local == "group" && r.group != nil:
		return decode(r, start, line, r.group)
	case start.Name.Local == "membership":
		return r.membership()
	}
	return r.xml.Skip()
}

// decode reads an element whole and shows it.
func decode[T any](r *reader, start *xml.StartElement, line int, show func(int, *T) error) error {
	var record T
	if err := r.xml.DecodeElement(&record, start); err != nil {
		return err
	}
	if err := show(line, &record); err != nil {
		return stopped{err}
	}
	return nil
}

// membership reads the members of a group one by one: there may be thousands.
func (r *reader) membership() error {
	var in sourcedID
	return r.children(func(start *xml.StartElement) error {
		switch {
		case start.Name.Local == "sourcedid":
			return r.xml.DecodeElement(&in, start)
		case start.Name.Local == "member" && r.member != nil:
			return decode(r, start, r.guard.line(), func(line int, m *member) error { return r.member(line, in.key(), m) })
		}
		return r.xml.Skip()
	})
}

// errDamaged marks errors of a file that is not whole, or not well-formed.
var errDamaged = errors.New("not a whole XML file")

// explain says in words what reading a file ended with.
func (r *reader) explain(name string, err error) error {
	if by, ok := errors.AsType[stopped](err); ok {
		return by.error
	}
	e, ok := errors.AsType[*sis.Error](err)
	broken, isSyntax := errors.AsType[*xml.SyntaxError](err)
	switch {
	case err == nil, upload.IsContext(err):
		return err
	case ok:
		return refused("%s, line %d: %s", name, r.guard.line(), e.Message)
	case errors.Is(err, errOther):
		return refused("%s is no IMS Enterprise file: that is one element enterprise and nothing else.", name)
	case errors.Is(err, errTooLong):
		return refused("%s, line %d: a record is longer than 1 MiB.", name, r.guard.line())
	case isSyntax && broken.Msg == "unexpected EOF", errors.Is(err, io.ErrUnexpectedEOF):
		return damaged("%s ends in the middle of line %d: half a file was exported or uploaded. Nothing of it is used.", name, r.guard.line())
	case isSyntax && broken.Msg == "invalid UTF-8":
		return damaged("%s, line %d: there are bytes that are not in the encoding that the file says; export it as UTF-8.", name, broken.Line)
	case isSyntax:
		return damaged("%s is not well-formed XML, or uses an entity: see line %d.", name, broken.Line)
	}
	unreadable := upload.Unavailable("%s cannot be read.", name)
	unreadable.Err = err
	return unreadable
}

// refused says that a file is not read at all.
func refused(format string, args ...any) *sis.Error {
	return &sis.Error{Code: "SRC_SCHEMA", Message: fmt.Sprintf(format, args...)}
}

func damaged(format string, args ...any) *sis.Error {
	e := refused(format, args...)
	e.Err = errDamaged
	return e
}
