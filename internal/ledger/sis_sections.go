package ledger

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// placedSections is the sections of a sync with their links, their newest
// message and where they stand. What keeps a section from being linked is said
// by that message; link and suspicion are newer than it where they differ.
const placedSections = `SELECT s.record, s.gone, s.title, s.code AS class, s.course AS subject, s.terms, s.school, s.provider, s.extract, s.zone, s.cross_list,
		COALESCE(k.course, '') AS course, COALESCE(k.shortname, '') AS shortname, COALESCE(k.how, '') AS how,
		COALESCE(k.linked, 0) AS linked, COALESCE(k.reason, '') AS why, COALESCE(k.changed_at, 0) AS changed_at,
		COALESCE(m.code, '') AS code, COALESCE(m.reason, '') AS reason, COALESCE(r.old_key, '') AS old_key,
		CASE WHEN s.gone = 1 THEN 'gone'
			WHEN k.linked = 1 THEN 'linked'
			WHEN r.old_key IS NOT NULL THEN 'suspected'
			WHEN k.how = 'manual' THEN 'unlinked'
			WHEN m.code IN ('TERM_NOT_SELECTED', 'PROVIDER_OTHER', 'NOT_READY', 'REF_TERM') THEN 'waiting'
			ELSE 'available' END AS state
	FROM sis_sections s
	LEFT JOIN sis_links k ON k.sync = s.sync AND k.section = s.record
	LEFT JOIN sis_messages m ON m.id = (SELECT MAX(n.id) FROM sis_messages n WHERE n.sync = s.sync AND n.record = s.record AND n.stream = 'sections')
	LEFT JOIN sis_rekeys r ON r.sync = s.sync AND r.stream = 'sections' AND r.new_key = s.record AND r.state = 'suspected'
	WHERE s.sync = $1`

func scanPlaced(r row) (s sync.Section, err error) {
	k := sync.Link{}
	var changed int64
	err = r.Scan(&s.Key, &s.Gone, &s.Title, &s.Code, &s.Course, (*texts[string])(&s.Terms), &s.School, &s.Provider, &s.Extract, &s.Zone, &s.CrossList,
		&k.Course, &k.Shortname, &k.How, &k.Linked, &k.Reason, &changed, &s.Trouble, &s.Reason, &s.Before, &s.State)
	if k.How != "" {
		k.Section, k.Changed = s.Key, instant(changed)
		s.Link = &k
	}
	if s.State == sync.SectionGone || s.State == sync.SectionLinked && !withdrawn[s.Trouble] {
		s.Trouble, s.Reason = "", ""
	}
	return s, err
}

// withdrawn are the reasons for which the SIS, or a person, takes back a
// section that has a course.
var withdrawn = map[string]bool{"TERM_NOT_SELECTED": true, "PROVIDER_OTHER": true, "NOT_READY": true}

// SISSections returns the sections of a sync that f chooses, by title.
func (l *Ledger) SISSections(ctx context.Context, f sync.SectionFilter) ([]sync.Section, error) {
	if f.State != "" && !slices.Contains(sync.SectionStates, f.State) {
		return nil, fault.New(fault.Invalid, "There is no state %q of sections: they are linked, available, suspected, waiting, unlinked or gone.", f.State).In("state")
	}
	all, err := list(ctx, l.read, scanPlaced, `SELECT * FROM (`+placedSections+`
			AND ($2 = '' OR s.terms LIKE $2 ESCAPE '\')
			AND ($3 = '' OR LOWER(s.record) LIKE $3 ESCAPE '\' OR LOWER(s.title) LIKE $3 ESCAPE '\' OR LOWER(s.code) LIKE $3 ESCAPE '\')
			AND ($4 = '' OR (s.title, s.record) > (SELECT b.title, b.record FROM sis_sections b WHERE b.sync = $1 AND b.record = $4))
			ORDER BY s.title, s.record) AS placed
		WHERE $5 = '' OR state = $5 ORDER BY title, record LIMIT $6`,
		f.Sync, listed(f.Term), containing(f.Text), f.After, string(f.State), page(f.Limit))
	return all, wrap(err, "list sections of sync %s", f.Sync)
}

