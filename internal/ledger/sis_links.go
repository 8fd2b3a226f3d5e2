package ledger

import (
	"context"

	"golang.org/x/sync/errgroup"

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
	deleteApplied  = joining("sync TEXT, person TEXT, course TEXT, role TEXT", `DELETE FROM sis_applied WHERE (sync, person, course, role) IN (
		SELECT r.sync, r.person, r.course, r.role FROM rows AS r)`)
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
	return l.campus(ctx, name, l.readRegistrations, l.readTerms, l.readPersons, l.readSections, l.readLinks, l.readApplied, l.readGroups, l.readOverrides, l.readAsides)
}

// SISSectionLinks returns what is needed to link sections to courses: the terms,
// the sections and their links. Nothing is in it about people.
func (l *Ledger) SISSectionLinks(ctx context.Context, name string) (sync.Campus, error) {
	return l.campus(ctx, name, l.readTerms, l.readSections, l.readSectionLinks)
}

// SISStaff returns what is needed to bring the accounts of people in order,
// without what they are registered in.
func (l *Ledger) SISStaff(ctx context.Context, name string) (sync.Campus, error) {
	return l.campus(ctx, name, l.readPersons, l.readLinks, l.readOverrides, l.readAsides)
}

// campus reads parts of a campus, two at a time: each fills fields of its own.
func (l *Ledger) campus(ctx context.Context, name string, parts ...func(context.Context, string, *sync.Campus) error) (c sync.Campus, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for _, read := range parts {
		g.Go(func() error { return read(ctx, name, &c) })
	}
	err = g.Wait()
	return c, wrap(err, "read what sync %s knows", name)
}

func (l *Ledger) readTerms(ctx context.Context, name string, c *sync.Campus) error {
	terms, err := knownOf(ctx, l.read, scanTerm, sis.Terms, name, "")
	if err != nil {
		return err
	}
	c.Terms = make(map[string]sis.Term, len(terms))
	for _, r := range terms {
		c.Terms[r.Key] = r.Record
	}
	choices, err := l.SISTermChoices(ctx, name)
	c.Chosen = make(map[string]bool, len(choices))
	for _, t := range choices {
		c.Chosen[t.Term] = t.Chosen
	}
	return err
}

func (l *Ledger) readPersons(ctx context.Context, name string, c *sync.Campus) (err error) {
	c.Persons, err = knownOf(ctx, l.read, scanPerson, sis.Persons, name, "")
	return err
}

func (l *Ledger) readSections(ctx context.Context, name string, c *sync.Campus) (err error) {
	c.Sections, err = knownOf(ctx, l.read, scanSection, sis.Sections, name, "")
	return err
}

func (l *Ledger) readRegistrations(ctx context.Context, name string, c *sync.Campus) (err error) {
	c.Registrations, err = knownOf(ctx, l.read, scanRegistration, sis.Registrations, name, "")
	return err
}

func (l *Ledger) readSectionLinks(ctx context.Context, name string, c *sync.Campus) error {
	links, err := l.sisLinks(ctx, name)
	c.Links = make(map[string]sync.Link, len(links))
	for _, k := range links {
		c.Links[k.Section] = k
	}
	return err
}

func (l *Ledger) readLinks(ctx context.Context, name string, c *sync.Campus) (err error) {
	if err := l.readSectionLinks(ctx, name, c); err != nil {
		return err
	}
	if c.People, err = l.SISPeople(ctx, name); err != nil {
		return err
	}
	c.Rekeys, err = l.SISRekeys(ctx, name)
	return err
}

func (l *Ledger) sisLinks(ctx context.Context, name string) ([]sync.Link, error) {
	return list(ctx, l.read, scanLink, `SELECT `+linkColumns+` FROM sis_links WHERE sync = $1`, name)
}

func (l *Ledger) readApplied(ctx context.Context, name string, c *sync.Campus) error {
	c.Applied, c.Unsure = map[sync.Place]sync.Span{}, map[sync.Place]bool{}
	err := every(ctx, l.read, scanApplied, func(e sync.Enrolment) { c.Applied[e.Place] = e.Span },
		`SELECT `+appliedColumns+` FROM sis_applied WHERE sync = $1`, name)
	if err != nil {
		return err
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
