package moodle

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// CreateUsers implements [sis.Target]. An account that has the key already is
// taken for done. Moodle mails new users their password unless Config.Auth
// says that they log in elsewhere.
func (t *Target) CreateUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	w := writer[sis.User]{
		Target:   t,
		function: createUsers,
		fields:   7,
		counted:  true,
		check:    checkNew,
		keys:     userKeys,
		send:     t.sendNewUsers,
		explain:  t.explainNewUsers,
	}
	written, err := w.write(ctx, users)
	if err != nil {
		return written, err
	}
	return written, t.suspendNew(ctx, users, written)
}

// userKeys are what no two writers may be about at once: the account, its name
// and its address, of which Moodle keeps only the name unique by itself.
func userKeys(u sis.User) []string {
	var keys []string
	for kind, text := range map[string]string{"id ": u.ID, "name ": u.Username, "address ": u.Email, "key ": u.Key} {
		if text != "" {
			keys = append(keys, kind+strings.ToLower(text))
		}
	}
	return keys
}

func checkNew(u sis.User) error {
	switch {
	case u.Email == "" || !validEmail(u.Email):
		return &sis.Error{Code: "EMAIL_INVALID", Message: "Moodle needs a valid e-mail address for an account."}
	case !usernames.MatchString(strings.ToLower(u.Username)):
		return &sis.Error{Code: "USERNAME_INVALID", Message: "Moodle's user names have letters, digits and - . _ @ only."}
	case strings.TrimSpace(u.Given) == "" || strings.TrimSpace(u.Family) == "":
		return &sis.Error{Code: "REQ_FIELD_MISSING", Message: "Moodle needs a given name and a family name for an account."}
	}
	return checkLengths(u)
}

// checkLengths finds what does not fit Moodle's columns, which it would refuse
// in the words for a database in trouble.
func checkLengths(u sis.User) error {
	longest := max(utf8.RuneCountInString(u.Username), utf8.RuneCountInString(u.Given), utf8.RuneCountInString(u.Family),
		utf8.RuneCountInString(u.Email))
	if longest > 100 || utf8.RuneCountInString(u.Key) > 255 {
		return &sis.Error{Code: "TOO_LONG", Message: "Moodle's names and addresses have 100 characters at most, its ID numbers 255."}
	}
	return nil
}

func validEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && address.Name == ""
}

func (t *Target) newUser(u sis.User) params {
	p := params{
		{"username", strings.ToLower(u.Username)},
		{"firstname", u.Given},
		{"lastname", u.Family},
		{"email", u.Email},
		{"auth", t.cfg.Auth},
	}.with("idnumber", u.Key)
	if t.cfg.Auth == "manual" {
		p = append(p, param{"createpassword", "1"})
	}
	return p
}

func (t *Target) sendNewUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	answer, err := t.call(ctx, createUsers, rows("users", users, t.newUser), once)
	if isLost(err) {
		return t.readBack(ctx, err, func() ([]sis.Written, error) { return t.findNewUsers(ctx, users) })
	}
	if err != nil {
		return nil, err
	}
	return countOff(answer, users, func(u sis.User) string { return strings.ToLower(u.Username) })
}

func isLost(err error) bool {
	out, ok := errors.AsType[*outage](err)
	return ok && out.lost
}

// readBack looks for what a call whose answer got lost has created. Moodle
// finishes a call that nobody listens to any more, so it looks for a while.
// What is not there by then is left to a later attempt, with the error of the
// lost call.
func (t *Target) readBack(ctx context.Context, lost error, look func() ([]sis.Written, error)) ([]sis.Written, error) {
	for _, pause := range slices.Concat([]time.Duration{0}, t.pauses) {
		if !wait(ctx, pause) {
			break
		}
		found, err := look()
		if err != nil {
			t.log.WarnContext(ctx, "what became of a lost call cannot be read back", "error", err)
			break
		}
		if slices.ContainsFunc(found, func(w sis.Written) bool { return w.ID != "" }) {
			return found, nil
		}
	}
	return nil, lost
}

// findNewUsers returns the ids of those accounts that are there already.
func (t *Target) findNewUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	holders, err := t.holders(ctx, users)
	if err != nil {
		return nil, err
	}
	written := make([]sis.Written, len(users))
	for i, u := range users {
		if holder, ok := holders.byName[strings.ToLower(u.Username)]; ok && samePerson(holder, u) {
			written[i].ID = holder.ID
		}
	}
	return written, nil
}

// samePerson reports whether an account is that of u: the key says it, and for
// want of keys the name and the address together.
func samePerson(holder, u sis.User) bool {
	if u.Key != "" {
		return holder.Key == u.Key
	}
	return holder.Key == "" && strings.EqualFold(holder.Username, u.Username) && strings.EqualFold(holder.Email, u.Email)
}

// holders are the accounts that have the user names or addresses of others.
type holders struct {
	byName, byEmail map[string]sis.User
}

func (t *Target) holders(ctx context.Context, users []sis.User) (holders, error) {
	h := holders{map[string]sis.User{}, map[string]sis.User{}}
	var names, addresses []string
	for _, u := range users {
		names, addresses = append(names, u.Username), append(addresses, u.Email)
	}
	byName, err := t.accounts(ctx, "username", cleaned(sis.UserByUsername, names))
	if err != nil {
		return h, err
	}
	byEmail, err := t.accounts(ctx, "email", cleaned(sis.UserByEmail, addresses))
	for _, u := range byName {
		h.byName[u.Username] = u
	}
	for _, u := range byEmail {
		h.byEmail[strings.ToLower(u.Email)] = u
	}
	return h, err
}

