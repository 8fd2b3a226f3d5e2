package imsenterprise

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// A pull is one stream of a file on its way to emit.
type pull struct {
	emit   func(sis.Record) error
	name   string // of the file
	book   *book
	result sis.Result
}

// visitors are what each stream looks at.
func (p *pull) visitors() map[sis.Stream]visitor {
	return map[sis.Stream]visitor{
		sis.Terms:         {group: p.term},
		sis.Persons:       {person: p.person},
		sis.Sections:      {group: p.section},
		sis.Registrations: {member: p.member},
	}
}

// A reading is a record while it is being understood.
type reading struct {
	fields.Record
	key, where string
}

// reading is about the texts of an element by their names, and where it is.
func (p *pull) reading(line int, key string, texts map[string]string) *reading {
	r := &reading{key: key, where: fmt.Sprintf("%s:%d", p.name, line)}
	r.Text = func(name string) string { return texts[name] }
	return r
}

// send emits a record, or what is wrong with it.
func (p *pull) send(r *reading, got sis.Record) error {
	if got.Deleted && r.key != "" && r.Problem != nil && fields.Forgives(r.Problem) {
		r.Problem = nil
	}
	got.Key, got.Where, got.Warning = r.key, r.where, r.Warning()
	p.result.Rows++
	if r.Problem != nil {
		p.result.Problems++
		got = sis.Record{Key: r.key, Where: r.where, Problem: r.Problem}
	}
	return p.emit(got)
}

// isGone reads a recstatus: 1 and 2 are there, 3 is not.
func (r *reading) isGone() bool {
	status := r.Optional("recstatus")
	switch status {
	case "", "1", "2", "3":
	default:
		r.Fail("BAD_ENUM", "recstatus is none of 1, 2, 3.")
	}
	return status == "3"
}

// period reads a timeframe. Its end is the last day.
func (r *reading) period() (begin, end sis.Date) {
	begin, end = r.Date("begin"), fields.After(r.Date("end"))
	r.Period(begin, end)
	return begin, end
}

func (p *pull) term(line int, g *group) error {
	if p.book.kind(g) != isTerm {
		return nil
	}
	r := p.reading(line, keyOf(g.IDs), map[string]string{
		"recstatus": g.RecStatus, "id": keyOf(g.IDs), "description": cmp.Or(clean(g.Long), clean(g.Full), clean(g.Short)),
		"begin": g.Time.Begin.Text, "end": g.Time.End.Text,
	})
	t := &sis.Term{Key: r.Required("id"), Title: r.Required("description"), Kind: "term"}
	r.Required("begin")
	r.Required("end")
	t.Start, t.End = r.period()
	return p.send(r, sis.Record{Deleted: r.isGone(), Term: t})
}

// orgTerms emits the terms that organisations are where no group is a term.
func (p *pull) orgTerms() error {
	if len(p.book.terms) > 0 {
		return nil
	}
	for _, org := range slices.Sorted(maps.Keys(p.book.orgs)) {
		span := p.book.orgs[org]
		r := p.reading(1, org, map[string]string{"begin": span.begin.String(), "end": span.end.String(), "org": org})
		t := &sis.Term{Key: r.Required("org"), Title: org, Kind: "term"}
		r.Required("begin")
		r.Required("end")
		t.Start, t.End = r.period()
		if err := p.send(r, sis.Record{Term: t}); err != nil {
			return err
		}
	}
	return nil
}

func (p *pull) person(line int, who *person) error {
	key := keyOf(who.IDs)
	r := p.reading(line, key, map[string]string{
		"recstatus": who.RecStatus, "id": key, "userid": who.username(), "given": who.Given, "family": who.Family, "email": who.Email,
	})
	roles := p.book.roles[p.book.digest(key)]
	for _, at := range who.Roles {
		roles |= setOf(institutionRoles[strings.ToLower(clean(at.Type))])
	}
	return p.send(r, sis.Record{Deleted: r.isGone(), Person: &sis.Person{
		Key: r.Required("id"), Username: r.Required("userid"), Email: r.Email("email"),
		Given: r.Required("given"), Family: r.Required("family"), Roles: roles.roles(), Enabled: true,
	}})
}

