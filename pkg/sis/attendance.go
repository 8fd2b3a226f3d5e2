package sis

import (
	"context"
	"time"
)

// An ActivitySource is a target, or a log beside it, that can say what people
// did in courses.
type ActivitySource interface {
	// Activities sends what people did in a course from one instant to before
	// another, in the order of their times. An error means that nothing is
	// known, which is not the same as nothing having been done.
	Activities(ctx context.Context, course string, from, to time.Time, emit func(Activity) error) error

	// Alive reports whether there is anything at all, of anybody on the whole
	// platform, from one instant to before another: so a silent collector is told
	// apart from a quiet course.
	Alive(ctx context.Context, from, to time.Time) (bool, error)
}

// A LastSeer is a target that knows when people were in a course last, and
// nothing before that.
type LastSeer interface {
	// LastSeen returns when each user of the course was in it last; users who
	// never were are absent. Event is [SeenInCourse].
	LastSeen(ctx context.Context, course string) ([]Activity, error)
}

// SeenInCourse is the event of which nothing is known but that somebody was in
// a course. By itself it does not count as attending.
const SeenInCourse = "course_accessed"

// An Activity is one thing that a user did in a course.
type Activity struct {
	User   string // the target's ids
	Course string
	Event  string // what was done: attempt_submitted, post_created, course_viewed, …
	At     time.Time
}

// A Sink is where attendance is posted.
type Sink interface {
	// Check reports whether the sink answers and accepts the credentials.
	Check(ctx context.Context) error

	// Post makes the attendance of each section, person and day what it says,
	// in place of what was posted before, and answers for each item in order.
	// Attendance that was there already, and is not of ours to correct, stays:
	// ATT_EXISTS. The items whose outcome is unknown, because the sink broke off
	// or did not answer in time, carry ATT_UNKNOWN; Post's own error says that
	// the sink as a whole could not be reached, or refused to talk. The ID of
	// what was written is the sink's receipt.
	Post(ctx context.Context, days []Attendance) ([]Written, error)
}

// An AttendanceReader is a sink that can say what it holds, also of what was
// never posted by us.
type AttendanceReader interface {
	// Attendance returns what the sink holds of the same sections, persons and
	// days; those that it has nothing of are absent.
	Attendance(ctx context.Context, days []Attendance) ([]Attendance, error)
}

// Attendance is a person's attendance in a section on a day, in the section's
// zone.
type Attendance struct {
	ID      string `json:"id"`      // the same for each try to post the same
	Section string `json:"section"` // keys of the SIS
	Person  string `json:"person"`
	Day     Date   `json:"day"`
	Minutes int    `json:"minutes"` // 0 to 1,440
	Correct bool   `json:"correct"` // something else was posted before
	Posted  int    `json:"-"`       // what was posted before, if Correct
	Zone    string `json:"zone"`    // IANA name
}
