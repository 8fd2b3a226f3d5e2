package attendance

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// within is how soon after a post a drop is suspicious.
const within = 24 * time.Hour

// verify reads back what the sink has of days that are posted, and reports
// whom the SIS dropped soon after we posted.
func verify(ctx context.Context, s *step) error {
	if err := resolve(ctx, s); err != nil {
		return err
	}
	posted, err := s.store.Attendance(ctx, sync.AttendanceFilter{Sync: s.sync.Name, From: s.from, To: s.to, State: sync.AttPosted})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(posted, batch) {
		has, ok, err := s.readBack(ctx, some)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := s.store.PutAttendance(ctx, s.sync.Name, s.changed(some, has)); err != nil {
			return err
		}
	}
	return s.reportDrops(ctx)
}

// changed returns the days of which the sink has something else than we posted.
func (s *step) changed(days []sync.Attendance, has map[sync.AttendancePlace]int) (conflicts []sync.Attendance) {
	for _, a := range days {
		if held, found := has[a.AttendancePlace]; !found || held != *a.Posted {
			s.conflict(&a, held, found)
			conflicts = append(conflicts, a)
		}
	}
	return conflicts
}

// reportDrops reports each student who dropped a section soon after we posted,
// once.
func (s *step) reportDrops(ctx context.Context) error {
	drops, err := s.store.FeedbackDrops(ctx, s.sync.Name, s.now.Add(-4*within), within)
	if err != nil {
		return err
	}
	var marked []sync.Attendance
	reported := map[[2]string]bool{}
	for _, d := range drops {
		days, err := s.store.Attendance(ctx, sync.AttendanceFilter{Sync: s.sync.Name, From: d.Day, To: d.Day, Section: d.Section, Person: d.Person})
		if err != nil {
			return err
		}
		for _, a := range days {
			a.Code, a.Changed = sync.AttFeedback, s.now
			a.Message = fmt.Sprintf("The student was dropped from the section %d hours after we posted %d minutes: look whether a rule of the SIS did it.",
				int(d.Dropped.Sub(d.SentAt).Hours()), d.Posted)
			if who := [2]string{d.Section, d.Person}; !reported[who] {
				reported[who] = true
				s.report(a)
			}
			marked = append(marked, a)
		}
	}
	return s.store.PutAttendance(ctx, s.sync.Name, marked)
}
