package campus

import (
	"math/rand/v2"
	"slices"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const (
	arrivesEvery = 3  // versions between two latecomers
	maxLate      = 12 // latecomers, so that the university does not grow for ever
	renamesEvery = 2
)

// change makes the next version: one student moves from one section of a term
// to another, sometimes two; one takes another name; a latecomer arrives.
func (u *university) change(version int) {
	dice := rand.New(rand.NewPCG(u.seed, uint64(version)<<16))
	for range 1 + dice.IntN(2) {
		u.move(dice)
	}
	if version%renamesEvery == 0 {
		u.rename(dice)
	}
	if version%arrivesEvery == 0 && u.latecomers < maxLate {
		u.arrive()
	}
}

// move drops a registration of a student and adds another one of the same
// term, if there is a section where the student never was.
func (u *university) move(dice *rand.Rand) {
	from := dice.IntN(len(u.Registrations))
	r := u.Registrations[from]
	if r.Role != sis.Student || r.Person == latecomer(u.latecomers) || !r.Begin.IsZero() {
		return
	}
	at := slices.IndexFunc(u.Sections, func(s sis.Section) bool { return s.Key == r.Section })
	term := at / len(subjects) * len(subjects)
	for _, pick := range dice.Perm(len(subjects)) {
		to := u.Sections[term+pick].Key
		if !u.unavailable[place{to, r.Person}] {
			u.Registrations = slices.Delete(u.Registrations, from, from+1)
			u.enrol(to, r.Person, sis.Student)
			return
		}
	}
}

// rename gives a student another family name; the account stays theirs.
func (u *university) rename(dice *rand.Rand) {
	p := &u.Persons[len(teachers)+dice.IntN(u.students)]
	p.Family = families[dice.IntN(len(families))]
}

// arrive puts the latecomer whose registrations are there already among the
// persons, and announces the next one.
func (u *university) arrive() {
	who := latecomer(u.latecomers)
	number := 9000 + u.latecomers
	name := [2]string{givens[(7*number)%len(givens)], families[(11*number)%len(families)]}
	u.Persons = append(u.Persons, student(who, number, name))
	u.latecomers++
	u.enrol(u.Sections[u.latecomers%len(u.Sections)].Key, latecomer(u.latecomers), sis.Student)
}
