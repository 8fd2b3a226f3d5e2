// Package reference is a learning platform in memory: the [sis.Target] that
// says what a target has to do, and that tests write to in place of a real one.
//
// It behaves as Moodle does where it shows: one place per user and course with
// any number of roles, e-mail addresses and user names that are unique whatever
// their case, keys that are not, and refusals with the same codes. What it
// holds can be compared with what it should hold ([Target.State]), people in
// the LMS can meddle with it ([Target.AddPlace] and the like), and trouble is
// made on purpose ([Target.SetFaults]).
//
//	lms := reference.New()
//	lms.AddCourse(sis.Course{Shortname: "ORIENT", Fullname: "Orientation"})
//	lms.SetFaults(reference.Faults{Lose: reference.Every(3)})
package reference

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Target is a learning platform in memory. It may be used from several
// goroutines.
type Target struct {
	mu      sync.RWMutex
	lastID  int
	users   map[string]*sis.User   // by id, as the following are
	courses map[string]*sis.Course //
	rosters map[string]roster      // of each course
	groups  map[string]*group
	within  map[string][]*group // the same by course
	cohorts map[string]*cohort
	limits  map[string]int // of the places in a course

	usersBy   map[sis.UserField]index
	coursesBy map[sis.CourseField]index
	groupIDs  map[groupKey]string
	cohortIDs map[string]string // by key

	watch   sync.Mutex
	faults  Faults
	counts  Counts
	writing map[string]int // calls in each course at this moment
}

var (
	_ sis.Target   = (*Target)(nil)
	_ sis.Grouper  = (*Target)(nil)
	_ sis.Remover  = (*Target)(nil)
	_ sis.Cohorter = (*Target)(nil)
	_ sis.Rosterer = (*Target)(nil)
)

// New returns an empty platform.
func New() *Target {
	return &Target{
		users: map[string]*sis.User{}, courses: map[string]*sis.Course{}, rosters: map[string]roster{},
		groups: map[string]*group{}, within: map[string][]*group{}, cohorts: map[string]*cohort{}, limits: map[string]int{},
		usersBy:   map[sis.UserField]index{sis.UserByKey: {}, sis.UserByUsername: {}, sis.UserByEmail: {}},
		coursesBy: map[sis.CourseField]index{sis.CourseByKey: {}, sis.CourseByShortname: {}},
		groupIDs:  map[groupKey]string{}, cohortIDs: map[string]string{},
		counts: Counts{Calls: map[Call]int{}}, writing: map[string]int{},
	}
}

// Check implements [sis.Target].
func (t *Target) Check(ctx context.Context) error {
	visit, err := t.visit(ctx, Check)
	if err != nil {
		return err
	}
	return visit.end(nil)
}

func (t *Target) newID() string {
	t.lastID++
	return strconv.Itoa(t.lastID)
}

// An index finds ids by a text, whatever its case.
type index map[string][]string

func (x index) find(text string) []string { return x[strings.ToLower(text)] }

func (x index) add(text, id string) {
	if text != "" {
		key := strings.ToLower(text)
		x[key] = append(x[key], id)
	}
}

func (x index) remove(text, id string) {
	key := strings.ToLower(text)
	var kept []string
	for _, other := range x[key] {
		if other != id {
			kept = append(kept, other)
		}
	}
	if x[key] = kept; kept == nil {
		delete(x, key)
	}
}

// write does one for each item of a batch, with the platform to itself.
func write[T any](ctx context.Context, t *Target, call Call, items []T, courseOf func(T) string, one func(T) (string, error)) ([]sis.Written, error) {
	written := make([]sis.Written, len(items))
	defer enter(t, items, courseOf)()
	visit, err := t.visit(ctx, call)
	if err != nil {
		return failed(written, err)
	}
	t.mu.Lock()
	for i, item := range items {
		if written[i].Err = visit.refusal(item); written[i].Err == nil {
			written[i].ID, written[i].Err = one(item)
		}
	}
	t.mu.Unlock()
	if err := visit.end(written); err != nil {
		return failed(written, err)
	}
	return written, nil
}

// nowhere is the course of what is not in one.
func nowhere[T any](T) string { return "" }

func failed(written []sis.Written, err error) ([]sis.Written, error) {
	for i := range written {
		written[i] = sis.Written{Err: err}
	}
	return written, err
}

func refuse(code, message string) *sis.Error { return &sis.Error{Code: code, Message: message} }
