package roster

import (
	"context"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// updatePeople plans the changes of names and e-mails. Only what the SIS
// changed is changed; what a person changed in the LMS besides stays, and the
// username always does.
func (p *planner) updatePeople(ctx context.Context) error {
	var changed []*person
	for _, one := range p.people {
		if one.link != nil && !one.gone && one.before == "" && p.aside(sis.Persons, one.Key) == (verdict{}) && one.differs() {
			changed = append(changed, one)
		}
	}
	byKey, err := p.lookUp(ctx, sis.UserByKey, changed)
	if err != nil {
		return err
	}
	byEmail, err := p.lookUp(ctx, sis.UserByEmail, changed)
	if err != nil {
		return err
	}
	emails := p.emails()
	for _, one := range changed {
		current, ok := account(byKey[one.Key], one.link.User)
		if !ok {
			p.hold(one, "USER_GONE", "The person's account is gone from the LMS, or has another id number now.")
			continue
		}
		code, reason := p.emailTrouble(one, emails, byEmail[strings.ToLower(one.Email)])
		p.update(one, current, code, reason)
	}
	return nil
}

func (p *person) differs() bool {
	return p.Email != p.link.Email || p.Given != p.link.Given || p.Family != p.link.Family
}

func account(found []sis.User, id string) (sis.User, bool) {
	for _, u := range found {
		if u.ID == id {
			return u, true
		}
	}
	return sis.User{}, false
}

// emailTrouble returns why a person cannot have the e-mail that the SIS says.
func (p *planner) emailTrouble(one *person, emails map[string]int, owners []sis.User) (code, reason string) {
	switch {
	case one.Email == one.link.Email:
		return "", ""
	case !validEmail(one.Email):
		return "EMAIL_INVALID", "The person's new e-mail is not valid. The account keeps its old one."
	case emails[strings.ToLower(one.Email)] > 1:
		return "EMAIL_DUPLICATE", "Several people in the SIS have this e-mail now. The account keeps its old one."
	}
	for _, u := range owners {
		if u.ID != one.link.User {
			return "ID_CONFLICT", "The person's new e-mail belongs to another account of the LMS. The account keeps its old one."
		}
	}
	return "", ""
}

// update plans what differs between an account and what the SIS changed.
func (p *planner) update(one *person, current sis.User, code, reason string) {
	after, link := current, *one.link
	if code == "" && one.Email != link.Email {
		after.Email, link.Email = one.Email, one.Email
	}
	if one.Given != link.Given {
		after.Given, link.Given = one.Given, one.Given
	}
	if one.Family != link.Family {
		after.Family, link.Family = one.Family, one.Family
	}
	no, unwanted := verdict{}, false
	if after != current {
		no, unwanted = p.unwanted(sync.UpdateUser, userEffect(one.Key), after)
	}
	switch {
	case unwanted:
		p.hold(one, no.code, no.reason)
	case after != current:
		one.verdict = planned(userEffect(one.Key))
		p.user(sync.UpdateUser, one, current, after)
	case link != *one.link:
		p.adopted = append(p.adopted, link) // the LMS says so already
	}
	if code != "" {
		p.hold(one, code, reason)
	}
}

func (p *planner) user(op sync.EffectOp, one *person, before, after sis.User) {
	e := sync.Effect{Op: op, Key: userEffect(one.Key), Person: one.Key, After: asJSON(after)}
	if op == sync.UpdateUser {
		e.Before = asJSON(before)
	}
	p.accounts = append(p.accounts, e)
}
