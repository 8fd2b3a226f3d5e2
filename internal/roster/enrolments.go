package roster

import (
	"github.com/beadle-jobs/beadle/internal/sync"
)

// planEnrolments plans what differs between the places that registrations ask
// for and what was last written. A place that nobody asks for any more is
// suspended, never taken away.
func (p *planner) planEnrolments() {
	var drops []*place
	for _, at := range p.order {
		switch {
		case at.want != nil && !at.person.hasAccount():
			at.wait()
		case at.want != nil:
			p.enrol(at)
		case at.active == 0 && len(at.ended) > 0:
			if p.dropped(at) {
				drops = append(drops, at)
			}
		}
		at.settleEnded()
	}
	p.planDrops(drops)
}

// wait makes registrations wait for their person's account.
func (p *place) wait() {
	for _, r := range p.asking {
		r.verdict = waiting(p.person.code, "The person has no account: "+p.person.reason)
	}
	p.want = nil
}

func (p *planner) enrol(at *place) {
	was, before := p.campus.Applied[at.Place]
	verdict := applied
	if !before || !was.Equal(*at.want) || p.campus.Unsure[at.Place] {
		op := sync.Enrol
		if before {
			op = sync.UpdateEnrolment
		}
		p.enrolment(op, at, *at.want)
		verdict = planned(at.name())
		if at.want.Start.After(p.today) {
			p.future++
		}
	}
	for _, r := range at.asking {
		r.verdict = verdict
	}
}

// settleEnded judges registrations that ended while others for the same place
// go on.
func (p *place) settleEnded() {
	if p.active == 0 {
		return
	}
	for _, r := range p.ended {
		r.verdict = verdict{state: sync.Applied, reason: "The person stays in the course by another registration."}
	}
}

// dropped reports whether a place that nobody asks for is still to be
// suspended, and judges its registrations if not.
func (p *planner) dropped(at *place) bool {
	was, before := p.campus.Applied[at.Place]
	if p.campus.Unsure[at.Place] || (before && !was.Suspended) {
		return true
	}
	for _, r := range at.ended {
		if before {
			r.verdict = applied
		}
	}
	return false
}

func (p *planner) suspend(at *place, state sync.EffectState) {
	span, before := p.campus.Applied[at.Place]
	if !before {
		span = p.span(at.ended[0].Registration, at.first)
	}
	span.Suspended = true
	p.enrolment(sync.Suspend, at, span)
	p.enrolments[len(p.enrolments)-1].State = state
}

func (p *planner) enrolment(op sync.EffectOp, at *place, after sync.Span) {
	e := sync.Effect{
		Op: op, Key: at.name(), Person: at.Person, Section: at.first.Key, Course: at.Course, Role: at.Role, After: asJSON(after),
	}
	if was, before := p.campus.Applied[at.Place]; before {
		e.Before = asJSON(was)
	}
	p.enrolments = append(p.enrolments, e)
}
