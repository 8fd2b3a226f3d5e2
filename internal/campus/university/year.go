package university

import (
	"math"
	"math/rand/v2"
)

// studies are the events of a student's registrations.
func (u *University) studies(student int) (events []Event) {
	for slot, section := range u.picks(student) {
		events = append(events, u.registration(student, slot, section)...)
	}
	return events
}

// registration is what happens to one registration, in order.
func (u *University) registration(student, slot, section int) []Event {
	dice := u.dice("registration", student*mostCourses+slot)
	start := u.starts[u.termOf(section)]
	made := Event{Kind: Register, Person: student, Slot: slot, Section: section}
	day := u.signUp(dice, student)
	made.At = moment(dice, start+day)
	if chance(dice, future) {
		made.Begin = start + max(day, 0) + 7 + dice.IntN(15)
	}
	events := []Event{made}
	switch fate := dice.Float64(); {
	case fate < drops:
		events = append(events, next(dice, events, Drop, start+max(day, inFirstWeeks(dice))))
		if chance(dice, returns/drops) {
			last := events[len(events)-1]
			events = append(events, next(dice, events, Return, last.Day()+dice.IntN(10)))
		}
	case fate < drops+withdrawals:
		events = append(events, next(dice, events, Withdraw, start+max(day, addPeriod)+1+dice.IntN(60)))
	case fate < drops+withdrawals+swaps:
		if twin, ok := u.twin(section); ok {
			swap := next(dice, events, Swap, start+max(day, inFirstWeeks(dice)))
			swap.To = twin
			events = append(events, swap)
		}
	}
	return events
}

// signUp returns the day, from the start of term, that a student registers on.
func (u *University) signUp(dice *rand.Rand, student int) int {
	switch when := dice.Float64(); {
	case when < addedLate:
		return inFirstWeeks(dice)
	case when < addedLate+afterAll:
		return deadline + dice.IntN(15)
	}
	return firstWave + 7*u.dice("wave", student).IntN(waves) + int(math.Min(dice.ExpFloat64()*2, 20))
}

// inFirstWeeks rolls a day of the first weeks, and three times in four one of
// the very first.
func inFirstWeeks(dice *rand.Rand) int {
	if chance(dice, firstWeek) {
		return dice.IntN(7)
	}
	return 7 + dice.IntN(addPeriod-7)
}

// moment rolls a minute of a day between 7 and 22 o'clock.
func moment(dice *rand.Rand, day int) int { return day*minutesADay + 7*60 + dice.IntN(15*60) }

// next rolls what happens next to the same registration: on that day, and
// after what happened before.
func next(dice *rand.Rand, events []Event, kind Kind, day int) Event {
	e := events[len(events)-1]
	e.At, e.Kind, e.Begin = max(moment(dice, day), e.At+1+dice.IntN(90)), kind, 0
	return e
}

// rarely is chance for what is rare in most universities.
func (u *University) rarely(dice *rand.Rand, rate float64) bool {
	return chance(dice, rate*float64(u.Eventful))
}

// life is what happens to a person.
func (u *University) life(who int) (events []Event) {
	dice := u.dice("life", who)
	day := func() int { return moment(dice, firstWave+dice.IntN(400)) }
	if u.rarely(dice, renames) {
		e := Event{At: day(), Kind: Rename, Person: who}
		events = append(events, e)
		if chance(dice, 0.5) {
			e.At, e.Kind = e.At+dice.IntN(5*minutesADay), Remail
			events = append(events, e)
		}
	}
	if into, ok := u.merged(who); ok {
		events = append(events, Event{At: day(), Kind: Merge, Person: who, To: into})
	}
	return events
}

// merged returns the student that another one turns out to be, if any. That
// one stays who they are.
func (u *University) merged(who int) (into int, ok bool) {
	if into, ok = u.double(who); !ok {
		return 0, false
	}
	_, too := u.double(into)
	return into, !too && into != who
}

func (u *University) double(who int) (into int, ok bool) {
	dice := u.dice("double", who)
	return dice.IntN(u.Size.Students), u.isStudent(who) && u.rarely(dice, merges)
}

// history is what happens to a section.
func (u *University) history(section int) (events []Event) {
	dice := u.dice("history", section)
	start := u.starts[u.termOf(section)]
	add := func(kind Kind, day, to int) {
		events = append(events, Event{At: moment(dice, day), Kind: kind, Section: section, To: to})
	}
	if !u.Silent && u.readies(section) {
		add(Ready, start+readyDay, 0)
	}
	if u.rarely(dice, newTeacher) {
		add(ChangeTeacher, start-20+dice.IntN(60), u.teacher(dice.IntN(u.Size.Teachers)))
	}
	if u.rarely(dice, cancelled) {
		add(Cancel, start-5+dice.IntN(15), 0)
	}
	if u.rarely(dice, rekeyed) {
		add(Rekey, start-10+dice.IntN(30), 0)
	}
	return events
}
