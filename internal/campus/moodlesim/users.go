package moodlesim

import (
	"crypto/md5" //nolint:gosec // what Moodle replaces the address of a deleted account by
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Site) getUsersByField(args *array) (any, error) {
	field, values := args.text("field"), args.texts("values")
	find := s.finder(field)
	if find == nil {
		return nil, &exception{
			class: `core\exception\coding_exception`, code: "codingerror",
			message: "Coding error detected, it must be fixed by a programmer: invalid field parameter",
			debug:   "The search field '" + field + "' is not supported, look at the web service documentation",
		}
	}
	var ids []int
	for _, text := range values {
		switch {
		case field == "username" && !usernames.MatchString(text), field == "id" && !isInteger(text):
			return nil, errParameter
		case field == "idnumber" && text == "":
			return nil, errUser // the guest has no idnumber, and no context to look into
		}
		ids = append(ids, find(text)...)
	}
	slices.Sort(ids)
	found := []object{}
	for _, id := range slices.Compact(ids) {
		found = append(found, s.account(s.users[id]))
	}
	return found, nil
}

// finder returns how accounts are found by that field, or nil.
func (s *Site) finder(field string) func(text string) []int {
	switch field {
	case "id":
		return s.byID
	case "username":
		return s.usernames.find
	case "email":
		return s.emails.find
	case "idnumber":
		return s.idnumbers.find
	default:
		return nil
	}
}

func (s *Site) byID(text string) []int {
	id, _ := strconv.Atoi(text)
	if s.users[id] == nil {
		return nil
	}
	return []int{id}
}

func (s *Site) getUsers(args *array) (any, error) {
	warnings := []object{}
	var tests []func(*User) bool
	for _, c := range args.rows("criteria") {
		key, text := c.text("key"), c.text("value")
		if test := userTest(key, text); test != nil {
			tests = append(tests, test)
		} else {
			warnings = append(warnings, unknownKey(key))
		}
	}
	found := []object{}
	for _, u := range s.sortedUsers() {
		if !u.Deleted && passes(u, tests) {
			found = append(found, s.account(u))
		}
	}
	return object{{"users", found}, {"warnings", warnings}}, nil
}

func unknownKey(key string) object {
	return object{
		{"item", key},
		{"warningcode", "invalidfieldparameter"},
		{"message", "The search key '" + key + "' is not supported, look at the web service documentation"},
	}
}

func passes(u *User, tests []func(*User) bool) bool {
	for _, test := range tests {
		if !test(u) {
			return false
		}
	}
	return true
}

// userTest returns the condition that a criterion means, or nil: Moodle leaves
// a criterion that it does not know out, and finds more than was asked for.
func userTest(key, text string) func(*User) bool {
	switch key {
	case "id":
		return func(u *User) bool { return strconv.Itoa(u.ID) == text }
	case "username":
		return func(u *User) bool { return u.Username == strings.Trim(strings.ToLower(text), "% ") }
	case "idnumber":
		return func(u *User) bool { return strings.EqualFold(u.Idnumber, text) }
	case "auth":
		return func(u *User) bool { return u.Auth == text }
	case "email":
		return func(u *User) bool { return like(u.Email, text) }
	case "firstname":
		return func(u *User) bool { return like(u.Firstname, text) }
	case "lastname":
		return func(u *User) bool { return like(u.Lastname, text) }
	default:
		return nil
	}
}

// like is SQL's LIKE with the wildcard %, whatever the case.
func like(text, pattern string) bool {
	text = strings.ToLower(text)
	parts := strings.Split(strings.ToLower(pattern), "%")
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok || len(parts) == 1 {
		return ok && text == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// account is how a site describes an account to those who ask for accounts.
func (s *Site) account(u *User) object {
	return slices.Concat(s.identity(u), u.settings(), u.place(), pictures())
}

func (u *User) settings() object {
	return object{
		{"auth", u.Auth},
		{"suspended", u.Suspended},
		{"confirmed", true},
		{"lang", "en"},
		{"theme", ""},
		{"timezone", u.Timezone},
		{"mailformat", 1},
		{"trackforums", 0},
	}
}

func (u *User) fullname() string { return u.Firstname + " " + u.Lastname }

func (s *Site) identity(u *User) object {
	o := object{
		{"id", u.ID},
		{"username", u.Username},
		{"firstname", u.Firstname},
		{"lastname", u.Lastname},
		{"fullname", u.fullname()},
		{"email", u.Email},
		{"department", u.Department},
	}
	o = o.with("institution", u.Institution).with("idnumber", u.Idnumber)
	seen := s.stays[u.ID]
	return append(o, pair{"firstaccess", toUnix(seen.first)}, pair{"lastaccess", toUnix(seen.last)})
}

func (u *User) place() object {
	return object{}.with("city", u.City).with("country", u.Country)
}

// The address of pictures, with the time at which the theme's caches were
// purged.
const (
	theme         = "http://moodle.example/theme/image.php/boost/"
	themeRevision = "1795316274"
)

func pictures() object {
	const image = theme + "core/" + themeRevision + "/u/"
	return object{{"profileimageurlsmall", image + "f2"}, {"profileimageurl", image + "f1"}}
}

// with adds a text that Moodle leaves out when it is empty.
func (o object) with(name, text string) object {
	if text == "" {
		return o
	}
	return append(o, pair{name, text})
}

// deletedNames returns the username and the address that a deleted account is
// left with.
func deletedNames(u User, at time.Time) (name, address string) {
	sum := md5.Sum([]byte(u.Username)) //nolint:gosec // as Moodle does
	return fmt.Sprintf("%s.%d", u.Email, at.Unix()), hex.EncodeToString(sum[:])
}
