package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const linkTypes = `section TEXT, course TEXT, shortname TEXT, how TEXT, linked BIGINT, reason TEXT, changed_at BIGINT`

var (
	linkColumns = names(linkTypes)
	writeLinks  = replacing("sis_links", "sync TEXT, "+linkTypes, "sync, section")
)

func scanLink(r row) (k sync.Link, err error) {
	var changed int64
	err = r.Scan(&k.Section, &k.Course, &k.Shortname, &k.How, &k.Linked, &k.Reason, &changed)
	k.Changed = instant(changed)
	return k, err
}

// PutSISLinks writes links, new and known.
func (l *Ledger) PutSISLinks(ctx context.Context, name string, links []sync.Link) error {
	err := l.writing(ctx, func(w writer) error { return putSISLinks(ctx, w, name, links) })
	return wrap(err, "write links of sync %s", name)
}

func putSISLinks(ctx context.Context, w writer, name string, links []sync.Link) error {
	return putAll(ctx, w, writeLinks, links, func(k sync.Link) []any {
		return []any{
			name, clean(k.Section), clean(k.Course), clean(k.Shortname), string(k.How), flag(k.Linked), prose(k.Reason), millis(k.Changed),
		}
	})
}

const personLinkTypes = `person TEXT, user_id TEXT, username TEXT, email TEXT, given TEXT, family TEXT, orientation TEXT`

var (
	personLinkColumns = names(personLinkTypes)
	writePersonLinks  = replacing("sis_person_links", "sync TEXT, "+personLinkTypes, "sync, person")
)

func scanPersonLink(r row) (k sync.PersonLink, err error) {
	err = r.Scan(&k.Person, &k.User, &k.Username, &k.Email, &k.Given, &k.Family, &k.Orientation)
	return k, err
}

func putPersonLinks(ctx context.Context, w writer, name string, links []sync.PersonLink) error {
	return putAll(ctx, w, writePersonLinks, links, func(k sync.PersonLink) []any {
		return []any{
			name, clean(k.Person), clean(k.User), clean(k.Username), clean(k.Email), clean(k.Given), clean(k.Family), string(k.Orientation),
		}
	})
}

// SISPeople returns whom accounts of the target belong to, by person.
func (l *Ledger) SISPeople(ctx context.Context, name string) (map[string]sync.PersonLink, error) {
	links, err := list(ctx, l.read, scanPersonLink, `SELECT `+personLinkColumns+` FROM sis_person_links WHERE sync = $1`, name)
	return byPerson(links), wrap(err, "read accounts of sync %s", name)
}

func byPerson(links []sync.PersonLink) map[string]sync.PersonLink {
	people := make(map[string]sync.PersonLink, len(links))
	for _, k := range links {
		people[k.Person] = k
	}
	return people
}

// SISPeopleOf is SISPeople for some people.
func (l *Ledger) SISPeopleOf(ctx context.Context, name string, people []string) (map[string]sync.PersonLink, error) {
	links := make([]sync.PersonLink, 0, len(people))
	err := inChunks(people, func(some []string) error {
		found, err := list(ctx, l.read, scanPersonLink, `SELECT `+personLinkColumns+` FROM sis_person_links
			WHERE sync = $1 AND person IN (`+numbered(2, len(some))+`)`, append([]any{name}, anys(some)...)...)
		links = append(links, found...)
		return err
	})
	return byPerson(links), wrap(err, "read accounts of sync %s", name)
}

const appliedTypes = `person TEXT, course TEXT, role TEXT, start_at BIGINT, end_at BIGINT, suspended BIGINT`

var (
	appliedColumns = names(appliedTypes)
	writeApplied   = replacing("sis_applied", "sync TEXT, "+appliedTypes, "sync, person, course, role")
)

func scanApplied(r row) (e sync.Enrolment, err error) {
	var start, end int64
	err = r.Scan(&e.Person, &e.Course, &e.Role, &start, &end, &e.Suspended)
	e.Start, e.End = instant(start), instant(end)
	return e, err
}

func putApplied(ctx context.Context, w writer, name string, enrolments []sync.Enrolment) error {
	return putAll(ctx, w, writeApplied, enrolments, func(e sync.Enrolment) []any {
		return []any{name, clean(e.Person), clean(e.Course), string(e.Role), millis(e.Start), millis(e.End), flag(e.Suspended)}
	})
}

// SISCampus returns all that a plan is made from.
func (l *Ledger) SISCampus(ctx context.Context, name string) (sync.Campus, error) {
	c := sync.Campus{Terms: map[string]sis.Term{}, Links: map[string]sync.Link{}, Applied: map[sync.Place]sync.Span{}, Unsure: map[sync.Place]bool{}}
	for _, read := range []func(context.Context, string, *sync.Campus) error{l.readRows, l.readLinks, l.readApplied, l.readOverrides, l.readAsides} {
		if err := read(ctx, name, &c); err != nil {
			return c, wrap(err, "read what sync %s knows", name)
		}
	}
	return c, nil
}

func (l *Ledger) readRows(ctx context.Context, name string, c *sync.Campus) error {
	terms, err := sisRecords(ctx, l.read, name, sis.Terms)
	if err != nil {
		return err
	}
	for _, r := range terms {
		c.Terms[r.Key] = *r.Record.Term
	}
	for stream, into := range map[sis.Stream]*[]sync.Row{sis.Persons: &c.Persons, sis.Sections: &c.Sections, sis.Registrations: &c.Registrations} {
		if *into, err = sisRecords(ctx, l.read, name, stream); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) readLinks(ctx context.Context, name string, c *sync.Campus) error {
	links, err := l.sisLinks(ctx, name)
	if err != nil {
		return err
	}
	for _, k := range links {
		c.Links[k.Section] = k
	}
	if c.People, err = l.SISPeople(ctx, name); err != nil {
		return err
	}
	choices, err := l.SISTermChoices(ctx, name)
	if err != nil {
		return err
	}
	c.Chosen = map[string]bool{}
	for _, t := range choices {
		c.Chosen[t.Term] = t.Chosen
	}
	c.Rekeys, err = l.SISRekeys(ctx, name)
	return err
}

func (l *Ledger) sisLinks(ctx context.Context, name string) ([]sync.Link, error) {
	return list(ctx, l.read, scanLink, `SELECT `+linkColumns+` FROM sis_links WHERE sync = $1`, name)
}

func (l *Ledger) readApplied(ctx context.Context, name string, c *sync.Campus) error {
	enrolments, err := list(ctx, l.read, scanApplied, `SELECT `+appliedColumns+` FROM sis_applied WHERE sync = $1`, name)
	if err != nil {
		return err
	}
	for _, e := range enrolments {
		c.Applied[e.Place] = e.Span
	}
	places, err := list(ctx, l.read, scanPlace, `SELECT DISTINCT person, course, role FROM sis_effects
		WHERE sync = $1 AND state IN ('sent', 'unknown') AND person <> '' AND course <> ''`, name)
	for _, at := range places {
		c.Unsure[at] = true
	}
	return err
}

func scanPlace(r row) (p sync.Place, err error) {
	err = r.Scan(&p.Person, &p.Course, &p.Role)
	return p, err
}
