package apitest

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

var attendedOn = sis.Date{Year: 2026, Month: 8, Day: 31}

// attendance is a section's day that is held, with a student who is posted.
func attendance() ([]sync.Attendance, sync.AttendanceHold) {
	class := sync.AttendanceClass{Section: "s-1", Day: attendedOn, Students: 20, Attended: 2}
	place := func(person string) sync.AttendancePlace {
		return sync.AttendancePlace{Section: "s-1", Person: person, Day: attendedOn}
	}
	days := []sync.Attendance{
		{AttendancePlace: place("p-1"), Zone: "UTC", Minutes: 50, Posted: new(50), Revision: 1, State: sync.AttPosted, Receipt: "att_1", SentAt: Now, Changed: Now},
		{AttendancePlace: place("p-2"), Zone: "UTC", Minutes: 30, State: sync.AttHeld, Code: sync.BrakeAttendance, Message: "Far fewer than usual.", Changed: Now},
	}
	return days, sync.AttendanceHold{
		AttendanceClass: class, Code: sync.BrakeAttendance, Reason: "2 of 20 students attended, where 18 would be usual by the weeks before.", Made: Now,
	}
}

// Attendance implements api.Ledger.
func (l Ledger) Attendance(ctx context.Context, f sync.AttendanceFilter) (found []sync.Attendance, err error) {
	days, _ := attendance()
	for _, d := range days {
		if f.State == "" || d.State == f.State {
			found = append(found, d)
		}
	}
	return found, l.Ping(ctx)
}

// AttendanceSummaries implements api.Ledger.
func (l Ledger) AttendanceSummaries(ctx context.Context, f sync.AttendanceFilter) ([]sync.AttendanceSummary, error) {
	_, hold := attendance()
	if f.Section != "" && f.Section != hold.Section {
		return nil, l.Ping(ctx)
	}
	return []sync.AttendanceSummary{{
		AttendanceClass: hold.AttendanceClass, Title: "Algebra", Minutes: 80, Posted: 50,
		States: map[sync.AttendanceState]int64{sync.AttPosted: 1, sync.AttHeld: 1}, Hold: &hold,
	}}, l.Ping(ctx)
}

// AttendanceHolds implements api.Ledger.
func (l Ledger) AttendanceHolds(ctx context.Context, _ string, _, _ sis.Date) ([]sync.AttendanceHold, error) {
	_, hold := attendance()
	return []sync.AttendanceHold{hold}, l.Ping(ctx)
}

// AttendanceCounts implements api.Ledger.
func (l Ledger) AttendanceCounts(ctx context.Context, _ string) (map[sync.AttendanceState]int64, error) {
	return map[sync.AttendanceState]int64{sync.AttPosted: 1, sync.AttHeld: 1}, l.Ping(ctx)
}

// ReleaseAttendance implements api.Ledger.
func (l Ledger) ReleaseAttendance(ctx context.Context, _, section string, day sis.Date, _, _ string, _ time.Time) (int64, error) {
	if day != attendedOn || section != "s-1" {
		return 0, fault.New(fault.NotFound, "Nothing of %s is held or unknown.", day)
	}
	return 1, l.Ping(ctx)
}
