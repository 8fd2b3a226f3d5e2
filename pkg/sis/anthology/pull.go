package anthology

import (
	"context"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// A pull is one stream of the inbox on its way to emit.
type pull struct {
	inbox  *Inbox
	emit   func(sis.Record) error
	result sis.Result
	taught map[sis.Registration]bool // teachers that were emitted
}

// each hands every message of a stream to visit: of all terms, or of those
// that are wanted.
func (p *pull) each(ctx context.Context, stream sis.Stream, terms []string, visit func(*reading) error) error {
	if len(terms) == 0 {
		return p.pages(ctx, stream, "", visit)
	}
	for _, term := range terms {
		if err := p.pages(ctx, stream, term, visit); err != nil {
			return err
		}
	}
	return nil
}

// pages asks for messages until none comes that is new. A server that sends
// everything at once is asked twice.
func (p *pull) pages(ctx context.Context, stream sis.Stream, term string, visit func(*reading) error) error {
	operation, seen, after := operations[stream].get, map[string]bool{}, ""
	for {
		known := len(seen)
		err := p.inbox.call(ctx, operation, p.inbox.asks(term, after), func(m message) error {
			r := p.inbox.reading(operation, m)
			if seen[r.id] {
				return nil
			}
			seen[r.id], after = r.id != "", r.id
			return visit(r)
		})
		if err != nil || len(seen) == known || after == "" {
			return err
		}
	}
}

// asks returns the body of a get.
func (in *Inbox) asks(term, after string) map[string]any {
	body := map[string]any{in.names.fields["LmsFlag"]: true, in.names.fields["MaxMessages"]: in.cfg.Batch}
	for name, value := range in.cfg.Parameters {
		body[name] = value
	}
	if term != "" {
		body[in.names.fields["TermId"]] = term
	}
	if after != "" {
		body[in.names.fields["AfterMessageId"]] = after
	}
	return body
}

// A reading is a message while it is being understood.
type reading struct {
	fields.Record
	id, where string
	names     names
}

func (in *Inbox) reading(operation string, m message) *reading {
	r := &reading{names: in.names, id: strings.TrimSpace(m.field(in.names.fields["MessageId"]))}
	r.where = operation + ", message " + r.id
	r.Text = func(name string) string { return midnight(m.field(in.names.fields[name])) }
	r.Required("MessageId")
	if !strings.EqualFold(r.Optional("Status"), "OK") && r.Optional("Status") != "" {
		r.Fail("ROW_MALFORMED", "The SIS reports an error in this message instead of its content.")
	}
	return r
}

// midnight takes the time off an instant at 00:00 without a zone, which is how
// the SIS writes a day.
func midnight(text string) string {
	day, _, ok := strings.Cut(text, "T00:00:00")
	if _, err := sis.ParseDate(day); !ok || err != nil || strings.Trim(text[len(day):], "T0:.Z") != "" {
		return text
	}
	return day
}

// A meaning makes a record of what a message says.
type meaning func(*reading) sis.Record

// one emits the record that a message is.
func (p *pull) one(means meaning) func(*reading) error {
	return func(r *reading) error { return p.send(r.record(means)) }
}

func (r *reading) record(means meaning) sis.Record {
	got := means(r)
	if got.Deleted && r.Problem != nil && fields.Forgives(r.Problem) && got.Key != "" {
		r.Problem = nil
	}
	if r.Problem != nil {
		return sis.Record{Key: got.Key, Where: r.where, Receipt: r.id, Problem: r.Problem}
	}
	got.Where, got.Receipt, got.Version, got.Warning = r.where, r.id, r.version(), r.Warning()
	return got
}

// version returns how often the record has changed, if the SIS says.
func (r *reading) version() int64 {
	text := r.Optional("Version")
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil && text != "" {
		r.Warn("Version is not a whole number and does not count.")
		return 0
	}
	return version
}

func (p *pull) send(r sis.Record) error {
	if err := p.emit(r); err != nil {
		return err
	}
	p.result.Rows++
	if r.Problem != nil {
		p.result.Problems++
	}
	return nil
}

func problem(code, format string, args ...any) *sis.Error {
	return fields.Problem(code, format, args...)
}