// SISSectionCounts returns how many sections are in each state, of a term or,
// if it is empty, of all.
func (l *Ledger) SISSectionCounts(ctx context.Context, name, term string) (map[sync.SectionState]int64, error) {
	type count struct {
		state sync.SectionState
		n     int64
	}
	scan := func(r row) (c count, err error) {
		err = r.Scan(&c.state, &c.n)
		return c, err
	}
	found, err := list(ctx, l.read, scan, `SELECT state, COUNT(*) FROM (`+placedSections+`
		AND ($2 = '' OR s.terms LIKE $2 ESCAPE '\')) AS placed GROUP BY state`, name, listed(term))
	counts := map[sync.SectionState]int64{}
	for _, c := range found {
		counts[c.state] = c.n
	}
	return counts, wrap(err, "count sections of sync %s", name)
}

// SISSection returns a section.
func (l *Ledger) SISSection(ctx context.Context, name, key string) (sync.Section, error) {
	found, err := list(ctx, l.read, scanPlaced, placedSections+` AND s.record = $2`, name, key)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "The SIS has sent no section %q for sync %s.", key, name).In("section")
	}
	if err != nil {
		return sync.Section{}, wrap(err, "read section %s", key)
	}
	return found[0], nil
}

// registered is registrations with the newest message about each.
const registered = `SELECT g.alias, g.section, g.person, g.role, g.begin_on, g.end_on, g.gone,
		COALESCE(m.id, ''), COALESCE(m.state, ''), COALESCE(m.code, ''), COALESCE(m.reason, '')
	FROM sis_registrations g LEFT JOIN sis_messages m ON m.id = (
		SELECT MAX(n.id) FROM sis_messages n WHERE n.sync = g.sync AND n.record = g.record AND n.stream = 'registrations')
	WHERE g.sync = $1 AND g.section = $2`

func scanRegistered(r row) (g sync.Registered, err error) {
	var begin, end string
	err = r.Scan(&g.Key, &g.Section, &g.Person, &g.Role, &begin, &end, &g.Gone, &g.Message, &g.State, &g.Code, &g.Reason)
	if err != nil {
		return g, err
	}
	return g, days(begin, &g.Begin, end, &g.End)
}

// SISRegistered returns the registrations of a section by person, those behind
// the one with the key that is given.
func (l *Ledger) SISRegistered(ctx context.Context, name, section, after string, limit int) ([]sync.Registered, error) {
	all, err := list(ctx, l.read, scanRegistered, registered+`
		AND ($3 = '' OR (g.person, g.role) > (SELECT b.person, b.role FROM sis_registrations b WHERE b.sync = $1 AND b.record = $3)) ORDER BY g.person, g.role LIMIT $4`, name, section, after, page(limit))
	return all, wrap(err, "list registrations of section %s", section)
}

// SISTerms returns the terms of a sync, the latest first, with what people said
// about each. Whether the settings select them is not known here.
func (l *Ledger) SISTerms(ctx context.Context, name string) ([]sync.Term, error) {
	rows, err := knownOf(ctx, l.read, scanTerm, sis.Terms, name, "")
	if err != nil {
		return nil, wrap(err, "list terms of sync %s", name)
	}
	choices, err := l.SISTermChoices(ctx, name)
	if err != nil {
		return nil, err
	}
	sections, err := l.sectionsByTerm(ctx, name)
	if err != nil {
		return nil, wrap(err, "count sections of sync %s", name)
	}
	terms := make([]sync.Term, len(rows))
	for i, r := range rows {
		terms[i] = sync.Term{Term: r.Record, Gone: r.Gone, Sections: sections[r.Key]}
		for _, c := range choices {
			if c.Term == r.Key {
				terms[i].Choice = &c
			}
		}
	}
	return terms, nil
}

func (l *Ledger) sectionsByTerm(ctx context.Context, name string) (map[string]int64, error) {
	type group struct {
		terms []string
		n     int64
	}
	scan := func(r row) (g group, err error) {
		err = r.Scan((*texts[string])(&g.terms), &g.n)
		return g, err
	}
	groups, err := list(ctx, l.read, scan, `SELECT terms, COUNT(*) FROM sis_sections WHERE sync = $1 AND gone = 0 GROUP BY terms`, name)
	counts := map[string]int64{}
	for _, g := range groups {
		for _, term := range g.terms {
			counts[term] += g.n
		}
	}
	return counts, err
}
