package sistest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Target tests that a target keeps what [sis.Target] promises, and what
// [sis.Rosterer], [sis.Remover], [sis.Grouper] and [sis.Cohorter] do if it is
// one. Each test is given an empty platform.
func Target(t *testing.T, empty func(testing.TB) sis.Target) {
	for name, test := range map[string]func(*platform){
		"answers a check":                                           func(p *platform) { p.ok(p.Check(p.Context())) },
		"batches of nothing are done":                               (*platform).writesNothing,
		"an account is found by its key, user name and address":     (*platform).findsUsers,
		"a course is found by its key, short name and id":           (*platform).findsCourses,
		"row 31: creating again gives the same ids":                 (*platform).createsOnce,
		"row 8: of several who create the same one does":            (*platform).createsOnceAmongSeveral,
		"row 1: a person without an address costs nobody else":      (*platform).refusesBadAddresses,
		"row 2: an address that is taken is refused":                (*platform).refusesTakenAddresses,
		"row 18: a change leaves alone what it does not name":       (*platform).changesWhatItSays,
		"row 30: a course or account that is gone costs no other":   (*platform).missesWhatIsGone,
		"row 10: suspending and returning is one place, with dates": (*platform).suspendsAndReturns,
		"row 20: one role is taken and the other stays":             (*platform).takesOneRole,
		"unenrolling is safe to repeat":                             (*platform).unenrols,
		"a group is made once, and people go in and out":            (*platform).keepsGroups,
	} {
		t.Run(name, func(t *testing.T) { test(&platform{T: t, Target: empty(t)}) })
	}
}

// A platform is a target under test.
type platform struct {
	*testing.T
	sis.Target
}

func (p *platform) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// wrote returns the ids of a batch of that many items that must have these
// errors, by item.
func (p *platform) wrote(items int, want map[int]string) func([]sis.Written, error) []string {
	return func(written []sis.Written, err error) []string {
		p.Helper()
		p.ok(err)
		if len(written) != items {
			p.Fatalf("%d answers for %d items", len(written), items)
		}
		ids := make([]string, items)
		for i, w := range written {
			if got := codeOf(w.Err); got != want[i] {
				p.Errorf("item %d: code %q (%v), want %q", i, got, w.Err, want[i])
			}
			ids[i] = w.ID
		}
		return ids
	}
}

func codeOf(err error) string {
	problem, ok := errors.AsType[*sis.Error](err)
	switch {
	case ok:
		return problem.Code
	case err != nil:
		return "not an *sis.Error"
	default:
		return ""
	}
}

func account(n int) sis.User {
	return sis.User{
		Key: fmt.Sprintf("P-%d", n), Username: fmt.Sprintf("user%d", n), Email: fmt.Sprintf("user%d@school.example", n),
		Given: "Given", Family: fmt.Sprintf("Family %d", n),
	}
}

func accounts(n int) []sis.User {
	users := make([]sis.User, n)
	for i := range users {
		users[i] = account(i)
	}
	return users
}

func shell(n int) sis.Course {
	return sis.Course{Key: fmt.Sprintf("S-%d", n), Shortname: fmt.Sprintf("COURSE-%d", n), Fullname: fmt.Sprintf("Course %d", n)}
}

// campus makes that many accounts and courses and returns their ids.
func (p *platform) campus(people, courses int) (users, rooms []string) {
	p.Helper()
	var shells []sis.Course
	for n := range courses {
		shells = append(shells, shell(n))
	}
	users = p.wrote(people, nil)(p.CreateUsers(p.Context(), accounts(people)))
	return users, p.wrote(courses, nil)(p.CreateCourses(p.Context(), shells))
}

// gone is an id that no platform under test gives.
const gone = "99999999"

func (p *platform) writesNothing() {
	p.wrote(0, nil)(p.CreateUsers(p.Context(), nil))
	p.wrote(0, nil)(p.UpdateUsers(p.Context(), nil))
	p.wrote(0, nil)(p.CreateCourses(p.Context(), nil))
	p.wrote(0, nil)(p.Enrol(p.Context(), nil))
}

