package roster

import (
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// A brake counts, for one term, the enrolments in force and how many of them
// are about to be dropped.
type brake struct {
	drops, of int
}

// tripped reports whether so many drops are unusual: more than one in twenty,
// and more than ten.
func (b brake) tripped() bool { return b.drops > 10 && b.drops*20 > b.of }

// planDrops suspends places, but holds the drops of each term that has
// unusually many, unless a person has let so many through.
func (p *planner) planDrops(drops []*place) {
	drops = p.holdDoubtful(drops)
	terms := p.brakes(drops)
	total := 0
	for _, b := range terms {
		if b.tripped() {
			total += b.drops
		}
	}
	why := map[string]string{} // by term
	for _, at := range drops {
		term := at.first.term()
		if b := terms[term]; b.tripped() && total > p.allow {
			if why[term] == "" {
				why[term] = p.holdDrops(term, b, total)
			}
			p.suspend(at, sync.EffectHeld)
			at.judgeEnded(held("BRAKE_DROPS", why[term]))
			continue
		}
		p.suspend(at, sync.EffectPlanned)
		at.judgeEnded(planned(at.name()))
	}
}

func (p *planner) brakes(drops []*place) map[string]brake {
	terms := map[string]brake{}
	for _, at := range p.order {
		if was, ok := p.campus.Applied[at.Place]; ok && !was.Suspended {
			b := terms[at.first.term()]
			b.of++
			terms[at.first.term()] = b
		}
	}
	for _, at := range drops {
		b := terms[at.first.term()]
		b.drops++
		terms[at.first.term()] = b
	}
	return terms
}

// holdDrops notes that the drops of a term are held, and returns why.
func (p *planner) holdDrops(term string, b brake, total int) string {
	title := p.campus.Terms[term].Title
	if title == "" {
		title = term
	}
	h := sync.Hold{Code: "BRAKE_DROPS", Term: term, Drops: b.drops, Of: b.of, Message: fmt.Sprintf(
		"%d of %d registrations of %s would be dropped, which is unusual: nobody was. If it is right, run the sync with allow_drops %d.",
		b.drops, b.of, title, total)}
	p.holds = append(p.holds, h)
	p.report(term, h.Code, h.Message)
	return h.Message
}

func (p *place) judgeEnded(v verdict) {
	for _, r := range p.ended {
		r.verdict = v
	}
}
