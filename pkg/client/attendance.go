package client

import (
	"context"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// The vocabulary of attendance, as it stands in the API.
type (
	// An Attendance is a person's attendance in a section on a day.
	Attendance = sync.Attendance
	// An AttendanceFilter chooses attendance; After is [AttendanceList].Next.
	AttendanceFilter = sync.AttendanceFilter
	// An AttendanceState is what became of it.
	AttendanceState = sync.AttendanceState
	// An AttendanceHold keeps a day from being posted.
	AttendanceHold = sync.AttendanceHold
	// An AttendanceSummary is what is known of a section on a day.
	AttendanceSummary = sync.AttendanceSummary
)

// AttendanceList is one page of days of people, the newest first.
type AttendanceList struct {
	Days []Attendance `json:"days"`
	Next string       `json:"next,omitempty"` // where the next page goes on
}

// AttendanceSections is one page of days of sections, the newest first.
type AttendanceSections struct {
	Sections []AttendanceSummary            `json:"sections"`
	Holds    []AttendanceHold               `json:"holds"`          // of the same days, released ones too
	Counts   map[sync.AttendanceState]int64 `json:"counts"`         // days of people, of the whole sync
	Next     string                         `json:"next,omitempty"` // where the next page goes on
}

// ReleaseAttendance lets a held day be posted.
type ReleaseAttendance struct {
	Day     string `json:"day"`               // 2026-10-05
	Section string `json:"section,omitempty"` // empty: what is held of the whole sync
	Reason  string `json:"reason"`
}

// Attendance lists days of people. It goes on after what an earlier page said
// in Next, if that is not empty.
func (c *Client) Attendance(ctx context.Context, f AttendanceFilter, after string) (AttendanceList, error) {
	return get[AttendanceList](ctx, c, path("syncs", f.Sync, "attendance"), attendanceQuery(f, after))
}

// AttendanceSections lists days of sections, with what is held.
func (c *Client) AttendanceSections(ctx context.Context, f AttendanceFilter, after string) (AttendanceSections, error) {
	return get[AttendanceSections](ctx, c, path("syncs", f.Sync, "attendance", "sections"), attendanceQuery(f, after))
}

func attendanceQuery(f AttendanceFilter, after string) url.Values {
	q := url.Values{}
	set(q, "from", f.From.String())
	set(q, "to", f.To.String())
	set(q, "section", f.Section)
	set(q, "person", f.Person)
	set(q, "state", string(f.State))
	set(q, "code", f.Code)
	set(q, "after", after)
	setNumber(q, "limit", int64(f.Limit))
	return q
}

// ReleaseAttendance lets a held day be posted, and returns the job that
// computes and posts it.
func (c *Client) ReleaseAttendance(ctx context.Context, sync string, r ReleaseAttendance) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "attendance", "release"), r)
}
