package flatfile

import (
	"cmp"
	"context"
	"net/mail"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// CreateUsers implements [sis.Target].
func (t *Target) CreateUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	return write(ctx, t, users, func(u sis.User) (string, *entry, error) {
		if _, ok := t.state.users[u.Key]; ok {
			return u.Key, nil, nil
		}
		u.ID = u.Key
		return t.userEntry(u)
	})
}

// UpdateUsers implements [sis.Target]. What is empty stays as it is, and the
// key always does.
func (t *Target) UpdateUsers(ctx context.Context, users []sis.User) ([]sis.Written, error) {
	return write(ctx, t, users, func(u sis.User) (string, *entry, error) {
		old, ok := t.state.users[u.ID]
		if !ok {
			return "", nil, errUserGone
		}
		u.Key = old.Key
		u.Username, u.Email = cmp.Or(u.Username, old.Username), cmp.Or(u.Email, old.Email)
		u.Given, u.Family = cmp.Or(u.Given, old.Given), cmp.Or(u.Family, old.Family)
		return t.userEntry(u)
	})
}

func (t *Target) userEntry(u sis.User) (string, *entry, error) {
	if err := t.checkUser(u); err != nil {
		return "", nil, err
	}
	return u.ID, &entry{User: &u}, nil
}

func (t *Target) checkUser(u sis.User) error {
	address, err := mail.ParseAddress(u.Email)
	byName, nameTaken := t.state.usernames[fold(u.Username)]
	byEmail, emailTaken := t.state.emails[fold(u.Email)]
	switch {
	case u.Key == "", fold(u.Username) == "", strings.TrimSpace(u.Given) == "", strings.TrimSpace(u.Family) == "":
		return refuse("REQ_FIELD_MISSING", "A person needs a key, a user name, a given name and a family name to be written.")
	case err != nil || address.Address != u.Email:
		return refuse("EMAIL_INVALID", "This is not an e-mail address.")
	case nameTaken && byName != u.ID:
		return refuse("USERNAME_TAKEN", "Another person in the files has this user name.")
	case emailTaken && byEmail != u.ID:
		return refuse("EMAIL_DUPLICATE", "Another person in the files has this e-mail address.")
	default:
		return t.writable(u.Key)
	}
}

func refuse(code, message string) *sis.Error { return &sis.Error{Code: code, Message: message} }

var (
	errUserGone   = refuse("USER_GONE", "The person is not in the files.")
	errCourseGone = refuse("COURSE_GONE", "The course is not in the files.")
)

// writable refuses keys that Moodle's flat file has no way to write.
func (t *Target) writable(key string) error {
	if t.cfg.Format == Moodle && (strings.ContainsAny(key, ",;\"'\r\n") || strings.TrimSpace(key) != key) {
		return refuse("ENCODING", "A key with a comma, a semicolon, a quote or an end of line cannot be written into Moodle's flat file.")
	}
	return nil
}
