package university

import (
	"fmt"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Person returns a person as they come to the university: students are
// numbered from 0, and teachers follow them.
func (u *University) Person(who int) sis.Person { return u.person(who, 0, 0) }

// person returns a person after so many changes of name and of e-mail.
func (u *University) person(who, names, emails int) sis.Person {
	given, family := u.named(who, names)
	_, mailed := u.named(who, emails)
	p := sis.Person{Given: given.text, Family: family.text, Enabled: true, Roles: []sis.Role{sis.Student}}
	domain := "students.example.edu"
	if u.isStudent(who) {
		p.Key, p.Username = fmt.Sprintf("%08d", 100_000+who), fmt.Sprintf("s%06d", who)
		if _, also := u.assists(who); also {
			p.Roles = append(p.Roles, sis.Teacher)
		}
	} else {
		n := who - u.Size.Students
		p.Key, p.Username, p.Roles, domain = fmt.Sprintf("E%05d", n), fmt.Sprintf("t%05d", n), []sis.Role{sis.Teacher}, "example.edu"
	}
	p.Email = fmt.Sprintf("%s.%s%d@%s", strings.ToLower(given.plain), strings.ToLower(mailed.plain), who, domain)
	return p
}

// named returns the name of a person after so many changes of it.
func (u *University) named(who, changes int) (given, family word) {
	dice := u.dice("name", who)
	s := scriptOf(dice)
	given, at := pick(dice, s.givens), dice.IntN(len(s.families))
	return given, s.families[(at+changes)%len(s.families)]
}
