package roster

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// planDrops suspends places, but holds the drops of each part of the sync that
// has unusually many, unless a person has let so many through. During a freeze
// there is nothing to ask yet.
func (p *planner) planDrops(drops []*place) {
	b := newBrake(p.sync.Brakes.Drops, sync.DefaultBrakes.Drops)
	var weighed []*place
	for _, at := range p.holdDoubtful(drops) {
		if p.frozen(at.first.term()) {
			p.suspend(at, "")
			at.judgeEnded(planned(at.name()))
			continue
		}
		b.add(at.first.groups())
		weighed = append(weighed, at)
	}
	p.countPlaces(b, len(weighed))
	b.weigh()
	holds := p.holdDrops(b)
	for i, at := range weighed {
		if h, is := holds[b.held[i]]; is {
			p.suspend(at, h.ID)
			at.judgeEnded(verdict{state: sync.Held, code: h.Code, reason: h.Message, effect: at.name()})
			continue
		}
		p.suspend(at, "")
		at.judgeEnded(planned(at.name()))
	}
}

// countPlaces counts the enrolments in force, if it matters.
func (p *planner) countPlaces(b *brake, drops int) {
	if drops == 0 {
		return
	}
	for _, at := range p.order {
		if was, ok := p.campus.Applied[at.Place]; ok && !was.Suspended {
			for _, g := range at.first.groups() {
				b.of[g]++
			}
		}
	}
}

// holdDrops notes what a brake holds, by group: nothing, if a person lets as
// much through.
func (p *planner) holdDrops(b *brake) map[group]sync.Hold {
	held, total := b.tripped(), 0
	for _, n := range held {
		total += n
	}
	if total <= p.allow {
		return nil
	}
	holds := map[group]sync.Hold{}
	for _, g := range widestFirst(held) {
		holds[g] = p.hold1(g, sync.Hold{Code: "BRAKE_DROPS", Drops: held[g], Of: b.of[g], Message: fmt.Sprintf(
			"%d of %d registrations of %s would be dropped, which is unusual: nobody was. If it is right, approve it, or run the sync with allow_drops %d.",
			held[g], b.of[g], p.called(g), total)})
	}
	return holds
}

// brakeChanges holds changes of names and e-mails where unusually many people
// would have another one.
func (p *planner) brakeChanges() {
	var changes []int // of p.accounts
	for i, e := range p.accounts {
		if e.Op == sync.UpdateUser && p.persons[e.Person].before == "" { // a person has answered for those
			changes = append(changes, i)
		}
	}
	if len(changes) == 0 {
		return
	}
	b := newBrake(p.sync.Brakes.Changes, sync.DefaultBrakes.Changes)
	in := p.memberships()
	for _, one := range p.people {
		if one.link == nil || one.gone {
			continue
		}
		for _, g := range in.groups(one.Key) {
			b.of[g]++
		}
	}
	for _, i := range changes {
		b.add(in.groups(p.accounts[i].Person))
	}
	b.weigh()
	p.holdChanges(b, changes)
}

func (p *planner) holdChanges(b *brake, changes []int) {
	held, holds := b.tripped(), map[group]sync.Hold{}
	for _, g := range widestFirst(held) {
		holds[g] = p.hold1(g, sync.Hold{Code: "BRAKE_CHANGES", Changes: held[g], Of: b.of[g], Message: fmt.Sprintf(
			"%d of %d people of %s would have another name or e-mail, which is unusual: nobody was changed. If the SIS is right, approve it.",
			held[g], b.of[g], p.called(g))})
	}
	for n, i := range changes {
		h, is := holds[b.held[n]]
		if !is {
			continue
		}
		e := &p.accounts[i]
		e.State, e.Hold = sync.EffectHeld, h.ID
		if one := p.persons[e.Person]; one.state == sync.Planned {
			one.verdict = verdict{state: sync.Held, code: h.Code, reason: h.Message, effect: e.Key}
		}
	}
}

// memberships are the sections that people are in.
type memberships map[string][]*section

func (p *planner) memberships() memberships {
	in := memberships{}
	for _, r := range p.registrations {
		if s := p.sections[r.Section]; s != nil && !r.gone {
			in[r.Person] = append(in[r.Person], s)
		}
	}
	return in
}

// groups returns the parts of the sync that a person belongs to, each once.
func (m memberships) groups(person string) []group {
	all := []group{{sync.InSync, ""}}
	for _, s := range m[person] {
		for _, g := range s.groups() {
			if !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	return all
}

// hold1 notes that a group holds something, and says so.
func (p *planner) hold1(g group, h sync.Hold) sync.Hold {
	h.ID, h.State, h.Scope = strconv.Itoa(len(p.holds)+1), sync.HoldWaits, g.scope
	switch g.scope {
	case sync.InTerm:
		h.Term = g.key
	case sync.InSchool:
		h.School = g.key
	case sync.InSection:
		h.Section, h.Term = g.key, p.sections[g.key].term()
	}
	p.holds = append(p.holds, h)
	key := g.key
	if key == "" {
		key = p.sync.Name
	}
	p.report(key, h.Code, h.Message)
	return h
}

// called is what people call a part of the sync.
func (p *planner) called(g group) string {
	switch g.scope {
	case sync.InSection:
		s := p.sections[g.key]
		return fmt.Sprintf("section %s (%s) of %s", s.Title, s.Key, p.termTitle(s.term()))
	case sync.InSchool:
		return "school " + g.key
	case sync.InTerm:
		return p.termTitle(g.key)
	}
	return "the whole sync"
}

func (p *planner) termTitle(key string) string {
	if title := p.campus.Terms[key].Title; title != "" {
		return title
	}
	return key
}

func (p *place) judgeEnded(v verdict) {
	for _, r := range p.ended {
		r.verdict = v
	}
}
