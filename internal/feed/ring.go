package feed

import (
	"encoding/json"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A change is how a job stands since a batch.
type change struct {
	live    job.Live
	starter string // who started the first job of its lineage, if that is another
	json    []byte // written once for all viewers
}

func newChange(l job.Live, starter string) change {
	raw, _ := json.Marshal(l) // text, numbers and times always have a JSON form
	return change{l, starter, raw}
}

// A batch is what changed between two moments, one change for each job.
type batch struct {
	position string // of the newest event in it
	changes  []change
}

// A ring is the newest batches. They are numbered; numbers are never used
// again.
type ring struct {
	from    string // nothing behind this position is missing
	first   int    // number of the oldest batch
	batches []batch
	size    int // changes in all of them
}

// add puts a batch at the end, and drops old ones for it.
func (r *ring) add(b batch) {
	r.batches = append(r.batches, b)
	r.size += len(b.changes)
	for r.size > capacity && len(r.batches) > 1 {
		old := r.batches[0]
		r.from, r.size, r.first = old.position, r.size-len(old.changes), r.first+1
		r.batches[0] = batch{}
		r.batches = r.batches[1:]
	}
}

// reset begins anew behind a position. Whoever was told of anything before is
// told to read again.
func (r *ring) reset(from string) {
	*r = ring{from: from, first: r.end() + 1}
}

// end is the number of the batch that comes next.
func (r *ring) end() int { return r.first + len(r.batches) }

// since returns the batches from a number on.
func (r *ring) since(number int) []batch { return r.batches[number-r.first:] }

// position is that of the newest event in the ring.
func (r *ring) position() string {
	if len(r.batches) == 0 {
		return r.from
	}
	return r.batches[len(r.batches)-1].position
}

// find returns the number of the first batch with something behind a position,
// and false if some of what is behind it is not here, or it is no position of
// this stream.
func (r *ring) find(after string) (int, bool) {
	if events.Later(r.from, after) || events.Later(after, r.position()) {
		return 0, false
	}
	for i, b := range r.batches {
		if events.Later(b.position, after) {
			return r.first + i, true
		}
	}
	return r.end(), true
}
