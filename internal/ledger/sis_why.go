package ledger

import (
	"context"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// mostMeant is how many people or sections a vague question is answered with.
const mostMeant = 6

// A why gathers what is known about a person and a section, by their keys.
type why struct {
	l    *Ledger
	sync string
	sync.Facts
}

// SISWhy returns what is known about a person and a section of a sync. The
// person is a key, or part of a username if these may be looked for; the
// section is a key or a class code.
func (l *Ledger) SISWhy(ctx context.Context, name, person, section string, usernames bool) (sync.Facts, error) {
	w := why{l: l, sync: name, Facts: sync.Facts{AskedPerson: person, AskedSection: section}}
	err := w.findPerson(ctx, usernames)
	for _, read := range []func(context.Context) error{w.findSection, w.readRegistrations, w.readAccount, w.readTerms, w.readPlan} {
		if err == nil {
			err = read(ctx)
		}
	}
	return w.Facts, wrap(err, "read what is known of person %s and section %s", person, section)
}

func (w *why) findPerson(ctx context.Context, usernames bool) error {
	const query = `SELECT ` + knownColumns + `, username, email, given, family, roles, enabled FROM sis_persons WHERE sync = $1 AND `
	conditions := []string{`record = $2`}
	if usernames {
		conditions = append(conditions, `LOWER(username) = LOWER($2)`, `LOWER(username) LIKE $2 ESCAPE '\'`)
	}
	for _, condition := range conditions {
		value := clean(w.AskedPerson)
		if strings.Contains(condition, "LIKE") {
			value = containing(value)
		}
		found, err := list(ctx, w.l.read, scanPerson, query+condition+` ORDER BY record LIMIT $3`, w.sync, value, mostMeant)
		if err != nil || len(found) > 0 {
			w.Persons = found
			return err
		}
	}
	return nil
}

func (w *why) findSection(ctx context.Context) error {
	for _, condition := range []string{` AND s.record = $2`, ` AND LOWER(s.code) = LOWER($2)`} {
		found, err := list(ctx, w.l.read, scanPlaced, placedSections+condition+` ORDER BY s.record LIMIT $3`, w.sync, clean(w.AskedSection), mostMeant)
		if err != nil || len(found) > 0 {
			w.Sections = found
			return err
		}
	}
	return nil
}

// keys returns which person and section are meant, if it is clear: those that
// the SIS has not sent may stand in a registration.
func (w *why) keys() (person, section string, clear bool) {
	person, section = w.AskedPerson, w.AskedSection
	if len(w.Persons) > 0 {
		person = w.Persons[0].Record.Key
	}
	if len(w.Sections) > 0 {
		section = w.Sections[0].Key
	}
	return person, section, len(w.Persons) <= 1 && len(w.Sections) <= 1
}

func (w *why) readRegistrations(ctx context.Context) (err error) {
	person, section, clear := w.keys()
	if !clear {
		return nil
	}
	w.Pulled, err = w.l.SISPull(ctx, w.sync, sis.Registrations)
	if err != nil {
		return err
	}
	w.Registrations, err = list(ctx, w.l.read, scanRegistered, registered+` AND g.person = $3 ORDER BY g.role`, w.sync, section, person)
	if err != nil {
		return err
	}
	doubts, err := list(ctx, w.l.read, scanText, `SELECT doubt FROM sis_registrations
		WHERE sync = $1 AND section = $2 AND person = $3 AND gone = 1 AND doubt <> ''`, w.sync, section, person)
	if len(doubts) > 0 {
		w.Doubt = doubts[0]
	}
	return err
}

func (w *why) readAccount(ctx context.Context) error {
	person, _, clear := w.keys()
	if !clear {
		return nil
	}
	links, err := list(ctx, w.l.read, scanPersonLink, `SELECT `+personLinkColumns+` FROM sis_person_links WHERE sync = $1 AND person = $2`, w.sync, person)
	if err != nil {
		return err
	}
	if len(links) > 0 {
		w.Account = &links[0]
	}
	said, err := list(ctx, w.l.read, scanMessage, `SELECT `+messageColumns+` FROM sis_messages
		WHERE sync = $1 AND record = $2 AND stream = 'persons' ORDER BY id DESC LIMIT 1`, w.sync, person)
	if len(said) > 0 {
		w.PersonMessage = &said[0]
	}
	return err
}

func (w *why) readTerms(ctx context.Context) error {
	if len(w.Sections) != 1 {
		return nil
	}
	terms, err := w.l.SISTerms(ctx, w.sync)
	for _, t := range terms {
		for _, key := range w.Sections[0].Terms {
			if t.Key == key {
				w.Terms = append(w.Terms, t)
			}
		}
	}
	return err
}

// readPlan reads what was written to the section's course, what is about to be,
// and what people do not want there.
func (w *why) readPlan(ctx context.Context) error {
	person, section, clear := w.keys()
	if !clear || len(w.Sections) == 0 {
		return nil
	}
	course := ""
	if link := w.Sections[0].Link; link != nil {
		course = link.Course
	}
	if err := w.readWritten(ctx, person, course); err != nil {
		return err
	}
	return w.readEffect(ctx, person, section, course)
}

func (w *why) readWritten(ctx context.Context, person, course string) (err error) {
	if course == "" {
		return nil
	}
	w.Applied, err = list(ctx, w.l.read, scanApplied, `SELECT `+appliedColumns+` FROM sis_applied
		WHERE sync = $1 AND person = $2 AND course = $3 ORDER BY role`, w.sync, person, course)
	if err != nil {
		return err
	}
	for _, r := range w.Registrations {
		key := sync.Place{Person: person, Course: course, Role: r.Role}.Key()
		found, err := list(ctx, w.l.read, scanOverride, `SELECT `+overrideColumns+` FROM sis_overrides WHERE sync = $1 AND effect = $2`, w.sync, key)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			w.Override = &found[0]
		}
	}
	return nil
}

// readEffect reads what the newest plan does about the place in question. The
// course may be one that the plan makes for the section.
func (w *why) readEffect(ctx context.Context, person, section, course string) error {
	p, err := w.l.SISPlan(ctx, w.sync, "")
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	w.Plan = &p
	for _, r := range w.Registrations {
		for _, at := range []string{course, "section " + section} {
			e, err := w.l.effectOf(ctx, p.ID, sync.Place{Person: person, Course: at, Role: r.Role}.Key())
			if err != nil {
				return err
			}
			if e != nil {
				w.Effect = e
			}
		}
	}
	return nil
}
