package roster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// planPeople plans accounts: for whoever is to be enrolled, and for all
// teachers. Students without a registration get none.
func (p *planner) planPeople(ctx context.Context) error {
	if !p.staff {
		if err := p.takeOver(ctx); err != nil {
			return err
		}
	}
	var missing []*person
	for _, one := range p.people {
		switch {
		case one.before != "": // judged by takeOver
		case one.gone:
			one.verdict = ignored("The person is gone from the SIS. The account stays as it is.")
		case p.aside(sis.Persons, one.Key) != (verdict{}):
			one.verdict = p.aside(sis.Persons, one.Key)
		case one.heir != "" && p.suspicious(sis.Persons, one.Key) == (verdict{}):
			p.hold(one, "ID_CONFLICT", fmt.Sprintf("The person's account is %s's now, as somebody has said, and the SIS sends both. Correct it in the SIS.", one.heir))
		case one.link != nil && one.heir == "":
			one.verdict = applied
		case p.suspicious(sis.Persons, one.Key) != (verdict{}):
			one.verdict = p.suspicious(sis.Persons, one.Key)
		case !one.needed:
			one.verdict = ignored("No account yet: it is made with the first registration in a linked section.")
		default:
			missing = append(missing, one)
		}
	}
	rest, err := p.adopt(ctx, missing)
	if err != nil {
		return err
	}
	if err := p.createPeople(ctx, rest); err != nil {
		return err
	}
	return p.updatePeople(ctx)
}

// adopt links people to accounts that have their key, and returns the others.
func (p *planner) adopt(ctx context.Context, missing []*person) (rest []*person, err error) {
	byKey, err := p.lookUp(ctx, sis.UserByKey, missing)
	if err != nil {
		return nil, err
	}
	for _, one := range missing {
		switch found := byKey[one.Key]; len(found) {
		case 0:
			rest = append(rest, one)
		case 1:
			u := found[0]
			one.link = &sync.PersonLink{Person: one.Key, User: u.ID, Username: u.Username, Email: u.Email, Given: u.Given, Family: u.Family}
			one.verdict = applied
			p.adopted = append(p.adopted, *one.link)
		default:
			p.hold(one, "ID_AMBIGUOUS", "Several accounts of the LMS have this person's id as their id number. Leave it to one of them.")
		}
	}
	return rest, nil
}

// hold keeps a person from getting an account, and says so.
func (p *planner) hold(one *person, code, reason string) {
	one.verdict = held(code, reason)
	p.report(one.Key, code, reason)
}

func (p *planner) createPeople(ctx context.Context, missing []*person) error {
	sound := p.sound(missing)
	byName, err := p.lookUp(ctx, sis.UserByUsername, sound)
	if err != nil {
		return err
	}
	byEmail, err := p.lookUp(ctx, sis.UserByEmail, sound)
	if err != nil {
		return err
	}
	for _, one := range sound {
		sameName, sameEmail := byName[one.Username], byEmail[strings.ToLower(one.Email)]
		switch {
		case len(sameName) > 0 && len(sameEmail) > 0:
			p.hold(one, "ID_CONFLICT", "An account of the LMS has this username and this e-mail, but not this person's id. If it is theirs, enter the id as its id number.")
		case len(sameName) > 0:
			p.hold(one, "USERNAME_TAKEN", "Another account of the LMS has this username.")
		case len(sameEmail) > 0:
			p.emailTaken(one, sameEmail)
		default:
			p.create(one)
		}
	}
	return nil
}

func userEffect(person string) string { return "user " + person }

func (p *planner) create(one *person) {
	one.create = true
	if one.adapted {
		p.odd(one.Key, "The username or the e-mail has blanks, accents or apostrophes that an account cannot have; the account is made without.")
	}
	one.verdict = planned(userEffect(one.Key))
	p.user(sync.CreateUser, one, sis.User{}, sis.User{
		Key: one.Key, Username: one.Username, Email: one.Email, Given: one.Given, Family: one.Family,
	})
}

// sound returns the people whose record is fit for an account.
func (p *planner) sound(missing []*person) (sound []*person) {
	emails, names := p.emails(), p.usernames()
	for _, one := range missing {
		switch name := one.Username; {
		case name == "":
			p.hold(one, "REQ_FIELD_MISSING", "The person has no username.")
		case strings.TrimSpace(one.Given) == "" || strings.TrimSpace(one.Family) == "":
			p.hold(one, "REQ_FIELD_MISSING", "The person lacks a given name or a family name, and the LMS demands both.")
		case !validEmail(one.Email):
			p.hold(one, "EMAIL_INVALID", "The person has no valid e-mail. Correct it in the SIS.")
		case emails[strings.ToLower(one.Email)] > 1:
			p.hold(one, "EMAIL_DUPLICATE", "Several people in the SIS have this e-mail. Give each their own.")
		case names[name]:
			p.hold(one, "USERNAME_TAKEN", "Another person in the SIS has this username.")
		default:
			names[name] = true
			sound = append(sound, one)
		}
	}
	return sound
}

// emails counts the people who have each e-mail in the SIS.
func (p *planner) emails() map[string]int {
	counts := map[string]int{}
	for _, one := range p.people {
		if !one.gone {
			counts[strings.ToLower(one.Email)]++
		}
	}
	return counts
}

// usernames returns those of the people who have an account.
func (p *planner) usernames() map[string]bool {
	names := map[string]bool{}
	for _, one := range p.people {
		if one.link != nil {
			names[strings.ToLower(one.link.Username)] = true
		}
	}
	return names
}

// lookUp finds people in the target, and returns the accounts by the value
// that was looked for.
func (p *planner) lookUp(ctx context.Context, by sis.UserField, people []*person) (map[string][]sis.User, error) {
	values := make([]string, len(people))
	for i, one := range people {
		values[i] = userValue(by, sis.User{Key: one.Key, Username: one.Username, Email: one.Email})
	}
	return users(ctx, p.target, by, values)
}

func users(ctx context.Context, target sis.Target, by sis.UserField, values []string) (map[string][]sis.User, error) {
	found := map[string][]sis.User{}
	for some := range slices.Chunk(values, lookup) {
		list, err := target.Users(ctx, by, some)
		if err != nil {
			return nil, err
		}
		for _, u := range list {
			value := userValue(by, u)
			if !slices.ContainsFunc(found[value], func(other sis.User) bool { return other.ID == u.ID }) {
				found[value] = append(found[value], u)
			}
		}
	}
	return found, nil
}

// userValue returns what an account is found by. Keys are opaque; usernames
// and e-mails do not depend on case.
func userValue(by sis.UserField, u sis.User) string {
	switch by {
	case sis.UserByUsername:
		return strings.ToLower(u.Username)
	case sis.UserByEmail:
		return strings.ToLower(u.Email)
	}
	return u.Key
}
