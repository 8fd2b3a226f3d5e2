package roster

import (
	"context"
	"slices"
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
		if one.link != nil && !one.gone && one.before == "" && one.heir == "" && !p.leaves(one) && p.aside(sis.Persons, one.Key) == (verdict{}) && one.differs() {
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
		owners := others(byEmail[strings.ToLower(one.Email)], one.link.User)
		code, reason := emailTrouble(one, emails, owners)
		p.update(one, current, code, reason)
		if code == "ID_CONFLICT" {
			p.claimed(p.keeper(owners))
		}
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
// Owners are the other accounts that have it.
func emailTrouble(one *person, emails map[string]int, owners []sis.User) (code, reason string) {
	switch {
	case one.Email == one.link.Email:
		return "", ""
	case !validEmail(one.Email):
		return "EMAIL_INVALID", "The person's new e-mail is not valid. The account keeps its old one."
	case emails[strings.ToLower(one.Email)] > 1:
		return "EMAIL_DUPLICATE", "Several people in the SIS have this e-mail now. The account keeps its old one."
	case len(owners) > 0:
		return "ID_CONFLICT", "The person's new e-mail belongs to another account of the LMS. The account keeps its old one."
	}
	return "", ""
}

// others returns the accounts but the one with that id.
func others(found []sis.User, id string) []sis.User {
	return slices.DeleteFunc(slices.Clone(found), func(u sis.User) bool { return u.ID == id })
}

// emailTaken holds a person whose e-mail other accounts have: nobody's is
// taken away.
func (p *planner) emailTaken(one *person, owners []sis.User) {
	keeper := p.keeper(owners)
	if keeper == nil {
		p.hold(one, "EMAIL_DUPLICATE", "Another account of the LMS has this e-mail.")
		return
	}
	p.hold(one, "ID_CONFLICT", "The e-mail is that of another person's account of the LMS. Change it there, or in the SIS.")
	p.claimed(keeper)
}

// keeper returns the person to whose account an e-mail belongs, unless the SIS
// says that it is not theirs any more.
func (p *planner) keeper(owners []sis.User) *person {
	for _, one := range p.people {
		if one.link != nil && (one.gone || one.Email == one.link.Email) &&
			slices.ContainsFunc(owners, func(u sis.User) bool { return u.ID == one.link.User }) {
			return one
		}
	}
	return nil
}

// claimed says of the keeper of an e-mail, if there is one, that the SIS gives
// it to somebody else.
func (p *planner) claimed(keeper *person) {
	if keeper != nil && keeper.code != "ID_CONFLICT" {
		p.hold(keeper, "ID_CONFLICT", "The SIS gives the e-mail of this person's account to another person. The account keeps it.")
	}
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
