package moodlesim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// enrolUsers makes all enrolments or none. What a row leaves out is reset: the
// dates become none, a suspended enrolment becomes active. A role is added to
// those that the user has.
func (s *Site) enrolUsers(args *array) (any, error) {
	rows := args.rows("enrolments")
	coming := map[place]bool{}
	for _, row := range rows {
		if err := s.refuseEnrolment(row); err != nil {
			return nil, err
		}
		if err := s.refuseNewcomer(place{row.number("courseid"), row.number("userid")}, coming); err != nil {
			return nil, err
		}
	}
	for _, row := range rows {
		s.enrol(row)
	}
	return nil, nil
}

func (s *Site) refuseEnrolment(row *array) error {
	course, user, role := row.number("courseid"), row.number("userid"), row.number("roleid")
	switch {
	case s.courses[course] == nil:
		return errParameter
	case roleNames[role] == "":
		return refuse("wsusercannotassign", fmt.Sprintf(
			"You don't have the permission to assign this role (%d) to this user (%d) in this course (%d).", role, user, course))
	case course == 1, s.courses[course].NoManual:
		return refuse("wsnoinstance", fmt.Sprintf(
			"Manual enrolment plugin instance doesn't exist or is disabled for the course (id = %d)", course))
	case s.users[user] == nil:
		return errUser
	case s.users[user].Deleted:
		return refuse("userdeleted", "This user account has been deleted")
	default:
		return nil
	}
}

// refuseNewcomer is what a plug-in says that limits the places of a course,
// beside those who are coming in the same batch.
func (s *Site) refuseNewcomer(at place, coming map[place]bool) error {
	most := s.courses[at.course].Places
	if most == 0 || s.enrolments[at] != nil {
		return nil
	}
	coming[at] = true
	taken := 0
	for other := range coming {
		taken += number(other.course == at.course)
	}
	for other := range s.enrolments {
		taken += number(other.course == at.course)
	}
	if taken > most {
		return refuse("maxenrolledreached", "Maximum number of users allowed to self-enrol was already reached.")
	}
	return nil
}

func (s *Site) enrol(row *array) {
	at := place{row.number("courseid"), row.number("userid")}
	e := s.enrolments[at]
	if e == nil {
		e = s.putEnrolment(Enrolment{Course: at.course, User: at.user})
	}
	if role := row.number("roleid"); !slices.Contains(e.Roles, role) {
		e.Roles = append(e.Roles, role)
	}
	e.Start, e.End, e.Status = fromUnix(row.number("timestart")), fromUnix(row.number("timeend")), Active
	if row.number("suspend") != 0 {
		e.Status = Suspended
	}
}

// unenrolUsers ends all enrolments or none; ending what is not is no error.
func (s *Site) unenrolUsers(args *array) (any, error) {
	rows := args.rows("enrolments")
	for _, row := range rows {
		if s.courses[row.number("courseid")] == nil {
			return nil, noRecord("course")
		}
		if s.users[row.number("userid")] == nil {
			return nil, errUser
		}
	}
	for _, row := range rows {
		s.unenrol(place{row.number("courseid"), row.number("userid")})
	}
	return nil, nil
}

func (s *Site) getEnrolledUsers(args *array) (any, error) {
	course := args.number("courseid")
	if s.courses[course] == nil {
		return nil, noRecord("course")
	}
	options := map[string]string{}
	for _, row := range args.rows("options") {
		options[row.text("name")] = row.text("value")
	}
	found := []object{}
	for _, u := range section(s.participants(course, options), options) {
		found = append(found, s.participant(u, course).only(options["userfields"]))
	}
	return found, nil
}

// participants returns the users of a course in the order asked for.
func (s *Site) participants(course int, options map[string]string) []*User {
	var users []*User
	for _, e := range s.sortedEnrolments() {
		suspended := e.Status == Suspended
		if e.Course != course || options["onlyactive"] == "1" && suspended || options["onlysuspended"] == "1" && !suspended {
			continue
		}
		users = append(users, s.users[e.User])
	}
	keys := map[string]func(*User) string{
		"lastname":  func(u *User) string { return u.Lastname },
		"firstname": func(u *User) string { return u.Firstname },
		"username":  func(u *User) string { return u.Username },
	}
	if key := keys[options["sortby"]]; key != nil {
		slices.SortStableFunc(users, func(a, b *User) int { return strings.Compare(key(a), key(b)) })
	}
	if strings.EqualFold(options["sortdirection"], "desc") {
		slices.Reverse(users)
	}
	return users
}

