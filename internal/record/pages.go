package record

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
)

// The sizes of pages. A large page costs far less per event than a small one:
// the events of a job meet in it and are written as one row.
const (
	firstPage = 500
	lastPage  = 4000
	heavy     = 16 << 20         // bytes of arguments and texts; beyond, pages shrink
	pace      = time.Second / 10 // from page to page
	longRest  = time.Second / 4
)

// pages decide how much to read at a time, and how often. Pages follow each
// other so slowly that events gather in between, and while there is more to
// record than fits, half of the time is left to others on the machine: a
// recorder that is behind reads larger pages, not more of them.
type pages struct {
	size     int
	caughtUp bool          // there was no more behind the last one
	worked   time.Duration // on the last page; zero: there was none since the last rest
	kept     []page        // recorded, and perhaps still in the stream
}

// A page is what is remembered of one.
type page struct {
	last    string // position
	entries int64  // of the stream, each of which may hold several events
}

func (p *pages) limit() int {
	if p.size == 0 {
		p.size = firstPage
	}
	return p.size
}

// recorded takes note of a page.
func (p *pages) recorded(entries []events.Entry, took time.Duration) {
	p.caughtUp = len(entries) < p.limit()
	p.worked = max(took, 1)
	p.kept = append(p.kept, page{entries[len(entries)-1].ID, positions(entries)})
	switch {
	case weight(entries) > heavy:
		p.size = max(p.size/2, 1)
	case !p.caughtUp:
		p.size = min(2*p.size, lastPage)
	}
}

// rest returns how long to wait after a page.
func (p *pages) rest() time.Duration {
	worked := p.worked
	p.worked = 0
	if worked == 0 {
		return 0
	}
	return min(max(pace-worked, worked), longRest)
}

// trimmed takes note that the stream was trimmed.
func (p *pages) trimmed(upTo string) {
	for len(p.kept) > 0 && !events.Later(p.kept[0].last, upTo) {
		p.kept = p.kept[1:]
	}
}

// recordedStill returns how many entries are recorded and perhaps still in the
// stream.
func (p *pages) recordedStill() (entries int64) {
	for _, page := range p.kept {
		entries += page.entries
	}
	return entries
}

// positions counts the entries of the stream that events came from.
func positions(entries []events.Entry) (n int64) {
	for i, e := range entries {
		if i == 0 || e.ID != entries[i-1].ID {
			n++
		}
	}
	return n
}

// weight returns about how many bytes entries take that may be many.
func weight(entries []events.Entry) (bytes int) {
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case events.JobEnqueued:
			bytes += len(e.Job.Args)
		case events.JobLogged:
			for _, line := range e.Lines {
				bytes += len(line.Text)
			}
		case events.JobErrors:
			for _, one := range e.Errors {
				bytes += len(one.Message)
			}
		}
	}
	return bytes
}
