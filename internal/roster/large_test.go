package roster_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// boundless is a target that takes everything at once and remembers nothing.
type boundless struct{ next int }

func (b *boundless) Check(context.Context) error { return nil }

func (b *boundless) Users(context.Context, sis.UserField, []string) ([]sis.User, error) {
	return nil, nil
}

func (b *boundless) Courses(context.Context, sis.CourseField, []string) ([]sis.Course, error) {
	return nil, nil
}

func (b *boundless) take(n int) ([]sis.Written, error) {
	written := make([]sis.Written, n)
	for i := range written {
		b.next++
		written[i].ID = fmt.Sprint(b.next)
	}
	return written, nil
}

func (b *boundless) CreateUsers(_ context.Context, users []sis.User) ([]sis.Written, error) {
	return b.take(len(users))
}

func (b *boundless) UpdateUsers(_ context.Context, users []sis.User) ([]sis.Written, error) {
	return b.take(len(users))
}

func (b *boundless) CreateCourses(_ context.Context, courses []sis.Course) ([]sis.Written, error) {
	return b.take(len(courses))
}

func (b *boundless) Enrol(_ context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return b.take(len(enrolments))
}

// university is a campus of n students, each in five classes.
func university(n int) *fakeSIS {
	from := newSIS(term("fall", "2026-09-01", "2027-01-15"))
	sections := max(n/6, 5)
	for i := range sections {
		key := fmt.Sprintf("section-%06d", i)
		from.add(class(key, fmt.Sprintf("CODE%d", i), "fall"))
	}
	for i := range n {
		person := fmt.Sprintf("person-%06d", i)
		from.add(student(person))
		for c := range 5 {
			from.add(registration(fmt.Sprintf("r-%06d-%d", i, c), fmt.Sprintf("section-%06d", (i*7+c*11)%sections), person))
		}
	}
	return from
}

// BenchmarkSync brings 25,000 registrations into a target that costs nothing,
// and then finds that nothing has changed.
func BenchmarkSync(b *testing.B) {
	from := university(5000)
	orient := func(s *sync.Sync) { s.OrientationCourse = "ORIENT" }
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			newCampus(b, from, &boundless{}, orient).must(roster.Args{})
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		c := newCampus(b, from, &boundless{}, orient)
		c.must(roster.Args{})
		for b.Loop() {
			c.must(roster.Args{})
		}
	})
}
