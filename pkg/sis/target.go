package sis

import (
	"context"
	"time"
)

// A Target is a learning platform that people and registrations are written
// to. Every method is safe to repeat: after a timeout a target reads back what
// happened before it writes again.
//
// A method that writes answers for each item, in order. Its error says that
// the target as a whole could not be reached or refused to talk; the items
// whose outcome is then unknown carry that error too.
type Target interface {
	// Check reports whether the target answers, accepts the credentials, and
	// offers all that a sync needs.
	Check(ctx context.Context) error

	// Users returns the accounts that match any of the values, in no order.
	// Values that match nobody are absent; several accounts may match one.
	Users(ctx context.Context, by UserField, values []string) ([]User, error)

	// Courses is the same for courses.
	Courses(ctx context.Context, by CourseField, values []string) ([]Course, error)

	CreateUsers(ctx context.Context, users []User) ([]Written, error)
	UpdateUsers(ctx context.Context, users []User) ([]Written, error)
	CreateCourses(ctx context.Context, courses []Course) ([]Written, error)

	// Enrol makes each enrolment what it says: role, dates, suspended or not.
	// Roles that the user has in the course besides are left alone; dates and
	// suspension are of the user's place, whatever its roles.
	Enrol(ctx context.Context, enrolments []Enrolment) ([]Written, error)
}

// A Grouper is a target whose courses have groups: each section that shares a
// course with others has one.
type Grouper interface {
	// EnsureGroups returns the id of each group, in order, and makes those that
	// the course does not have yet.
	EnsureGroups(ctx context.Context, groups []Group) ([]Written, error)
	// SetMembers adds users to groups, or takes them out.
	SetMembers(ctx context.Context, members []Membership) ([]Written, error)
}

// A Remover is a target from which roles can be taken away one by one, and
// places for good.
type Remover interface {
	// RemoveRoles takes the role from the user of each enrolment. Other roles in
	// the course stay, and so does the place, with its dates. A role that the
	// user does not have is done.
	RemoveRoles(ctx context.Context, enrolments []Enrolment) ([]Written, error)
	// Unenrol ends the places with all their roles. A place that is not there is
	// done.
	Unenrol(ctx context.Context, enrolments []Enrolment) ([]Written, error)
}

// A Cohorter is a target that knows sets of users beside its courses, for
// which it has rules of its own.
type Cohorter interface {
	// EnsureCohorts returns the id of each cohort, in order, and makes those that
	// are not there yet.
	EnsureCohorts(ctx context.Context, cohorts []Cohort) ([]Written, error)
	// SetCohortMembers adds users to cohorts, or takes them out.
	SetCohortMembers(ctx context.Context, members []Membership) ([]Written, error)
}

// A Rosterer is a target that can say who is in a course.
type Rosterer interface {
	// Roster sends the places of a course to emit, one for each user and role,
	// whoever made them. Roles that a sync does not map come under the target's
	// own names, a user without any under an empty one. Dates are zero where the
	// target does not tell them. A course that is not there is COURSE_GONE.
	Roster(ctx context.Context, course string, emit func(Enrolment) error) error
}

// A Group is a group of a course.
type Group struct {
	Course string // the target's id
	Key    string // the section's key in the SIS
	Name   string
}

// A Cohort is a set of users of the target.
type Cohort struct {
	Key  string // unique in the target
	Name string
}

// A Membership is a user's place in a group or a cohort.
type Membership struct {
	Group string // the target's ids
	User  string
	Gone  bool // is to be taken out
}

// Written is what became of one item of a batch.
type Written struct {
	ID  string // the target's id of what was written; empty for enrolments and on error
	Err error  // an *Error; nil if it is done
}

// A UserField is what users are looked up by.
type UserField string

// What users are looked up by.
const (
	UserByKey      UserField = "key" // Moodle: idnumber
	UserByUsername UserField = "username"
	UserByEmail    UserField = "email"
)

// A CourseField is what courses are looked up by.
type CourseField string

// What courses are looked up by.
const (
	CourseByKey       CourseField = "key" // Moodle: idnumber
	CourseByShortname CourseField = "shortname"
	CourseByID        CourseField = "id"
)

// A User is an account of the target.
type User struct {
	ID        string `json:"id,omitempty"` // the target's
	Key       string `json:"key"`          // the person's key in the SIS
	Username  string `json:"username"`
	Email     string `json:"email"`
	Given     string `json:"given"`
	Family    string `json:"family"`
	Suspended bool   `json:"suspended,omitempty"`
}

// A Course is a course of the target.
type Course struct {
	ID        string    `json:"id,omitempty"` // the target's
	Key       string    `json:"key"`          // the section's key in the SIS, if it was made for one
	Shortname string    `json:"shortname"`    // unique in the target
	Fullname  string    `json:"fullname"`
	Category  string    `json:"category,omitempty"` // the target's id; empty: its first
	Start     time.Time `json:"start,omitzero"`
	End       time.Time `json:"end,omitzero"`
}

// An Enrolment is a user's place in a course.
type Enrolment struct {
	Course    string    `json:"course"` // the target's ids
	User      string    `json:"user"`
	Role      Role      `json:"role"`
	Start     time.Time `json:"start,omitzero"` // zero: no limit
	End       time.Time `json:"end,omitzero"`   // zero: no limit
	Suspended bool      `json:"suspended,omitempty"`
}
