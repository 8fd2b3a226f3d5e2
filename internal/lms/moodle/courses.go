package moodle

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// CreateCourses implements [sis.Target]. A course that has the key already is
// taken for done.
func (t *Target) CreateCourses(ctx context.Context, courses []sis.Course) ([]sis.Written, error) {
	category, err := t.firstCategory(ctx)
	if err != nil {
		err = plain(err)
		written := make([]sis.Written, len(courses))
		for i := range written {
			written[i].Err = err
		}
		return written, err
	}
	filed := slices.Clone(courses)
	for i := range filed {
		filed[i].Category = cmp.Or(filed[i].Category, category)
	}
	w := writer[sis.Course]{
		Target:   t,
		function: createCourses,
		fields:   6,
		counted:  true,
		check:    checkCourse,
		keys: func(c sis.Course) []string {
			return []string{"shortname " + strings.ToLower(c.Shortname), "course key " + strings.ToLower(c.Key)}
		},
		send:    t.sendNewCourses,
		explain: t.explainNewCourses,
	}
	return w.write(ctx, filed)
}

// firstCategory returns where courses go that name no category.
func (t *Target) firstCategory(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.category != "" {
		return t.category, nil
	}
	answer, err := t.call(ctx, getCategories, nil, repeatable)
	if err != nil {
		return "", err
	}
	var list []struct{ ID, Parent, Sortorder int }
	if err := json.Unmarshal(answer, &list); err != nil {
		return "", odd(err)
	}
	if len(list) == 0 {
		return "", &outage{says: capability("The service user sees no course category in Moodle: let it create courses in one.")}
	}
	first := list[0]
	for _, c := range list {
		if c.Sortorder < first.Sortorder {
			first = c
		}
	}
	t.category = strconv.Itoa(first.ID)
	return t.category, nil
}

func checkCourse(c sis.Course) error {
	switch {
	case strings.TrimSpace(c.Shortname) == "" || strings.TrimSpace(c.Fullname) == "":
		return &sis.Error{Code: "REQ_FIELD_MISSING", Message: "Moodle needs a short name and a full name for a course."}
	case utf8.RuneCountInString(c.Shortname) > 255, utf8.RuneCountInString(c.Fullname) > 254, utf8.RuneCountInString(c.Key) > 100:
		return &sis.Error{Code: "TOO_LONG", Message: "Moodle's course names have 254 characters at most, their ID numbers 100."}
	case !isID(c.Category):
		return errCategoryGone
	default:
		return nil
	}
}

var (
	errCategoryGone   = &sis.Error{Code: "CATEGORY_GONE", Message: "The course category does not exist in Moodle, or the service user may not use it."}
	errShortnameTaken = &sis.Error{Code: "SHORTNAME_TAKEN", Message: "Another course in Moodle has this short name."}
	errKeyTaken       = &sis.Error{Code: "KEY_TAKEN", Message: "Another course in Moodle has this ID number, in other letter case."}
)

func newCourse(c sis.Course) params {
	p := params{{"fullname", c.Fullname}, {"shortname", c.Shortname}, {"categoryid", c.Category}}.with("idnumber", c.Key)
	if !c.Start.IsZero() {
		p = append(p, param{"startdate", unixText(c.Start)})
	}
	if !c.End.IsZero() {
		p = append(p, param{"enddate", unixText(c.End)})
	}
	return p
}

func (t *Target) sendNewCourses(ctx context.Context, courses []sis.Course) ([]sis.Written, error) {
	answer, err := t.call(ctx, createCourses, rows("courses", courses, newCourse), once)
	if isLost(err) {
		return t.readBack(ctx, err, func() ([]sis.Written, error) { return t.findNewCourses(ctx, courses) })
	}
	if err != nil {
		return nil, err
	}
	return countOff(answer, courses, func(c sis.Course) string { return c.Shortname })
}

// findNewCourses returns the ids of those courses that are there already.
func (t *Target) findNewCourses(ctx context.Context, courses []sis.Course) ([]sis.Written, error) {
	var names []string
	for _, c := range courses {
		names = append(names, c.Shortname)
	}
	found, err := t.courses(ctx, sis.CourseByShortname, names)
	if err != nil {
		return nil, err
	}
	written := make([]sis.Written, len(courses))
	for i, c := range courses {
		for _, other := range found {
			if other.Shortname == c.Shortname && other.Key == c.Key {
				written[i].ID = other.ID
			}
		}
	}
	return written, nil
}

// explainNewCourses finds the courses that a refusal speaks of.
func (t *Target) explainNewCourses(ctx context.Context, courses []sis.Course, why *refusal) (map[int]sis.Written, error) {
	settled := map[int]sis.Written{}
	for i, c := range courses {
		var err error
		var w sis.Written
		switch {
		case why.Code == "errorcatcontextnotvalid" && slices.Contains(numbers(why.Message), c.Category):
			w.Err = errCategoryGone
		case why.Code == "shortnametaken" && strings.Contains(why.Message, "("+c.Shortname+")"):
			w, err = t.holder(ctx, sis.CourseByShortname, c.Shortname, c, errShortnameTaken)
		case why.Code == "courseidnumbertaken" && strings.Contains(why.Message, "("+c.Key+")"):
			w, err = t.holder(ctx, sis.CourseByKey, c.Key, c, errKeyTaken)
		}
		if err != nil {
			return nil, err
		}
		if w != (sis.Written{}) {
			settled[i] = w
		}
	}
	return settled, nil
}

// holder looks up which course has what c was to have. If it has c's key it is
// c; else c is refused. If there is none, two courses of the batch wanted the
// same, and nothing is settled.
func (t *Target) holder(ctx context.Context, by sis.CourseField, text string, c sis.Course, taken *sis.Error) (sis.Written, error) {
	found, err := t.courses(ctx, by, []string{text})
	if err != nil || len(found) == 0 {
		return sis.Written{}, err
	}
	for _, other := range found {
		if c.Key != "" && other.Key == c.Key {
			return sis.Written{ID: other.ID}, nil
		}
	}
	return sis.Written{Err: taken}, nil
}
