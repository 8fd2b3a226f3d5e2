package attendance

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Store is where attendance is kept. Each writing method is one transaction,
// and harmless when it is repeated.
type Store interface {
	// SISCampus returns what a sync knows of sections, people and registrations.
	SISCampus(ctx context.Context, name string) (sync.Campus, error)

	// Attendance returns what matches.
	Attendance(ctx context.Context, f sync.AttendanceFilter) ([]sync.Attendance, error)
	// AttendanceClasses returns how many attended on the days from one to another.
	AttendanceClasses(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceClass, error)
	// AttendanceHolds returns the holds of those days.
	AttendanceHolds(ctx context.Context, name string, from, to sis.Date) ([]sync.AttendanceHold, error)
	// CollectAttendance takes what collecting has changed.
	CollectAttendance(ctx context.Context, c sync.Collected) error

	// AttendanceToPost returns days that the sink does not have as they are, up
	// to a day; those that it has nothing of with least minutes or more.
	AttendanceToPost(ctx context.Context, name string, until sis.Date, least, limit int) ([]sync.Attendance, error)
	// PutAttendance says how days stand now.
	PutAttendance(ctx context.Context, name string, days []sync.Attendance) error

	// FeedbackDrops returns who dropped a section within so long after attendance
	// was posted, since a time, and was not reported yet.
	FeedbackDrops(ctx context.Context, name string, since time.Time, within time.Duration) ([]sync.FeedbackDrop, error)
}
