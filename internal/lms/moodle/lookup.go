package moodle

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Users implements [sis.Target]. Moodle compares without regard to case; keys
// are compared exactly here, for SIS ids that differ in case are two people.
func (t *Target) Users(ctx context.Context, by sis.UserField, values []string) ([]sis.User, error) {
	field := map[sis.UserField]string{sis.UserByKey: "idnumber", sis.UserByUsername: "username", sis.UserByEmail: "email"}[by]
	values = cleaned(by, values)
	users, err := t.accounts(ctx, field, values)
	if err != nil {
		return nil, plain(err)
	}
	if by == sis.UserByKey {
		users = slices.DeleteFunc(users, func(u sis.User) bool { return !slices.Contains(values, u.Key) })
	}
	return distinct(users, func(u sis.User) string { return u.ID }), nil
}

// distinct drops what was found twice, under values that differ in case only.
func distinct[T any](found []T, id func(T) string) []T {
	slices.SortFunc(found, func(a, b T) int { return strings.Compare(id(a), id(b)) })
	return slices.CompactFunc(found, func(a, b T) bool { return id(a) == id(b) })
}

// cleaned drops the values that no account can have, and with which Moodle
// would refuse the whole call.
func cleaned(by sis.UserField, values []string) []string {
	var kept []string
	for _, v := range values {
		switch by {
		case sis.UserByUsername:
			if v = strings.ToLower(strings.TrimSpace(v)); !usernames.MatchString(v) {
				continue
			}
		case sis.UserByEmail:
			v = strings.ToLower(strings.TrimSpace(v))
		}
		if v != "" {
			kept = append(kept, v)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

var usernames = regexp.MustCompile(`^[-.@_a-z0-9]+$`)

// An account is a user as Moodle describes it.
type account struct {
	ID        int    `json:"id"`
	Username  string `json:"username"`
	Firstname string `json:"firstname"`
	Lastname  string `json:"lastname"`
	Email     string `json:"email"`
	Idnumber  string `json:"idnumber"`
	Suspended bool   `json:"suspended"`
}

func (a account) user() sis.User {
	return sis.User{
		ID: strconv.Itoa(a.ID), Key: a.Idnumber, Username: a.Username, Email: a.Email,
		Given: a.Firstname, Family: a.Lastname, Suspended: a.Suspended,
	}
}

// accounts looks accounts up by a field of Moodle's.
func (t *Target) accounts(ctx context.Context, field string, values []string) ([]sis.User, error) {
	var users []sis.User
	for chunk := range slices.Chunk(values, t.rowsPerCall(1)) {
		found, err := t.someAccounts(ctx, field, chunk)
		if err != nil {
			return nil, err
		}
		users = append(users, found...)
	}
	return users, nil
}

// someAccounts is one call, or more of them if a value makes Moodle refuse the
// lot: that value matches nobody.
func (t *Target) someAccounts(ctx context.Context, field string, values []string) ([]sis.User, error) {
	form := params{{"field", field}}
	for i, v := range values {
		form = append(form, param{"values[" + strconv.Itoa(i) + "]", v})
	}
	answer, err := t.call(ctx, usersByField, form, repeatable)
	if refused, ok := errors.AsType[*refusal](err); ok && len(values) == 1 {
		t.log.WarnContext(ctx, "moodle refuses to look up a value", "field", field, "error", refused)
		return nil, nil
	} else if ok {
		return t.halfTheAccounts(ctx, field, values)
	}
	if err != nil {
		return nil, err
	}
	var accounts []account
	if err := json.Unmarshal(answer, &accounts); err != nil {
		return nil, odd(err)
	}
	users := make([]sis.User, len(accounts))
	for i, a := range accounts {
		users[i] = a.user()
	}
	return users, nil
}

func (t *Target) halfTheAccounts(ctx context.Context, field string, values []string) ([]sis.User, error) {
	middle := len(values) / 2
	users, err := t.someAccounts(ctx, field, values[:middle])
	if err != nil {
		return nil, err
	}
	rest, err := t.someAccounts(ctx, field, values[middle:])
	return append(users, rest...), err
}

// odd is the outage behind an answer that is JSON, but not what was asked for.
func odd(err error) error {
	return &outage{says: unavailable("Moodle gave an answer that makes no sense.", err), lost: true}
}

// Courses implements [sis.Target]. The front page of the site, which Moodle
// counts as a course, is not among them.
func (t *Target) Courses(ctx context.Context, by sis.CourseField, values []string) ([]sis.Course, error) {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	values = slices.DeleteFunc(values, func(v string) bool { return strings.TrimSpace(v) == "" })
	courses, err := t.courses(ctx, by, values)
	if err != nil {
		return nil, plain(err)
	}
	if by == sis.CourseByKey {
		courses = slices.DeleteFunc(courses, func(c sis.Course) bool { return !slices.Contains(values, c.Key) })
	}
	return distinct(courses, func(c sis.Course) string { return c.ID }), nil
}

func (t *Target) courses(ctx context.Context, by sis.CourseField, values []string) ([]sis.Course, error) {
	if by == sis.CourseByID {
		return t.coursesByID(ctx, values)
	}
	field := map[sis.CourseField]string{sis.CourseByKey: "idnumber", sis.CourseByShortname: "shortname"}[by]
	return t.coursesOneByOne(ctx, field, values)
}

// coursesByID asks for many at once, which Moodle answers only if all of them
// exist; else it asks for each.
func (t *Target) coursesByID(ctx context.Context, ids []string) ([]sis.Course, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !isID(id) })
	var courses []sis.Course
	for chunk := range slices.Chunk(ids, t.cfg.Batch) {
		found, err := t.someCourses(ctx, "ids", strings.Join(chunk, ","))
		if _, refused := errors.AsType[*refusal](err); refused {
			found, err = t.coursesOneByOne(ctx, "id", chunk)
		}
		if err != nil {
			return nil, err
		}
		courses = append(courses, found...)
	}
	return courses, nil
}

// lookers is how many courses are looked up at a time: Moodle finds them by
// one value only, and gains nothing beyond a few calls at once.
const lookers = 4

func (t *Target) coursesOneByOne(ctx context.Context, field string, values []string) ([]sis.Course, error) {
	found := make([][]sis.Course, len(values))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookers)
	for i, v := range values {
		group.Go(func() (err error) {
			found[i], err = t.someCourses(ctx, field, v)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

func (t *Target) someCourses(ctx context.Context, field, text string) ([]sis.Course, error) {
	answer, err := t.call(ctx, coursesBy, params{{"field", field}, {"value", text}}, repeatable)
	if err != nil {
		return nil, err
	}
	var list struct {
		Courses []struct {
			ID                            int
			Idnumber, Shortname, Fullname string
			Categoryid                    int
			Startdate, Enddate            int64
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, odd(err)
	}
	var courses []sis.Course
	for _, c := range list.Courses {
		if c.ID != frontPage {
			courses = append(courses, sis.Course{
				ID: strconv.Itoa(c.ID), Key: c.Idnumber, Shortname: c.Shortname, Fullname: c.Fullname,
				Category: strconv.Itoa(c.Categoryid), Start: fromUnix(c.Startdate), End: fromUnix(c.Enddate),
			})
		}
	}
	return courses, nil
}

// frontPage is the course that a site itself is.
const frontPage = 1

// isID reports whether text can be an id; Moodle refuses whole calls for one
// that is not a number.
func isID(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0 && strconv.Itoa(n) == text
}

// fromUnix reads one of Moodle's times, of which zero means none.
func fromUnix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// unixText writes one.
func unixText(at time.Time) string {
	if at.IsZero() {
		return "0"
	}
	return strconv.FormatInt(at.Unix(), 10)
}