// What people are at the institution. Other roles are not synced.
var institutionRoles = map[string]sis.Role{
	"student": sis.Student, "learner": sis.Student, "faculty": sis.Teacher, "instructor": sis.Teacher,
}

func (p *pull) section(line int, g *group) error {
	if p.book.kind(g) != isSection {
		return nil
	}
	key := keyOf(g.IDs)
	r := p.reading(line, key, map[string]string{
		"recstatus": g.RecStatus, "id": key, "term": p.book.termOf(g), "short": g.Short, "long": g.Long,
		"description": cmp.Or(clean(g.Full), clean(g.Long), clean(g.Short)), "orgname": g.Org.Name, "deliverysystem": g.DeliverySystem,
	})
	s := &sis.Section{
		Key: r.Required("id"), Title: r.Required("description"), Code: r.Optional("short"), Course: p.book.courses[g.related("Course")],
		School: r.Optional("orgname"), Provider: r.Optional("deliverysystem"), CrossList: p.book.inList[key],
	}
	if g.isLuminis() {
		s.Code = r.Optional("long")
	}
	if term := r.Required("term"); term != "" {
		s.Terms = []string{term}
	}
	return p.send(r, sis.Record{Deleted: r.isGone(), Section: s})
}

// member emits a registration for each role of a person in a group.
func (p *pull) member(line int, in string, m *member) error {
	if m.isGroup() {
		return nil
	}
	roles := m.Roles
	if len(roles) == 0 {
		roles = []role{{}} // which lacks its type
	}
	for _, at := range roles {
		if err := p.registration(line, in, keyOf(m.IDs), at); err != nil {
			return err
		}
	}
	return nil
}

func (p *pull) registration(line int, in, who string, at role) error {
	r := p.reading(line, "", map[string]string{
		"recstatus": at.RecStatus, "group": in, "member": who, "roletype": at.Type, "status": at.Status,
		"begin": at.Time.Begin.restricting(), "end": at.Time.End.restricting(),
	})
	g := &sis.Registration{Section: r.Required("group"), Person: r.Required("member"), Role: r.role()}
	g.Begin, g.End = r.period()
	g.Key = g.Section + "/" + g.Person + "/" + cmp.Or(string(g.Role), plainType(at.Type))
	if g.Section != "" && g.Person != "" {
		r.key = g.Key
	}
	gone, inactive := r.isGone(), r.isInactive()
	return p.send(r, sis.Record{Deleted: gone || inactive, Registration: g})
}

// isInactive reads the status of a role: 1 is active, and so is none.
func (r *reading) isInactive() bool {
	status := strings.ToLower(r.Optional("status"))
	switch status {
	case "", "1", "0":
	case "active", "inactive":
		r.Warn("status is a word; it should be 1 or 0.")
	default:
		r.Fail("BAD_ENUM", "status is neither 1 nor 0.")
	}
	return status == "0" || status == "inactive"
}

// What the types of roles mean, as numbers and as words.
var roleTypes = map[string]sis.Role{
	"1": sis.Student, "learner": sis.Student, "student": sis.Student,
	"2": sis.Teacher, "instructor": sis.Teacher,
	"8": sis.Assistant, "teachingassistant": sis.Assistant,
}

// The types of roles that are not synced.
var otherTypes = []string{
	"3", "contentdeveloper", "4", "member", "5", "manager", "6", "mentor", "7", "administrator",
}

// plainType returns a type of role without leading zeros, blanks and letter
// case.
func plainType(text string) string {
	return strings.TrimLeft(strings.ToLower(strings.ReplaceAll(text, " ", "")), "0")
}

func (r *reading) role() sis.Role {
	if r.Required("roletype") == "" {
		return ""
	}
	name := plainType(r.Optional("roletype"))
	role, ok := roleTypes[name]
	switch {
	case ok:
	case slices.Contains(otherTypes, name):
		r.Fail("ROLE_UNMAPPED", "The role in the group is none of student, teacher and assistant; others are not synced.")
	default:
		r.Fail("BAD_ENUM", "roletype is none of 01 to 08.")
	}
	return role
}