func (p *platform) findsUsers() {
	ids, _ := p.campus(3, 0)
	want := account(1)
	want.ID = ids[1]
	for by, value := range map[sis.UserField]string{sis.UserByKey: want.Key, sis.UserByUsername: want.Username, sis.UserByEmail: "USER1@school.example"} {
		found, err := p.Users(p.Context(), by, []string{value, "nobody", ""})
		p.ok(err)
		if len(found) != 1 || found[0] != want {
			p.Errorf("by %s: %+v, want %+v", by, found, want)
		}
	}
	found, err := p.Users(p.Context(), sis.UserByKey, []string{strings.ToLower(want.Key)})
	p.ok(err)
	if len(found) != 0 {
		p.Errorf("row 26: a key in other letter case found %+v", found)
	}
}

func (p *platform) findsCourses() {
	_, ids := p.campus(0, 3)
	want := shell(2)
	for by, value := range map[sis.CourseField]string{sis.CourseByKey: want.Key, sis.CourseByShortname: want.Shortname, sis.CourseByID: ids[2]} {
		found, err := p.Courses(p.Context(), by, []string{value, gone, ""})
		p.ok(err)
		if len(found) != 1 || found[0].ID != ids[2] || found[0].Key != want.Key || found[0].Fullname != want.Fullname {
			p.Errorf("by %s: %+v, want %+v with id %s", by, found, want, ids[2])
		}
	}
}

func (p *platform) createsOnce() {
	users, courses := p.campus(120, 60)
	again, rooms := p.campus(120, 60)
	if !slices.Equal(users, again) || !slices.Equal(courses, rooms) || slices.Contains(users, "") || slices.Contains(courses, "") {
		p.Error("the second time gave other ids")
	}
}

func (p *platform) createsOnceAmongSeveral() {
	ids := make(chan string, 8)
	var writers sync.WaitGroup
	for range cap(ids) {
		writers.Go(func() {
			written, err := p.CreateUsers(p.Context(), []sis.User{account(1)})
			if err != nil || len(written) != 1 || written[0].Err != nil {
				p.Errorf("written = %v, %v", written, err)
				return
			}
			ids <- written[0].ID
		})
	}
	writers.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			p.Errorf("ids %s and %s of one person", first, id)
		}
	}
}

func (p *platform) refusesBadAddresses() {
	users := accounts(60)
	users[7].Email, users[21].Email, users[40].Given = "", "no address", " "
	p.wrote(60, map[int]string{7: "EMAIL_INVALID", 21: "EMAIL_INVALID", 40: "REQ_FIELD_MISSING"})(p.CreateUsers(p.Context(), users))
	found, err := p.Users(p.Context(), sis.UserByKey, []string{users[6].Key, users[7].Key, users[8].Key, users[59].Key})
	p.ok(err)
	if len(found) != 3 {
		p.Errorf("found %d accounts, want the three that were in order", len(found))
	}
}

func (p *platform) refusesTakenAddresses() {
	p.campus(1, 0)
	users := accounts(40)[10:]
	users[3].Email, users[9].Username = "USER0@school.example", "user0"
	p.wrote(30, map[int]string{3: "EMAIL_DUPLICATE", 9: "USERNAME_TAKEN"})(p.CreateUsers(p.Context(), users))
}

func (p *platform) changesWhatItSays() {
	ids, _ := p.campus(2, 0)
	p.wrote(2, map[int]string{1: "USER_GONE"})(p.UpdateUsers(p.Context(), []sis.User{{ID: ids[0], Family: "Married"}, {ID: gone, Family: "Nobody"}}))
	want := account(0)
	want.ID, want.Family = ids[0], "Married"
	found, err := p.Users(p.Context(), sis.UserByKey, []string{want.Key})
	p.ok(err)
	if len(found) != 1 || found[0] != want {
		p.Errorf("%+v, want %+v", found, want)
	}
}

func (p *platform) missesWhatIsGone() {
	users, courses := p.campus(50, 1)
	var places []sis.Enrolment
	for _, user := range users {
		places = append(places, sis.Enrolment{Course: courses[0], User: user, Role: sis.Student})
	}
	places[10].Course, places[20].User = gone, gone
	for range 2 {
		p.wrote(50, map[int]string{10: "COURSE_GONE", 20: "USER_GONE"})(p.Enrol(p.Context(), places))
	}
	if got := p.roster(courses[0]); got != nil && len(got) != 48 {
		p.Errorf("%d places, want 48", len(got))
	}
}

