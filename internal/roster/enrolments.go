package roster

import (
	"cmp"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// planEnrolments plans what differs between the places that registrations ask
// for and what was last written. A place that nobody asks for any more is
// suspended, never taken away.
func (p *planner) planEnrolments() {
	var drops []*place
	taken := p.seats()
	for _, at := range p.order {
		switch {
		case at.want != nil && !at.person.hasAccount():
			at.wait()
		case at.want != nil:
			p.enrol(at)
		case at.active == 0 && len(at.ended) > 0 && taken[at.seat()] != nil:
			at.judgeEnded(stays)
		case at.active == 0 && len(at.ended) > 0:
			if p.dropped(at) {
				drops = append(drops, at)
			}
		}
		at.settleEnded()
	}
	p.planDrops(drops)
}

// A seat is where an account sits in a course: the target keeps one enrolment
// for it, with one span, whatever its roles there, and whosever they are.
type seat struct{ account, course string }

func (p *place) seat() seat {
	s := seat{"of person " + p.Person, cmp.Or(p.Course, "of section "+p.section)}
	if p.person != nil && p.person.link != nil {
		s.account = p.person.link.User
	}
	return s
}

// seats returns the seats that are asked for, and makes all places of a seat
// want the same span.
func (p *planner) seats() map[seat]*sync.Span {
	taken := map[seat]*sync.Span{}
	for _, at := range p.order {
		if at.want == nil {
			continue
		}
		if span := taken[at.seat()]; span != nil {
			widen(span, *at.want)
			at.want = span
		}
		taken[at.seat()] = at.want
	}
	return taken
}

// stays is the verdict on a registration that ended and whose account stays in
// the course.
var stays = verdict{
	state:  sync.Applied,
	reason: "The account stays in the course, in another role or for another person's registration. The LMS keeps this role too: take it away there if it is wrong.",
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
	differs := !before || !was.Equal(*at.want) || p.campus.Unsure[at.Place]
	if differs {
		if no, is := p.unwantedPlace(at, *at.want); is {
			at.judgeAsking(no)
			return
		}
		op := sync.Enrol
		if before {
			op = sync.UpdateEnrolment
		}
		p.enrolment(op, at, *at.want)
		verdict = planned(at.name())
		if at.want.Start.After(p.today) {
			p.future++
		}
	} else {
		p.settled(at)
	}
	at.judgeAsking(verdict)
}

func (p *place) judgeAsking(v verdict) {
	for _, r := range p.asking {
		r.verdict = v
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
		no, unwanted := p.unwantedPlace(at, p.ending(at))
		if unwanted {
			at.judgeEnded(no)
		}
		return !unwanted
	}
	p.settled(at)
	for _, r := range at.ended {
		if before {
			r.verdict = applied
		}
	}
	return false
}

// suspend plans the end of a place; the hold that holds it, if any, is named.
func (p *planner) suspend(at *place, hold string) {
	p.enrolment(sync.Suspend, at, p.ending(at))
	e := &p.enrolments[len(p.enrolments)-1]
	if e.Hold = hold; hold != "" {
		e.State = sync.EffectHeld
	}
}

// ending is what becomes of a place that nobody asks for any more.
func (p *planner) ending(at *place) sync.Span {
	span, before := p.campus.Applied[at.Place]
	if !before {
		span = p.span(*at.ended[0].Registration, at.first)
	}
	span.Suspended = true
	return span
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