// section cuts out the part of a list that limitfrom and limitnumber name.
func section(users []*User, options map[string]string) []*User {
	from, _ := strconv.Atoi(options["limitfrom"])
	users = users[min(max(from, 0), len(users)):]
	if most, _ := strconv.Atoi(options["limitnumber"]); most > 0 {
		users = users[:min(most, len(users))]
	}
	return users
}

// participant is how a site describes an account to those who ask for the
// people of a course.
func (s *Site) participant(u *User, course int) object {
	seen := object{{"lastcourseaccess", toUnix(s.visits[place{course, u.ID}])}}
	return slices.Concat(s.identity(u), seen, u.place(), pictures(), s.standing(u, course))
}

// standing is what an account is in a course, and where it is besides.
func (s *Site) standing(u *User, course int) object {
	roles, courses := []object{}, []object{}
	if e := s.enrolments[place{course, u.ID}]; e != nil {
		for _, role := range e.Roles {
			roles = append(roles, object{{"roleid", role}, {"name", ""}, {"shortname", roleNames[role]}, {"sortorder", 0}})
		}
	}
	for _, c := range s.coursesOf(u.ID) {
		courses = append(courses, object{{"id", c.ID}, {"fullname", c.Fullname}, {"shortname", c.Shortname}})
	}
	return object{{"roles", roles}, {"enrolledcourses", courses}}
}

// getCourseUserProfiles leaves out those who are not in the course.
func (s *Site) getCourseUserProfiles(args *array) (any, error) {
	found := []object{}
	for _, row := range args.rows("userlist") {
		at := place{row.number("courseid"), row.number("userid")}
		if u := s.users[at.user]; u != nil && s.enrolments[at] != nil {
			found = append(found, slices.Concat(s.account(u), s.standing(u, at.course)))
		}
	}
	return found, nil
}

// getEnrolmentMethods tells of the methods by which people can enter a course
// themselves, of which the simulator has none: manual enrolment is not told.
func (s *Site) getEnrolmentMethods(args *array) (any, error) {
	if s.courses[args.number("courseid")] == nil {
		return nil, noRecord("course")
	}
	return []object{}, nil
}

// only keeps the fields named in a list with commas, and the full name, which
// always comes; all of them if the list is empty.
func (o object) only(names string) object {
	if names == "" {
		return o
	}
	wanted := append(strings.Split(names, ","), "fullname")
	return slices.DeleteFunc(o, func(p pair) bool { return !slices.Contains(wanted, p.name) })
}

// coursesOf returns the courses in which a user's enrolment is active, in the
// order of the site.
func (s *Site) coursesOf(user int) []*Course {
	var courses []*Course
	for at, e := range s.enrolments {
		if at.user == user && e.Status == Active {
			courses = append(courses, s.courses[at.course])
		}
	}
	slices.SortFunc(courses, func(a, b *Course) int {
		return cmp.Or(s.categoryOrder(a.Category)-s.categoryOrder(b.Category), b.ID-a.ID)
	})
	return courses
}

func (s *Site) getUsersCourses(args *array) (any, error) {
	found := []object{}
	for _, c := range s.coursesOf(args.number("userid")) {
		found = append(found, object{
			{"id", c.ID},
			{"shortname", c.Shortname},
			{"fullname", c.Fullname},
			{"displayname", c.Fullname},
			{"enrolledusercount", len(s.participants(c.ID, nil))},
			{"idnumber", c.Idnumber},
			{"visible", number(!c.Hidden)},
			{"summary", ""},
			{"summaryformat", 0},
			{"format", "topics"},
			{"courseimage", courseImage(c)},
			{"showgrades", true},
			{"lang", ""},
			{"enablecompletion", true},
			{"completionhascriteria", false},
			{"completionusertracked", true},
			{"category", c.Category},
			{"progress", nil},
			{"completed", false},
			{"startdate", toUnix(c.Start)},
			{"enddate", toUnix(c.End)},
			{"marker", 0},
			{"lastaccess", nil},
			{"isfavourite", false},
			{"hidden", false},
			{"overviewfiles", []object{}},
			{"showactivitydates", false},
			{"showcompletionconditions", true},
			{"timemodified", 0},
		})
	}
	return found, nil
}
