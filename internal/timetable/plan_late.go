package timetable

import (
	"cmp"
	"math"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Unless the schedule says otherwise.
const (
	defaultCatchUpWithin = 24 * time.Hour
	defaultCatchUpMost   = 100
)

// A backlog is the intended slots of a plan. Catching up and the number of
// runs limit how many there are, and the oldest give way.
type backlog struct {
	kept   []int // their places in the plan; late ones come before the others
	timely int   // those that are not late
	most   int   // late ones
	alone  bool  // a late one only if there is no other
	room   int   // for all
	since  time.Time
}

func newBacklog(s job.Schedule, v view) *backlog {
	b := &backlog{most: catchUpMost(s), alone: s.CatchUp != job.CatchUpAll, room: math.MaxInt, since: v.since}
	if s.MaxRuns > 0 {
		b.room = max(s.MaxRuns-int(s.Runs)-len(v.waiting)-v.promised, 0)
	}
	return b
}

func catchUpMost(s job.Schedule) int {
	switch s.CatchUp {
	case job.CatchUpNone:
		return 0
	case job.CatchUpAll:
		return min(cmp.Or(s.CatchUpMost, defaultCatchUpMost), planAtMost/2)
	}
	return 1
}

func catchUpWithin(s job.Schedule) time.Duration {
	return cmp.Or(time.Duration(s.CatchUpWithin), defaultCatchUpWithin)
}

// add takes in the newest slot of p.
func (b *backlog) add(p *plan, due Due) {
	slot := p.slots[len(p.slots)-1]
	if slot.Outcome != job.SlotIntended {
		return
	}
	b.kept = append(b.kept, len(p.slots)-1)
	if slot.Decided.Sub(due.Start) <= onTime {
		b.timely++
	}
	for b.tooMany() {
		b.giveUp(p)
	}
}

func (b *backlog) tooMany() bool {
	late := len(b.kept) - b.timely
	return late > b.most || late > 0 && b.timely > 0 && b.alone || len(b.kept) > b.room
}

// giveUp lets the oldest be missed.
func (b *backlog) giveUp(p *plan) {
	slot := &p.slots[b.kept[0]]
	slot.Outcome, slot.JobID, slot.Recovery, slot.Reason = job.SlotMissed, "", 0, unseen(*slot, b.since)
	b.timely = min(b.timely, len(b.kept)-1)
	b.kept = b.kept[1:]
}

// part makes p end before the slots that later ones, which are left for
// another plan, may take the place of. If that would leave little, those are
// given up.
func (b *backlog) part(p *plan) {
	if len(b.kept) > 0 && b.kept[0] >= planAtMost/2 {
		p.slots = p.slots[:b.kept[0]]
		b.kept = nil
	}
	for len(b.kept) > 0 {
		b.giveUp(p)
	}
}

// end makes p end with the last run that the schedule may have.
func (b *backlog) end(p *plan) {
	if len(b.kept) > 0 && len(b.kept) == b.room {
		p.slots, p.next = p.slots[:b.kept[len(b.kept)-1]+1], Due{}
	}
}
