package moodlesim

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// createUsers makes all accounts or none.
func (s *Site) createUsers(args *array) (any, error) {
	var made []User
	names, addresses := map[string]bool{}, map[string]bool{}
	for _, row := range args.rows("users") {
		u, err := s.newUser(row, names, addresses)
		if err != nil {
			return nil, err
		}
		names[u.Username], addresses[strings.ToLower(u.Email)] = true, true
		made = append(made, u)
	}
	answer := []object{}
	for _, u := range made {
		u.ID = nextID(s.users)
		s.put(u)
		answer = append(answer, object{{"id", u.ID}, {"username", u.Username}})
	}
	return answer, nil
}

// newUser reads one row, which must not clash with the accounts there are nor
// with the rows before it.
func (s *Site) newUser(row *array, names, addresses map[string]bool) (User, error) {
	u := User{Username: row.text("username"), Auth: cmp.Or(row.text("auth"), "manual")}
	fill(&u, row)
	why := ""
	switch {
	case u.Username == "":
		why = "The username must be set"
	case blank(u.Firstname):
		why = "The field firstname cannot be blank"
	case blank(u.Lastname):
		why = "The field lastname cannot be blank"
	case names[u.Username] || len(s.usernames.find(u.Username)) > 0:
		why = "Username already exists: " + u.Username
	case u.Auth == "manual" && row.text("password") == "" && row.text("createpassword") != "1":
		why = "Invalid password: you must provide a password, or set createpassword."
	case !emails.MatchString(u.Email):
		why = "Email address is invalid: " + u.Email
	case addresses[strings.ToLower(u.Email)] || len(s.emails.find(u.Email)) > 0:
		why = "Email address already exists: " + u.Email
	}
	if why != "" {
		return u, errParameter.because(why)
	}
	if complaint := weakness(row.text("password")); complaint != "" && u.Auth == "manual" {
		return u, refuse(complaint, "error/"+complaint)
	}
	if column := tooLong(u); column != "" {
		return u, errWrite.because(insertUser(u, column))
	}
	return u, nil
}

// updateUsers changes the accounts that it can, and warns about the others.
func (s *Site) updateUsers(args *array) (any, error) {
	warnings, unspeakable := []object{}, false
	for _, row := range args.rows("users") {
		id := row.number("id")
		if refusal := s.updateUser(id, row); refusal != nil {
			unspeakable = unspeakable || strings.Contains(refusal.code, "<")
			warnings = append(warnings, object{
				{"item", "user"},
				{"itemid", id},
				{"warningcode", refusal.code},
				{"message", refusal.message},
			})
		}
	}
	if unspeakable { // Moodle checks its own answer, which may have no HTML there
		return nil, errResponse
	}
	return object{{"warnings", warnings}}, nil
}

func (s *Site) updateUser(id int, row *array) *exception {
	if refusal := s.unchangeable(id); refusal != nil {
		return refusal
	}
	u := *s.users[id]
	before := u
	fill(&u, row)
	u.Username = cmp.Or(row.text("username"), u.Username)
	u.Auth = cmp.Or(row.text("auth"), u.Auth)
	if row.has("suspended") {
		u.Suspended = row.text("suspended") == "1"
	}
	complaint := weakness(row.text("password"))
	switch {
	case u.Email != before.Email && !emails.MatchString(u.Email):
		return refuse("useremailinvalid", "Invalid email address")
	case others(s.emails.find(u.Email), id) && u.Email != before.Email:
		return refuse("useremailduplicate", "Duplicate address")
	case complaint != "":
		return refuse(complaint, "error/"+complaint)
	case others(s.usernames.find(u.Username), id), tooLong(u) != "":
		return errWrite
	}
	s.put(u)
	return nil
}

func (s *Site) unchangeable(id int) *exception {
	u := s.users[id]
	switch {
	case u == nil:
		return refuse("invaliduserid", "Invalid user ID")
	case id == adminID:
		return refuse("usernotupdatedadmin", "Cannot update admin accounts")
	case u.Deleted:
		return refuse("usernotupdateddeleted", "error/usernotupdateddeleted")
	case id == guestID:
		return refuse("usernotupdatedguest", "Cannot update guest account")
	default:
		return nil
	}
}

func others(ids []int, id int) bool { return len(ids) > 1 || len(ids) == 1 && ids[0] != id }

// fill sets the fields of the profile that came.
func fill(u *User, row *array) {
	for name, field := range map[string]*string{
		"firstname":   &u.Firstname,
		"lastname":    &u.Lastname,
		"email":       &u.Email,
		"idnumber":    &u.Idnumber,
		"department":  &u.Department,
		"institution": &u.Institution,
		"city":        &u.City,
		"timezone":    &u.Timezone,
	} {
		if row.has(name) {
			*field = row.text(name)
		}
	}
	if country := row.text("country"); len(country) == 2 {
		u.Country = country // any other is lost without a word
	}
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// tooLong returns the first column that a text does not fit, or nothing.
func tooLong(u User) string {
	for _, column := range []struct {
		name, text string
		most       int
	}{
		{"username", u.Username, 100},
		{"firstname", u.Firstname, 100},
		{"lastname", u.Lastname, 100},
		{"email", u.Email, 100},
		{"idnumber", u.Idnumber, 255},
	} {
		if utf8.RuneCountInString(column.text) > column.most {
			return column.name
		}
	}
	return ""
}

// deleteUsers deletes all accounts or none.
func (s *Site) deleteUsers(args *array) (any, error) {
	ids := args.texts("userids")
	for _, text := range ids {
		if err := s.undeletable(text); err != nil {
			return nil, err
		}
	}
	for _, text := range ids {
		id, _ := strconv.Atoi(text)
		s.deleteUser(id)
	}
	return nil, nil
}

func (s *Site) undeletable(text string) error {
	id, _ := strconv.Atoi(text)
	switch u := s.users[id]; {
	case u == nil || u.Deleted:
		return errUser.because(sql("SELECT * FROM {user} WHERE id = ? AND deleted = ?", id, 0))
	case id == adminID:
		return refuse("useradminodelete", "Administrator accounts cannot be deleted.")
	case id == serviceID, id == guestID:
		return refuse("usernotdeletederror", "User not deleted - error")
	default:
		return nil
	}
}

// weakness says what Moodle's password policy has against a password.
func weakness(password string) string {
	if password == "" {
		return ""
	}
	var text strings.Builder
	complain := func(unless bool, sentence string) {
		if !unless {
			text.WriteString("<div>" + sentence + "</div>")
		}
	}
	complain(len(password) >= 8, "Passwords must be at least 8 characters long.")
	complain(strings.ContainsAny(password, "0123456789"), "Passwords must have at least 1 digit(s).")
	complain(strings.ToUpper(password) != password, "Passwords must have at least 1 lower case letter(s).")
	complain(strings.ToLower(password) != password, "Passwords must have at least 1 upper case letter(s).")
	complain(strings.ContainsFunc(password, special), "The password must have at least 1 special character(s) such as *, -, or #.")
	return text.String()
}

func special(r rune) bool { return !strings.ContainsRune(alphanumeric, r) }

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