// roster returns who is in a course, or nil if the target cannot tell.
func (p *platform) roster(course string) []sis.Enrolment {
	p.Helper()
	from, ok := p.Target.(sis.Rosterer)
	if !ok {
		return nil
	}
	places := []sis.Enrolment{}
	p.ok(from.Roster(p.Context(), course, func(e sis.Enrolment) error { places = append(places, e); return nil }))
	slices.SortFunc(places, func(a, b sis.Enrolment) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Role, b.Role)) })
	return places
}

// wantRoster compares a roster, dates apart, which not every target tells.
func (p *platform) wantRoster(course string, want ...sis.Enrolment) {
	p.Helper()
	got := p.roster(course)
	if got == nil {
		return
	}
	for i := range got {
		got[i].Start, got[i].End = time.Time{}, time.Time{}
	}
	slices.SortFunc(want, func(a, b sis.Enrolment) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Role, b.Role)) })
	if !slices.Equal(got, want) {
		p.Errorf("roster %+v, want %+v", got, want)
	}
}

func (p *platform) suspendsAndReturns() {
	users, courses := p.campus(1, 1)
	e := sis.Enrolment{Course: courses[0], User: users[0], Role: sis.Student}
	for _, suspended := range []bool{false, true, true, false} {
		dated := e
		dated.Suspended = suspended
		dated.Start, dated.End = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)
		p.wrote(1, nil)(p.Enrol(p.Context(), []sis.Enrolment{dated}))
		e.Suspended = suspended
		p.wantRoster(courses[0], e)
	}
}

func (p *platform) takesOneRole() {
	users, courses := p.campus(1, 1)
	student := sis.Enrolment{Course: courses[0], User: users[0], Role: sis.Student}
	teacher := student
	teacher.Role = sis.Teacher
	p.wrote(2, nil)(p.Enrol(p.Context(), []sis.Enrolment{student, teacher}))
	p.wantRoster(courses[0], student, teacher)
	remover, ok := p.Target.(sis.Remover)
	if !ok {
		return
	}
	for range 2 {
		p.wrote(1, nil)(remover.RemoveRoles(p.Context(), []sis.Enrolment{student}))
		p.wantRoster(courses[0], teacher)
	}
}

func (p *platform) unenrols() {
	remover, ok := p.Target.(sis.Remover)
	if !ok {
		p.Skip("it takes nobody away")
	}
	users, courses := p.campus(2, 1)
	first := sis.Enrolment{Course: courses[0], User: users[0], Role: sis.Student}
	second := first
	second.User = users[1]
	p.wrote(2, nil)(p.Enrol(p.Context(), []sis.Enrolment{first, second}))
	for range 2 {
		p.wrote(1, nil)(remover.Unenrol(p.Context(), []sis.Enrolment{first}))
		p.wantRoster(courses[0], second)
	}
	p.wrote(1, nil)(p.Enrol(p.Context(), []sis.Enrolment{first}))
	p.wantRoster(courses[0], first, second)
}

func (p *platform) keepsGroups() {
	grouper, ok := p.Target.(sis.Grouper)
	if !ok {
		p.Skip("its courses have no groups")
	}
	users, courses := p.campus(2, 1)
	p.wrote(1, nil)(p.Enrol(p.Context(), []sis.Enrolment{{Course: courses[0], User: users[0], Role: sis.Student}}))
	groups := []sis.Group{{Course: courses[0], Key: "S-1", Name: "One"}, {Course: courses[0], Key: "S-2", Name: "Two"}, {Course: gone, Key: "S-3", Name: "Three"}}
	first := p.wrote(3, map[int]string{2: "COURSE_GONE"})(grouper.EnsureGroups(p.Context(), groups))
	again := p.wrote(3, map[int]string{2: "COURSE_GONE"})(grouper.EnsureGroups(p.Context(), groups))
	if !slices.Equal(first, again) || first[0] == first[1] || first[0] == "" {
		p.Errorf("ids %v, then %v", first, again)
	}
	for range 2 {
		p.wrote(3, map[int]string{1: "NOT_ENROLLED"})(grouper.SetMembers(p.Context(), []sis.Membership{
			{Group: first[0], User: users[0]}, {Group: first[0], User: users[1]}, {Group: first[1], User: users[0], Gone: true},
		}))
	}
}
