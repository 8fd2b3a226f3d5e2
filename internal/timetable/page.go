package timetable

import (
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A page is what is written in one transaction.
type page struct {
	batches  map[string]*job.SlotBatch // by schedule
	plans    map[*entry]plan
	slots    int // that were decided
	intended int // of them
}

// newPage returns a page with slots that are settled.
func newPage(settled []job.Slot) *page {
	p := &page{batches: map[string]*job.SlotBatch{}, plans: map[*entry]plan{}}
	for _, slot := range settled {
		p.settle(slot)
	}
	return p
}

// settle adds a slot that is settled. Those before it were written when it was
// intended.
func (p *page) settle(slot job.Slot) {
	b := p.batch(slot.Schedule)
	b.Slots = append(b.Slots, slot)
	b.Decided = later(b.Decided, slot.Due)
}

func (p *page) batch(schedule string) *job.SlotBatch {
	if p.batches[schedule] == nil {
		p.batches[schedule] = &job.SlotBatch{Schedule: schedule}
	}
	return p.batches[schedule]
}

// add adds the plan of e. How far e has come by a slot that starts at once is
// written when that is settled: a row less to write before its job starts.
func (p *page) add(e *entry, made plan) {
	p.plans[e] = made
	if len(made.slots) == 0 {
		return
	}
	b := p.batch(e.Name)
	b.Slots = append(b.Slots, made.slots...)
	p.slots += len(made.slots)
	for _, slot := range made.slots {
		if !slot.Outcome.Final() {
			p.intended++
		}
	}
	if first := made.slots[0]; len(made.slots) > 1 || first.Outcome.Final() || first.Recovery != 0 {
		b.Decided = made.decided
	}
}

// list returns the batches in order.
func (p *page) list() []job.SlotBatch {
	all := make([]job.SlotBatch, 0, len(p.batches))
	for _, name := range slices.Sorted(maps.Keys(p.batches)) {
		all = append(all, *p.batches[name])
	}
	return all
}
