package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

type attendancePeoplePage struct {
	attendancePage
	Rows []personDayRow
}

// A personDayRow is a person's attendance in a section on a day.
type personDayRow struct {
	sync.Attendance
	Chip    chip
	Section string // URLs
	Person  string
	Release string // of what nobody knows the outcome of; empty: it is known
}

// attendancePeople serves GET /attendance/people: the days of people, the newest
// first.
func (s *server) attendancePeople(w http.ResponseWriter, r *http.Request) error {
	shared, err := s.attendancePage(r)
	if err != nil {
		return err
	}
	page := attendancePeoplePage{attendancePage: shared}
	if page.Sync != "" {
		days, err := s.Campus.Attendance(r.Context(), page.Filter)
		if err != nil {
			return fmt.Errorf("list attendance: %w", err)
		}
		page.Sentence = "Minutes of each person in each section, as computed and as posted."
		page.list(days, r.URL.Query())
	}
	return s.render(w, r, http.StatusOK, "attendance-people", page)
}

func (p *attendancePeoplePage) list(days []sync.Attendance, q url.Values) {
	if !p.Filter.After.Day.IsZero() {
		p.Newest = with("/attendance/people", q, "after", "", "job", "")
	}
	if len(days) > perPage {
		days = days[:perPage]
		p.Older = with("/attendance/people", q, "job", "", "after", attendanceCursor(days[perPage-1].AttendancePlace))
	}
	for _, d := range days {
		row := personDayRow{Attendance: d, Chip: attendanceChips[d.State], Section: sectionPath(p.Sync, d.Section)}
		row.Person = with("/attendance/people", nil, "sync", p.Sync, "person", d.Person)
		if p.Operates && d.State == sync.AttUnknown {
			row.Release = releasePath(p.Sync, d.Day, d.Section)
		}
		p.Rows = append(p.Rows, row)
	}
}

// attendanceWords are what a person can say about a day.
var attendanceWords = []word{{
	path: "/attendance/{sync}/{day}/release", Asks: "Let this day be posted?", Button: "Release",
	Says:  "The day is computed and posted anew. What was sent without an answer, to an SIS that cannot be read, is posted again as a correction: look there first.",
	about: aboutDay,
	start: func(s *server, r *http.Request, _, reason string) (job.Job, error) {
		day, err := sis.ParseDate(r.PathValue("day"))
		if err != nil {
			return job.Job{}, err // was read before
		}
		return s.Campus.ReleaseDay(r.Context(), r.PathValue("sync"), r.URL.Query().Get("section"), day, reason)
	},
}}

// aboutDay says which day of which section it is, and why it is held.
func aboutDay(s *server, r *http.Request) (topic, error) {
	name, section := r.PathValue("sync"), r.URL.Query().Get("section")
	day, err := sis.ParseDate(r.PathValue("day"))
	if err != nil {
		return topic{}, fault.New(fault.NotFound, "“%s” is not a day, such as 2026-10-05.", r.PathValue("day"))
	}
	holds, err := s.Campus.AttendanceHolds(r.Context(), name, day, day)
	if err != nil {
		return topic{}, fmt.Errorf("list held attendance: %w", err)
	}
	about := topic{What: day.String() + ", " + firstText(section, "all sections"), Back: with("/attendance", nil, "sync", name)}
	for _, h := range holds {
		if h.Open() && h.Section == section {
			about.Note = h.Reason
		}
	}
	return about, nil
}
