package roster

import (
	"cmp"
	"slices"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// planEnrolments plans what differs between the places that registrations ask
// for and what was last written. A place that nobody asks for any more is
// suspended, never taken away; of an account that stays in the course, the role
// is.
func (p *planner) planEnrolments() {
	taken, declined := p.seats(), map[seat]bool{}
	for _, at := range p.order {
		switch {
		case at.want != nil && !at.person.hasAccount():
			at.wait()
		case at.want != nil && !p.enrol(at):
			declined[at.seat()] = true
		}
		at.settleEnded()
	}
	var drops []*place
	for _, at := range p.order {
		if at.want != nil || at.active > 0 || len(at.ended) == 0 {
			continue
		}
		by, is := taken[at.seat()]
		switch {
		case declined[at.seat()]:
			at.judgeEnded(stays)
		case is && p.outgrown(at, by), !is && p.dropped(at):
			drops = append(drops, at)
		}
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

// A sitting is what a seat is asked for: from when to when, and in which roles.
type sitting struct {
	span  *sync.Span
	roles [len(roles)]bool
}

// roles are those that people are enrolled in.
var roles = [...]sis.Role{sis.Student, sis.Teacher, sis.Assistant}

func (s *sitting) role(r sis.Role) *bool { return &s.roles[slices.Index(roles[:], r)] }

// seats returns the seats that are asked for, and makes all places of a seat
// want the same span.
func (p *planner) seats() map[seat]sitting {
	taken := map[seat]sitting{}
	for _, at := range p.order {
		if at.want == nil || !at.person.hasAccount() {
			continue
		}
		by, shared := taken[at.seat()]
		if shared {
			widen(by.span, *at.want)
			at.want = by.span
		}
		by.span = at.want
		*by.role(at.Role) = true
		taken[at.seat()] = by
	}
	return taken
}

// outgrown reports whether the role of a place is still to be taken away from an
// account that stays in the course, and judges its registrations if not. A role
// that was suspended with its place, and would come back with it, is no drop.
func (p *planner) outgrown(at *place, by sitting) bool {
	was, before := p.campus.Applied[at.Place]
	_, can := p.target.(sis.Remover)
	if !can || *by.role(at.Role) || (!before && !p.campus.Unsure[at.Place]) {
		at.judgeEnded(stays)
		return false
	}
	if no, is := p.unwanted(sync.RemoveRole, at.Key(), nothing); is {
		at.judgeEnded(no)
		return false
	}
	at.stays = true
	if was.Suspended {
		p.suspend(at, "")
		at.judgeEnded(planned(at.name()))
		return false
	}
	return true
}

// stays is the verdict on a registration that ended and whose account stays in
// the course.
var stays = verdict{
	state:  sync.Applied,
	reason: "The account stays in the course, in another role or for another person's registration. If the LMS keeps this role too, and that is wrong, take it away there.",
}

// wait makes registrations wait for their person's account.
func (p *place) wait() {
	for _, r := range p.asking {
		r.verdict = waiting(p.person.code, "The person has no account: "+p.person.reason)
	}
	p.want = nil
}

// enrol plans that a place is as it is asked for, and reports whether somebody
// is to sit there.
func (p *planner) enrol(at *place) bool {
	was, before := p.campus.Applied[at.Place]
	verdict := applied
	differs := !before || !was.Equal(*at.want) || p.campus.Unsure[at.Place]
	if differs {
		if no, is := p.unwantedPlace(at, *at.want); is {
			at.judgeAsking(no)
			return before
		}
		op := sync.Enrol
		if before {
			op = sync.UpdateEnrolment
		}
		verdict = planned(p.enrolment(op, at, *at.want))
		if at.want.Start.After(p.today) {
			p.future++
		}
	} else {
		p.settled(at)
	}
	at.judgeAsking(verdict)
	return true
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

// suspend plans the end of a place, or of its role; the hold that holds it, if
// any, is named.
func (p *planner) suspend(at *place, hold string) {
	if at.stays {
		p.enrolment(sync.RemoveRole, at, nothing)
	} else {
		p.enrolment(sync.Suspend, at, p.ending(at))
	}
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

// enrolment plans a change of a place, and returns the key of the effect.
func (p *planner) enrolment(op sync.EffectOp, at *place, after any) string {
	e := sync.Effect{
		Op: op, Key: at.name(), Person: at.Person, Section: at.first.Key, Course: at.Course, Role: at.Role, After: p.shown(after),
	}
	if was, before := p.campus.Applied[at.Place]; before {
		e.Before = p.shown(was)
	}
	p.enrolments = append(p.enrolments, e)
	return e.Key
}
