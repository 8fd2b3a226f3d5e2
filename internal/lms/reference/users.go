package reference

import (
	"cmp"
	"context"
	"net/mail"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Users implements [sis.Target].
func (t *Target) Users(ctx context.Context, by sis.UserField, values []string) ([]sis.User, error) {
	visit, err := t.visit(ctx, Users)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	ids := find(values, t.usersBy[by].find)
	found := make([]sis.User, 0, len(ids))
	for _, id := range ids {
		if u := *t.users[id]; by != sis.UserByKey || slices.Contains(values, u.Key) {
			found = append(found, u)
		}
	}
	return found, visit.end(nil)
}

// find returns the ids of all values, each once.
func find(values []string, one func(string) []string) []string {
	var ids []string
	seen := map[string]bool{}
	for _, v := range values {
		for _, id := range one(v) {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// CreateUsers implements [sis.Target]. An account that has the key already is
// taken for done.
func (t *Target) CreateUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	return write(ctx, t, CreateUsers, users, nowhere, t.createUser)
}

func (t *Target) createUser(u sis.User) (id string, err error) {
	for _, id := range t.usersBy[sis.UserByKey].find(u.Key) {
		if t.users[id].Key == u.Key {
			return id, nil
		}
	}
	u.ID = ""
	switch {
	case strings.TrimSpace(u.Given) == "", strings.TrimSpace(u.Family) == "":
		return "", refuse("REQ_FIELD_MISSING", "The LMS needs a given name and a family name for an account.")
	case u.Username == "":
		return "", refuse("REQ_FIELD_MISSING", "The LMS needs a user name for an account.")
	}
	if err := t.checkUser(u); err != nil {
		return "", err
	}
	return t.putUser(u).ID, nil
}

// checkUser says what is against an account, new or changed.
func (t *Target) checkUser(u sis.User) error {
	others := func(by sis.UserField, text string) bool {
		return slices.ContainsFunc(t.usersBy[by].find(text), func(id string) bool { return id != u.ID })
	}
	address, err := mail.ParseAddress(u.Email)
	switch {
	case err != nil || address.Address != u.Email:
		return refuse("EMAIL_INVALID", "The LMS does not accept this e-mail address.")
	case others(sis.UserByUsername, u.Username):
		return refuse("USERNAME_TAKEN", "Another account of the LMS has this user name.")
	case others(sis.UserByEmail, u.Email):
		return refuse("EMAIL_DUPLICATE", "Another account of the LMS has this e-mail address.")
	default:
		return nil
	}
}

// UpdateUsers implements [sis.Target]. What is empty stays as it is.
func (t *Target) UpdateUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	return write(ctx, t, UpdateUsers, users, nowhere, t.updateUser)
}

func (t *Target) updateUser(u sis.User) (id string, err error) {
	old := t.users[u.ID]
	if old == nil {
		return "", errUserGone
	}
	u.Key, u.Username, u.Email = cmp.Or(u.Key, old.Key), cmp.Or(u.Username, old.Username), cmp.Or(u.Email, old.Email)
	u.Given, u.Family = cmp.Or(u.Given, old.Given), cmp.Or(u.Family, old.Family)
	if err := t.checkUser(u); err != nil {
		return "", err
	}
	return t.putUser(u).ID, nil
}

var errUserGone = refuse("USER_GONE", "The account does not exist in the LMS any more.")

// AddUser stores an account, unchecked, and returns it with its id.
func (t *Target) AddUser(u sis.User) sis.User {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.putUser(u)
}

func (t *Target) putUser(u sis.User) sis.User {
	t.dropUser(u.ID)
	if u.ID == "" {
		u.ID = t.newID()
	}
	t.users[u.ID] = &u
	for by, text := range userTexts(u) {
		t.usersBy[by].add(text, u.ID)
	}
	return u
}

// DeleteUser deletes an account and its places, as an administrator would.
func (t *Target) DeleteUser(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropUser(id)
	for _, places := range t.rosters {
		delete(places, id)
	}
	for _, g := range t.groups {
		delete(g.members, id)
	}
	for _, c := range t.cohorts {
		delete(c.members, id)
	}
}

func (t *Target) dropUser(id string) {
	old := t.users[id]
	if old == nil {
		return
	}
	for by, text := range userTexts(*old) {
		t.usersBy[by].remove(text, id)
	}
	delete(t.users, id)
}

func userTexts(u sis.User) map[sis.UserField]string {
	return map[sis.UserField]string{sis.UserByKey: u.Key, sis.UserByUsername: u.Username, sis.UserByEmail: u.Email}
}
