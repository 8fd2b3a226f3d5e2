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
	endings  []ending
	asking   []claimed // held, to be started
	free     int       // places in the worker where no code runs
	size     int       // all places
	more     bool      // there may be jobs to take
	claiming bool      // one lane asks for jobs at a time
	alone    bool      // a job runs that must run alone
	draining bool      // such a job waits for the worker to have no others
	poked    bool      // look whether it still does
	stopping bool      // no more jobs are taken
	timer    *time.Timer
}

func newDesk(size int) *desk {
	d := &desk{free: size, size: size, more: true}
	d.changed = sync.NewCond(&d.mu)
	return d
}

// A batch is what one turn does.
type batch struct {
	endings []ending
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
			b.claim, b.idle = d.free, d.free == d.size && len(b.asking) == 0
			d.free, d.claiming, d.poked = 0, true, false
		}
		switch {
		case b.claim > 0 || len(b.endings) > 0 || len(b.asking) > 0:
			return b, true
		case d.stopping && d.free == d.size && !d.claiming:
			return b, false
		}
		d.changed.Wait()
	}
}

// wants reports whether jobs are to be claimed now.
func (d *desk) wants() bool {
	switch {
	case !d.more || d.stopping || d.claiming || d.alone:
		return false
	case d.draining:
		return d.free == d.size || d.free > 0 && d.poked
	}
	return d.free > 0
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
func (d *desk) ended(x ending) {
	d.change(func() {
		d.endings = append(d.endings, x)
		d.vacated(1)
	})
}

// vacate gives back the places of jobs that did not start.
func (d *desk) vacate(n int) {
	if n > 0 {
		d.change(func() { d.vacated(n) })
	}
}

// vacated takes note of free places. A job that runs alone has no others
// beside it, so it is over when all are free.
func (d *desk) vacated(n int) {
	d.free += n
	d.alone = d.alone && d.free < d.size
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
		d.free += places - len(h.jobs)
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
	for !d.stopping && (d.more || d.free == 0 || d.alone) {
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
