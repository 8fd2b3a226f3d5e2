package onerosterapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxRuns  = 3    // of a collection that does not hold still
	maxBacks = 100  // steps back in a run
	maxSame  = 10   // pages that begin as the first one did
	maxVain  = 1000 // pages in a row without anything new
)

// A run reads a collection from its first page to an empty one, without a gap.
// A page joins what was read before if it begins with the last row of the page
// before, as it is asked to, or with another row that was read. If it does
// not, rows went meanwhile and others may have slipped through: the run steps
// back until a page joins.
type run struct {
	*pull
	collection
	number int32
	asks   dialect

	next    int    // where the next page begins
	anchor  uint64 // the last row that was read without a gap; 0: none
	probing bool   // nothing is known to follow
	start   page   // the first
	same    int    // pages in a row that are it again
	vain    int    // pages in a row without anything new
	backs   int
	step    int // back, if need be

	total int // as the service says last; -1: it does not
	rows  int // different ones that were read without a gap
	moved bool
}

// A page is what one answer brought.
type page struct {
	rows        int
	first, last uint64
	joins       bool
}

// read reads all pages.
func (r *run) read() error {
	for {
		had := r.rows
		got, err := r.page()
		if err != nil {
			return err
		}
		if r.ends(got, r.rows > had) {
			return nil
		}
		if r.repeats(got) {
			return schema("The SIS sends the same rows of %s again and again: it does not heed the offset.", r.path[1:])
		}
		r.turn(got)
	}
}

// ends reports whether nothing more comes, or nothing more that would be new:
// a collection may grow as fast as it is read.
func (r *run) ends(got page, fresh bool) bool {
	if r.vain++; fresh {
		r.vain = 0
	}
	if r.vain > maxVain {
		r.moved = true
		return true
	}
	return got.rows == 0 && (r.next == 0 || r.probing || r.backs == maxBacks)
}

// repeats reports whether page after page is the first one.
func (r *run) repeats(got page) bool {
	if r.next == 0 {
		r.start = got
		return false
	}
	if r.same++; got != r.start || got.rows < 2 {
		r.same = 0
	}
	return r.same > maxSame
}

// turn decides where the next page begins.
func (r *run) turn(got page) {
	switch {
	case !got.joins:
		r.moved = true
		r.backs++
		r.next, r.probing = max(0, r.next-r.step), false
		r.step *= 2
	case got.rows == 1 && got.first == r.anchor && !r.probing:
		r.next, r.probing = r.next+1, true // nothing follows, or one row is sent at a time
	default:
		r.moved = r.moved || r.next > 0 && !r.probing && got.first != r.anchor
		r.next, r.probing = r.next+got.rows-1, false
		r.anchor, r.step = got.last, got.rows
	}
}

// joins reports whether a page that begins with that row leaves no gap. After
// so many steps back it is no use to ask.
func (r *run) joins(first uint64) bool {
	return r.next == 0 || r.probing || first == r.anchor || r.seen.rows[first].run == r.number || r.backs == maxBacks
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
	if on.rows == 0 {
		on.first, on.joins = id, r.joins(id)
	}
	on.rows, on.last = on.rows+1, id
	v := r.seen.see(id, rec)
	if on.joins && r.seen.mark(id, r.number) {
		r.rows++
	}
	if v == isConflict {
		r.doubt("an id of " + r.path[1:] + " stands for two different rows")
	}
	if v == isKnown {
		return nil
	}
	return r.send(rec)
}
