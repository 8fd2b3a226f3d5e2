package engine

import (
	"slices"
	"sync"
	"time"
)

// atOnce bounds what one turn carries.
const atOnce = 128

// A desk is where a worker's lanes find out what there is to do next: attempts
// to record, jobs to start, and free places to claim jobs for.
type desk struct {
	mu       sync.Mutex
	changed  *sync.Cond
	endings  []*ending
	asking   []claimed     // held, to be started
	size     int           // places: jobs whose code runs at a time
	taken    int           // jobs in hand or asked for, until their code has returned
	pace     time.Duration // how long the latest jobs took
	more     bool          // there may be jobs to take
	claiming bool          // one lane asks for jobs at a time
	alone    bool          // a job runs that must run alone
	draining bool          // such a job waits for the worker to have no others
	poked    bool          // look whether it still does
	quiet    bool          // people want no more jobs taken for now
	stopping bool          // no more jobs are taken
	timer    *time.Timer
}

// Jobs that are over at once are taken ahead, so that one turn brings more of
// them than there are places: as many as will all have begun within aheadTime,
// going by how long the latest took, and at most maxAhead for each place.
const (
	aheadTime = 5 * time.Millisecond
	maxAhead  = 3
	slowPace  = time.Second // of which nothing is taken ahead; where a worker begins
)

func newDesk(size int) *desk {
	d := &desk{size: size, pace: slowPace, more: true}
	d.changed = sync.NewCond(&d.mu)
	return d
}

// A batch is what one turn does.
type batch struct {
	endings []*ending
	asking  []claimed
	claim   int  // places for which jobs are asked
	idle    bool // the worker has no job in hand
}

// next waits until there is something to do. It reports false when there will
// be nothing any more.
func (d *desk) next() (b batch, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		b.endings, d.endings = cut(d.endings)
		b.asking, d.asking = cut(d.asking)
		if d.wants() {
			b.claim, b.idle = d.room(), d.taken == 0 && len(b.asking) == 0
			d.taken += b.claim
			d.claiming, d.poked = true, false
		}
		switch {
		case b.claim > 0 || len(b.endings) > 0 || len(b.asking) > 0:
			return b, true
		case d.stopping && d.taken == 0 && !d.claiming:
			return b, false
		}
		d.changed.Wait()
	}
}

// room is how many more jobs may be taken.
func (d *desk) room() int {
	return d.size + min(maxAhead*d.size, int(aheadTime*time.Duration(d.size)/d.pace)) - d.taken
}

// wants reports whether jobs are to be claimed now.
func (d *desk) wants() bool {
	switch {
	case !d.more || d.stopping || d.quiet || d.claiming || d.alone:
		return false
	case d.draining:
		return d.taken == 0 || d.room() > 0 && d.poked
	}
	return d.room() > 0
}

func cut[T any](all []T) (now, later []T) {
	if len(all) > atOnce {
		return all[:atOnce:atOnce], all[atOnce:]
	}
	return all, nil
}

// change lets f change the desk, and tells those who wait.
func (d *desk) change(f func()) {
	d.mu.Lock()
	f()
	d.mu.Unlock()
	d.changed.Broadcast()
}

// look has the worker look for jobs.
func (d *desk) look() { d.change(func() { d.more = true }) }

// ended takes an attempt that is to be recorded. Its code has returned, so its
// place is free.
func (d *desk) ended(x *ending) {
	d.change(func() {
		d.endings = append(d.endings, x)
		if x.took > 0 {
			d.pace = max((7*d.pace+x.took)/8, time.Microsecond)
		}
		d.vacated(1)
	})
}

// slow takes no more jobs ahead until it has been seen again that they are over
// at once.
func (d *desk) slow() { d.change(func() { d.pace = slowPace }) }

// vacate gives back the places of jobs that did not start.
func (d *desk) vacate(n int) {
	if n > 0 {
		d.change(func() { d.vacated(n) })
	}
}

// vacated takes note of free places. A job that runs alone has no others
// beside it, so it is over when all are free.
func (d *desk) vacated(n int) {
	d.taken -= n
	d.alone = d.alone && d.taken > 0
}

// poke has a worker that takes no jobs for the sake of one look whether that is
// still waiting.
func (d *desk) poke() {
	d.change(func() { d.poked = d.draining })
}

// claimed takes note of what a claim for that many places brought.
func (d *desk) claimed(places int, h haul) {
	d.change(func() {
		d.claiming = false
		d.taken -= places - len(h.jobs)
		d.more, d.draining = h.more || h.suspect, h.suspect
		for _, c := range h.jobs {
			d.alone = d.alone || c.alone
		}
		d.awake(h.due)
	})
}

// awake looks for jobs again when the next one is due.
func (d *desk) awake(due time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	if !due.IsZero() && !d.more {
		d.timer = time.AfterFunc(time.Until(due), d.look)
	}
}

// idle waits until the worker has looked everywhere and could take jobs. It
// reports false when it stops.
func (d *desk) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.stopping && (d.quiet || d.more || d.room() <= 0 || d.alone) {
		d.changed.Wait()
	}
	return !d.stopping
}

// knows reports whether a job is about to be started.
func (d *desk) knows(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.asking, func(c claimed) bool { return c.ID == id })
}

// close has the worker take no more jobs.
func (d *desk) close() {
	d.change(func() {
		d.stopping = true
		if d.timer != nil {
			d.timer.Stop()
		}
	})
}