func (t *Target) explainNewUsers(ctx context.Context, users []sis.User, _ *refusal) (map[int]sis.Written, error) {
	holders, err := t.holders(ctx, users)
	if err != nil {
		return nil, err
	}
	settled := map[int]sis.Written{}
	for i, u := range users {
		byName, nameTaken := holders.byName[strings.ToLower(u.Username)]
		byEmail, emailTaken := holders.byEmail[strings.ToLower(u.Email)]
		switch {
		case nameTaken && samePerson(byName, u):
			settled[i] = sis.Written{ID: byName.ID}
		case emailTaken && samePerson(byEmail, u):
			settled[i] = sis.Written{ID: byEmail.ID}
		case nameTaken:
			settled[i] = sis.Written{Err: errUsernameTaken}
		case emailTaken:
			settled[i] = sis.Written{Err: errEmailDuplicate}
		}
	}
	return settled, nil
}

var (
	errUsernameTaken  = &sis.Error{Code: "USERNAME_TAKEN", Message: "Another account in Moodle has this user name."}
	errEmailDuplicate = &sis.Error{Code: "EMAIL_DUPLICATE", Message: "Another account in Moodle has this e-mail address."}
	errEmailInvalid   = &sis.Error{Code: "EMAIL_INVALID", Message: "Moodle does not accept this e-mail address."}
	errUserGone       = &sis.Error{Code: "USER_GONE", Message: "The account does not exist in Moodle any more."}
	errUserProtected  = &sis.Error{Code: "USER_PROTECTED", Message: "The account belongs to an administrator of Moodle, whom a sync may not change."}
)

// suspendNew suspends the new accounts that are to be: Moodle cannot create
// them so.
func (t *Target) suspendNew(ctx context.Context, users []sis.User, written []sis.Written) error {
	var suspended []sis.User
	var numbers []int
	for i, u := range users {
		if u.Suspended && written[i].Err == nil {
			suspended = append(suspended, sis.User{ID: written[i].ID, Suspended: true})
			numbers = append(numbers, i)
		}
	}
	updated, err := t.UpdateUsers(ctx, suspended)
	for i, w := range updated {
		if w.Err != nil {
			written[numbers[i]] = w
		}
	}
	return err
}

// UpdateUsers implements [sis.Target]. What is empty stays as it is in Moodle,
// which would accept an account without a name.
func (t *Target) UpdateUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	w := writer[sis.User]{
		Target:   t,
		function: updateUsers,
		fields:   7,
		check:    checkChanged,
		keys:     userKeys,
		send:     t.sendChangedUsers,
		explain:  t.explainChangedUsers,
	}
	return w.write(ctx, users)
}

func checkChanged(u sis.User) error {
	switch {
	case !isID(u.ID):
		return errUserGone
	case u.Email != "" && !validEmail(u.Email):
		return errEmailInvalid
	case u.Username != "" && !usernames.MatchString(strings.ToLower(u.Username)):
		return &sis.Error{Code: "USERNAME_INVALID", Message: "Moodle's user names have letters, digits and - . _ @ only."}
	}
	return checkLengths(u)
}

func changedUser(u sis.User) params {
	suspended := "0"
	if u.Suspended {
		suspended = "1"
	}
	return params{{"id", u.ID}, {"suspended", suspended}}.
		with("username", strings.ToLower(u.Username)).
		with("firstname", strings.TrimSpace(u.Given)).
		with("lastname", strings.TrimSpace(u.Family)).
		with("email", u.Email).
		with("idnumber", u.Key)
}

// sendChangedUsers changes accounts one by one, as Moodle does: the warnings
// name those that it could not change.
func (t *Target) sendChangedUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	answer, err := t.call(ctx, updateUsers, rows("users", users, changedUser), repeatable)
	if err != nil {
		return nil, err
	}
	var report struct {
		Warnings []struct {
			Itemid               int
			Warningcode, Message string
		}
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return nil, odd(err)
	}
	failed := map[string]*refusal{}
	for _, w := range report.Warnings {
		failed[strconv.Itoa(w.Itemid)] = &refusal{Code: w.Warningcode, Message: w.Message}
	}
	written := make([]sis.Written, len(users))
	for i, u := range users {
		why := failed[u.ID]
		if why == nil {
			written[i].ID = u.ID
		} else if written[i].Err, err = t.explainChangedUser(ctx, u, why); err != nil {
			return nil, err
		}
	}
	return written, nil
}

// explainChangedUser turns a warning into an error with a cause. Of a change
// that the database refused, a look-up tells whether the user name was taken.
func (t *Target) explainChangedUser(ctx context.Context, u sis.User, why *refusal) (cause, err error) {
	if !why.collided() {
		return warning(why), nil
	}
	holders, err := t.accounts(ctx, "username", cleaned(sis.UserByUsername, []string{u.Username}))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(holders, func(other sis.User) bool { return other.ID != u.ID }) {
		return errUsernameTaken, nil
	}
	return &sis.Error{Code: "TGT_REFUSED", Message: why.words().Message, Temporary: true}, nil
}

func warning(r *refusal) error {
	known := map[string]*sis.Error{
		"useremailduplicate":    errEmailDuplicate,
		"useremailinvalid":      errEmailInvalid,
		"invaliduserid":         errUserGone,
		"usernotupdateddeleted": errUserGone,
		"usernotupdatedadmin":   errUserProtected,
		"usernotupdatedguest":   errUserProtected,
	}
	return cmp.Or(known[r.Code], r.words())
}

// explainChangedUsers leaves a refused update to be halved: Moodle names the
// accounts that it cannot change, and refuses a call for its form only.
func (t *Target) explainChangedUsers(context.Context, []sis.User, *refusal) (map[int]sis.Written, error) {
	return nil, nil
}
