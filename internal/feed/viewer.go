package feed

import (
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Sees reports whether a viewer may see a job.
type Sees = func(job.Job) bool

// A viewer is a filter and a place in the ring.
type viewer struct {
	feed    *Feed
	lookout job.Lookout
	sees    Sees
	after   string // go on behind this position; empty: from now on
	placed  bool   // place is known
	next    int    // number of the batch to look at next
}

// Watch adds a viewer for a person, who is told of the jobs that the lookout
// chooses and that they may see. after is the position of the last frame that
// they got before; empty, if there was none. Of a lineage whose first job is
// theirs they see all.
//
// next waits for the next frame; its error is that of its context, or [io.EOF]
// if the feed has ended. leave must be called at the end.
func (f *Feed) Watch(person string, o job.Lookout, sees Sees, after string) (next func(context.Context) (job.Frame, error), leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.viewers == nil {
		f.viewers = map[string]int{}
	}
	if f.viewers[person] >= f.PerPerson {
		return nil, nil, fault.New(fault.Unavailable, "You follow jobs in %d places already; close one of them and try again.", f.PerPerson)
	}
	f.viewers[person]++
	f.total++
	f.wake()
	v := &viewer{feed: f, lookout: o, sees: sees, after: after}
	return v.wait, sync.OnceFunc(func() { f.leave(person) }), nil
}

func (f *Feed) leave(person string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total--
	if f.viewers[person]--; f.viewers[person] == 0 {
		delete(f.viewers, person)
	}
}

// Viewers returns how many there are.
func (f *Feed) Viewers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.total
}

func (f *Feed) watched() bool { return f.Viewers() > 0 }

// wake has everybody look.
func (f *Feed) wake() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// change returns what is closed when there is something new to look at.
func (f *Feed) change() <-chan struct{} {
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

// open begins a new ring behind a position, with what has happened since: a
// viewer who goes on where they were must find both.
func (f *Feed) open(from string, changes []change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring.reset(from)
	if len(changes) > 0 {
		f.ring.add(batch{f.after, changes})
	}
	f.reading = true
	f.wake()
}

// pause says that nobody reads for the ring any more.
func (f *Feed) pause() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading = false
}

func (f *Feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.wake()
}

// tell adds a batch, and reports whether there is anything in it.
func (f *Feed) tell(changes []change) bool {
	if len(changes) == 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring.add(batch{f.after, changes})
	f.wake()
	return true
}

// wait returns the next frame.
func (v *viewer) wait(ctx context.Context) (job.Frame, error) {
	for {
		found, changed, err := v.look()
		if err != nil {
			return job.Frame{}, err
		}
		if frame, ok := found.frame(v); ok {
			return frame, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return job.Frame{}, ctx.Err()
		}
	}
}

// A sight is what a viewer finds in the ring.
type sight struct {
	kind     string // empty: nothing
	position string
	batches  []batch
}

// look moves a viewer to the end of the ring. changed is closed when there is
// more.
func (v *viewer) look() (s sight, changed <-chan struct{}, err error) {
	f := v.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return s, nil, io.EOF
	}
	if !f.reading {
		return s, f.change(), nil
	}
	s.position = f.ring.position()
	if !v.placed {
		s.kind = v.place(&f.ring)
	}
	switch {
	case s.kind != "":
	case v.next < f.ring.first:
		v.next, s.kind = f.ring.end(), job.FrameReset
	case v.next < f.ring.end():
		s.kind, s.batches = job.FrameJobs, f.ring.since(v.next)
		v.next = f.ring.end()
	}
	return s, f.change(), nil
}

// place finds where a viewer begins, and what to tell first.
func (v *viewer) place(r *ring) (kind string) {
	v.placed, v.next = true, r.end()
	if v.after == "" {
		return job.FrameReady
	}
	next, ok := r.find(v.after)
	if !ok {
		return job.FrameReset
	}
	v.next = next
	return ""
}

// frame puts what v may see of it into a frame; false: nothing.
func (s sight) frame(v *viewer) (job.Frame, bool) {
	switch s.kind {
	case job.FrameReady:
		return job.Frame{Position: s.position, Kind: s.kind, Data: json.RawMessage("{}")}, true
	case job.FrameReset:
		return job.Frame{Position: s.position, Kind: s.kind, Data: json.RawMessage(`{"reason":"Some changes cannot be told any more: read again."}`)}, true
	}
	chosen, sum := v.choose(s.batches)
	if len(chosen) == 0 {
		return job.Frame{}, false
	}
	return job.Frame{Position: s.position, Kind: s.kind, Data: encode(chosen, sum)}, true
}

// choose returns the last change of each job that v is told of, and what all
// of them come to.
func (v *viewer) choose(batches []batch) (chosen []*change, sum counts) {
	var places map[string]int
	if len(batches) > 1 {
		places = map[string]int{}
	}
	for _, b := range batches {
		for i := range b.changes {
			c := &b.changes[i]
			if !v.lookout.Fits(&c.live) || !v.maySee(c) {
				continue
			}
			sum.add(&c.live)
			if at, ok := places[c.live.ID]; ok {
				chosen[at] = c
				continue
			}
			if len(batches) > 1 {
				places[c.live.ID] = len(chosen)
			}
			chosen = append(chosen, c)
		}
	}
	return chosen, sum
}

func (v *viewer) maySee(c *change) bool {
	j := job.Job{ID: c.live.ID, Task: c.live.Task, Client: c.live.Client, Owner: c.live.Owner, Root: c.live.Root}
	if v.sees(j) {
		return true
	}
	j.Owner = c.starter
	return c.starter != "" && v.sees(j)
}
