package moodle

import (
	"context"
	"regexp"
	"slices"
	"strconv"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Enrol implements [sis.Target]. Enrolling is safe to repeat, so an answer
// that got lost is made up for by doing it again.
func (t *Target) Enrol(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return t.enrolmentWriter(enrolUsers, "enrolments", t.enrolment).write(ctx, enrolments)
}

// enrolmentWriter writes enrolments with a function that takes a list of them
// and is harmless to repeat.
func (t *Target) enrolmentWriter(function, list string, form func(sis.Enrolment) params) writer[sis.Enrolment] {
	return writer[sis.Enrolment]{
		Target:   t,
		function: function,
		fields:   6,
		check:    t.checkEnrolment,
		keys:     func(e sis.Enrolment) []string { return []string{"course " + e.Course} },
		send: func(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
			_, err := t.call(ctx, function, rows(list, enrolments, form), repeatable)
			return make([]sis.Written, len(enrolments)), err
		},
		explain: t.explainEnrolments,
	}
}

func (t *Target) checkEnrolment(e sis.Enrolment) error {
	if t.cfg.Roles[e.Role] == 0 {
		return &sis.Error{Code: "CONFIG_INVALID", Message: "No role of Moodle is set for the role “" + string(e.Role) + "”."}
	}
	return checkPlace(e)
}

func checkPlace(e sis.Enrolment) error {
	switch {
	case !isID(e.Course):
		return errCourseGone
	case !isID(e.User):
		return errUserGone
	default:
		return nil
	}
}

var (
	errCourseGone   = &sis.Error{Code: "COURSE_GONE", Message: "The course does not exist in Moodle any more."}
	errCourseFull   = &sis.Error{Code: "COURSE_FULL", Message: "The course has no place left in Moodle."}
	errCourseClosed = &sis.Error{Code: "COURSE_CLOSED", Message: "The course has no manual enrolment in Moodle: add that enrolment method to it."}
	errRoleRefused  = &sis.Error{Code: "ROLE_REFUSED", Message: "The service user may not give this role in this course: allow it in " +
		"Site administration → Users → Permissions → Define roles → Allow role assignments."}
)

// enrolment sends every field: Moodle resets what is left out.
func (t *Target) enrolment(e sis.Enrolment) params {
	suspend := "0"
	if e.Suspended {
		suspend = "1"
	}
	return params{
		{"roleid", strconv.Itoa(t.cfg.Roles[e.Role])},
		{"userid", e.User},
		{"courseid", e.Course},
		{"timestart", unixText(e.Start)},
		{"timeend", unixText(e.End)},
		{"suspend", suspend},
	}
}

func (t *Target) explainEnrolments(ctx context.Context, enrolments []sis.Enrolment, why *refusal) (map[int]sis.Written, error) {
	switch why.Code {
	case "wsusercannotassign":
		return t.roleRefused(enrolments, why), nil
	case "wsnoinstance":
		return courseClosed(enrolments, why), nil
	case "maxenrolledreached":
		return courseFull(enrolments), nil
	default:
		return t.missing(ctx, enrolments)
	}
}

// roleRefused settles the enrolments with the role and the course that the
// refusal names: whose they are makes no difference.
func (t *Target) roleRefused(enrolments []sis.Enrolment, why *refusal) map[int]sis.Written {
	named := numbers(why.Message)
	culprit := slices.IndexFunc(enrolments, func(e sis.Enrolment) bool {
		return slices.Contains(named, e.User) && slices.Contains(named, e.Course) &&
			slices.Contains(named, strconv.Itoa(t.cfg.Roles[e.Role]))
	})
	if culprit < 0 {
		return nil
	}
	settled := map[int]sis.Written{}
	for i, e := range enrolments {
		if e.Course == enrolments[culprit].Course && e.Role == enrolments[culprit].Role {
			settled[i] = sis.Written{Err: errRoleRefused}
		}
	}
	return settled
}

// courseFull settles an enrolment that stands alone. Moodle itself does not
// limit manual enrolment; plug-ins that do say so as self-enrolment does, and
// do not name the course.
func courseFull(enrolments []sis.Enrolment) map[int]sis.Written {
	if len(enrolments) > 1 {
		return nil
	}
	return map[int]sis.Written{0: {Err: errCourseFull}}
}

func courseClosed(enrolments []sis.Enrolment, why *refusal) map[int]sis.Written {
	settled := map[int]sis.Written{}
	for i, e := range enrolments {
		if slices.Contains(numbers(why.Message), e.Course) {
			settled[i] = sis.Written{Err: errCourseClosed}
		}
	}
	return settled
}

var digits = regexp.MustCompile(`\d+`)

// numbers returns the numbers in a refusal, which are the same in every
// language of Moodle.
func numbers(text string) []string { return digits.FindAllString(text, -1) }

// missing settles the enrolments whose user or course is not in Moodle.
func (t *Target) missing(ctx context.Context, enrolments []sis.Enrolment) (map[int]sis.Written, error) {
	users, courses := map[string]bool{}, map[string]bool{}
	for _, e := range enrolments {
		users[e.User], courses[e.Course] = false, false
	}
	accounts, err := t.accounts(ctx, "id", names(users))
	if err != nil {
		return nil, err
	}
	for _, u := range accounts {
		users[u.ID] = !deleted(u)
	}
	found, err := t.coursesByID(ctx, names(courses))
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		courses[c.ID] = true
	}
	settled := map[int]sis.Written{}
	for i, e := range enrolments {
		switch {
		case !courses[e.Course]:
			settled[i] = sis.Written{Err: errCourseGone}
		case !users[e.User]:
			settled[i] = sis.Written{Err: errUserGone}
		}
	}
	return settled, nil
}

// names returns the keys of a map in a stable order.
func names(known map[string]bool) []string {
	var list []string
	for name := range known {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// deleted recognises an account that Moodle has deleted, and still shows to
// those who ask for its id: its address has become a checksum.
func deleted(u sis.User) bool { return checksum.MatchString(u.Email) }

var checksum = regexp.MustCompile(`^[0-9a-f]{32}$`)
