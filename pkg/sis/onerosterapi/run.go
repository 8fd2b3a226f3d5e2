package onerosterapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxRuns   = 3   // of a collection that does not hold still
	maxBarren = 20  // pages in a row without anything new
	maxBacks  = 100 // steps back in a run
)

// A run reads a collection from its first page to an empty one. The pages
// overlap by a row: the next one begins with the last row of the one before,
// or else rows came or went.
type run struct {
	*pull
	collection
	number int
	asks   dialect

	next     int    // where the next page begins
	anchored bool   // it must begin with:
	anchor   uint64 //

	total  int // as the service says first; -1: it does not
	rows   int // different ones that came
	moved  bool
	barren int
	backs  int
}

// A page is what one answer brought.
type page struct {
	rows        int
	fresh       int // not seen in this run before
	first, last uint64
	known       bool // the first was seen in this run before
}

// read reads all pages.
func (r *run) read() error {
	for {
		got, err := r.page()
		if err != nil {
			return err
		}
		if got.rows == 0 && !r.anchored {
			return nil
		}
		if err := r.turn(got); err != nil {
			return err
		}
	}
}

// turn decides where the next page begins.
func (r *run) turn(got page) error {
	if r.barren++; got.fresh > 0 {
		r.barren = 0
	}
	switch slipped := r.anchored && (got.rows == 0 || got.first != r.anchor); {
	case r.barren > maxBarren:
		return schema("The SIS sends the same rows of %s again and again: it does not heed the offset.", r.path[1:])
	case slipped && !got.known && r.backs < maxBacks:
		r.moved = true // rows went, and others may have slipped through
		r.backs++
		r.next, r.anchored = max(0, r.next-max(got.rows, 1)), false
		return nil
	case slipped:
		r.moved = true // rows came
	case r.anchored && got.rows == 1:
		r.next, r.anchored = r.next+1, false // nothing follows, or one row is sent at a time
		return nil
	}
	if got.rows == 0 {
		r.anchored = false
		return nil
	}
	r.next += got.rows - 1
	r.anchored, r.anchor = true, got.last
	return nil
}

// page asks for one page, and sends what is new in it.
func (r *run) page() (got page, err error) {
	err = r.get(r.path, r.query(), func(a *answer) error {
		got = page{}
		r.note(a.Header.Get("X-Total-Count"))
		err := r.in.rows(a.body, func(raw json.RawMessage) error { return r.row(raw, &got) })
		switch {
		case isCut(err):
			return &failure{says: temporary("SRC_UNAVAILABLE", "An answer of the SIS ends in the middle.", err), again: true}
		case isBroken(err):
			return schema("An answer of the SIS is not JSON.")
		case err != nil && !isFinal(err):
			return a.unreadable(err)
		}
		return err
	})
	return got, err
}

func (r *run) query() url.Values {
	q := url.Values{"limit": {strconv.Itoa(r.source.cfg.PageSize)}, "offset": {strconv.Itoa(r.next)}}
	if r.asks.sorted {
		q.Set("sort", "sourcedId")
		q.Set("orderBy", "asc")
	}
	if r.asks.filtered {
		q.Set("filter", "dateLastModified>'"+r.since.UTC().Format("2006-01-02T15:04:05.000Z")+"'")
	}
	return q
}

// note takes down how many rows there are said to be.
func (r *run) note(total string) {
	n, err := strconv.Atoi(strings.TrimSpace(total))
	if err != nil || n < 0 {
		return
	}
	if r.total >= 0 && n != r.total {
		r.moved = true
	}
	r.total = n
}

// row sends a row, if anything is new about it.
func (r *run) row(raw json.RawMessage, on *page) error {
	rec := understand(raw, r.means)
	rec.Where = fmt.Sprintf("%s:%d", r.path[1:], r.next+on.rows+1)
	id := r.seen.idOf(rec.Key, raw)
	v, before := r.seen.see(id, rec, r.number)
	if on.rows == 0 {
		on.first, on.known = id, before
	}
	on.rows, on.last = on.rows+1, id
	if !before {
		on.fresh++
		r.rows++
	}
	if v == isKnown {
		return nil
	}
	if v == isConflict {
		r.doubt("an id of " + r.path[1:] + " stands for two different rows")
	}
	return r.send(rec)
}
