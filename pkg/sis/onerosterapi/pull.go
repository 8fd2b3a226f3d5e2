package onerosterapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A pull is one stream of a service on its way to emit.
type pull struct {
	source *Source
	ctx    context.Context
	emit   func(sis.Record) error
	means  sense
	seen   *sightings
	clock  clock
	waited time.Duration

	cursor  string    // as asked for
	since   time.Time // what changed after it; zero: everything
	dialect int       // of dialects
	runs    int32

	result  sis.Result
	partial bool // not everything was asked for
	doubts  []string
	missing *sis.Error // the first field that a row lacks
	lacking int        // rows that lack one
	newest  time.Time
	undated int // rows that do not say when they were changed
}

// A dialect is how a service is asked. What it refuses to hear is left out.
type dialect struct{ sorted, filtered bool }

var dialects = []dialect{{true, true}, {false, true}, {true, false}, {false, false}}

// begin reads the service's clock, if only what changed is wanted. A cursor
// that is not one of ours asks for everything.
func (p *pull) begin(r sis.Request) error {
	ways, ok := streams[r.Stream]
	if !ok {
		return unknownStream(r.Stream)
	}
	at, err := time.Parse(time.RFC3339Nano, r.Cursor)
	if err != nil {
		return p.ctx.Err()
	}
	if err := p.readClock(ways[0][0]); err != nil {
		return plain(err)
	}
	p.cursor, p.since = r.Cursor, p.clock.since(at, p.source.cfg.Overlap)
	return nil
}

// readClock asks for a row, for the sake of the time that comes with it. A
// refusal has one too.
func (p *pull) readClock(c collection) error {
	err := p.get(c.path, url.Values{"limit": {"1"}}, func(*answer) error { return nil })
	if f, ok := errors.AsType[*failure](err); ok && f.isUnknown() {
		return nil
	}
	return err
}

// stream reads a stream in the first of the ways that the service has.
func (p *pull) stream(stream sis.Stream) (err error) {
	if p.means, err = p.senseOf(stream); err != nil {
		return plain(err)
	}
	for _, w := range streams[stream] {
		err = p.walk(w)
		if f, ok := errors.AsType[*failure](err); !ok || !f.isUnknown() {
			break
		}
	}
	return plain(err)
}

// isUnknown reports whether the service does not have what it was asked for.
func (f *failure) isUnknown() bool {
	return slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, f.status)
}

func (p *pull) walk(w way) error {
	for _, c := range w {
		if err := p.hear(c); err != nil {
			return err
		}
	}
	return nil
}

// hear reads a collection in the first dialect that the service understands.
func (p *pull) hear(c collection) error {
	for {
		err := p.settle(c)
		f, ok := errors.AsType[*failure](err)
		if !ok || f.status != http.StatusBadRequest || p.dialect+1 == len(dialects) {
			return err
		}
		p.dialect++
	}
}

// settle reads a collection until it holds still, if everything is wanted.
func (p *pull) settle(c collection) error {
	for n := 1; ; n++ {
		r := p.begins(c)
		if err := r.read(); err != nil {
			return err
		}
		if !r.moved || r.asks.filtered || n == maxRuns {
			p.judge(r)
			return nil
		}
	}
}

func (p *pull) begins(c collection) *run {
	p.runs++
	asks := dialects[p.dialect]
	asks.filtered = asks.filtered && !p.since.IsZero()
	return &run{pull: p, collection: c, number: p.runs, asks: asks, total: -1}
}

// judge finds out whether a collection that was read can be complete.
func (p *pull) judge(r *run) {
	switch {
	case r.asks.filtered:
		p.partial = true
	case r.moved:
		p.doubt(fmt.Sprintf("rows of %s came or went each time that they were read", r.path[1:]))
	case r.total >= 0 && r.total != r.rows:
		p.doubt(fmt.Sprintf("the SIS says that %s has %d rows, and sent %d", r.path[1:], r.total, r.rows))
	}
}

func (p *pull) doubt(why string) {
	if !slices.Contains(p.doubts, why) {
		p.doubts = append(p.doubts, why)
	}
}

func (p *pull) send(r sis.Record) error {
	if err := p.ctx.Err(); err != nil {
		return final{err}
	}
	if err := p.emit(r); err != nil {
		return final{err}
	}
	p.result.Rows++
	p.count(r)
	return nil
}

func (p *pull) count(r sis.Record) {
	switch {
	case r.Problem == nil && r.Version == 0:
		p.undated++
	case r.Problem == nil && time.UnixMilli(r.Version).After(p.newest):
		p.newest = time.UnixMilli(r.Version)
	case r.Problem != nil:
		p.result.Problems++
		if r.Problem.Code == "REQ_FIELD_MISSING" {
			p.missing = cmp.Or(p.missing, r.Problem)
			p.lacking++
		}
	}
}

// conclude says what the pull amounted to.
func (p *pull) conclude() (sis.Result, error) {
	if p.lacking >= 10 && p.lacking == p.result.Rows {
		return p.result, &sis.Error{Code: "SRC_SCHEMA", Message: fmt.Sprintf(
			"None of the %d rows that the SIS sent has all that a roster needs: %s", p.lacking, p.missing.Message)}
	}
	p.result.Complete = !p.partial && len(p.doubts) == 0
	p.result.Cursor = p.nextCursor()
	p.result.Warning = p.warning()
	return p.result, nil
}

// nextCursor is empty where a row does not say when it was changed: asking for
// what changed would miss it.
func (p *pull) nextCursor() string {
	switch {
	case p.undated > 0:
		return ""
	case p.newest.IsZero():
		return p.cursor
	}
	return p.clock.cursor(p.newest)
}

func (p *pull) warning() string {
	said := []string{p.clock.warning()}
	if len(p.doubts) > 0 {
		said = append(said, "SNAPSHOT_INCOMPLETE: What is not there is not taken for gone: "+strings.Join(p.doubts, "; ")+".")
	}
	if p.undated > 0 {
		said = append(said, fmt.Sprintf("%d rows do not say when they were changed (dateLastModified), so everything is asked for each time.", p.undated))
	}
	return strings.TrimSpace(strings.Join(said, " "))
}

// final is an error that is not the service's: that of emit, or the context's.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

func isFinal(err error) bool {
	if _, ok := errors.AsType[*failure](err); ok {
		return true
	}
	_, ok := errors.AsType[final](err)
	return ok
}
