package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// CalendarBook is the calendars of a [Timetable]. The changes of one are kept
// as those of a schedule “calendar NAME”.
type CalendarBook interface {
	Calendars(ctx context.Context) ([]job.Calendar, error)
	Calendar(ctx context.Context, name string) (job.Calendar, error)

	// PutCalendar adds a calendar, if its revision is zero, or replaces the one
	// of that revision.
	PutCalendar(ctx context.Context, c job.Calendar, by, reason string) (job.Calendar, error)

	// DeleteCalendar refuses while a schedule names it.
	DeleteCalendar(ctx context.Context, name, by, reason string) error
}

const (
	fewExclusions = 3  // of a calendar that the list says
	fewUsers      = 50 // schedules that a calendar's page lists
)

type calendarsPage struct {
	frame
	Sentence string
	Rows     []calendarRow
}

// A calendarRow is a calendar as the list shows it.
type calendarRow struct {
	job.Calendar
	Words []string // its first exclusions
	More  int      // that are not said
	Users int      // schedules that name it
}

// calendars serves GET /calendars.
func (s *server) calendars(w http.ResponseWriter, r *http.Request) error {
	page, err := s.calendarsPage(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "calendars", page)
}

func (s *server) calendarsPage(ctx context.Context) (page calendarsPage, err error) {
	if page.frame, err = s.frame(ctx, "Calendars", "schedules"); err != nil {
		return page, err
	}
	calendars, err := s.Timetable.Calendars(ctx)
	if err != nil {
		return page, fmt.Errorf("list calendars: %w", err)
	}
	schedules, err := s.Schedules.Schedules(ctx)
	if err != nil {
		return page, fmt.Errorf("list schedules: %w", err)
	}
	for _, c := range calendars {
		page.Rows = append(page.Rows, calendarRowOf(c, len(usersOf(schedules, c.Name))))
	}
	page.Sentence = either(len(calendars) == 0, "Nothing is left out.", counted(int64(len(calendars)), "calendar says", "calendars say")+" when schedules do not run.")
	return page, nil
}

func calendarRowOf(c job.Calendar, users int) calendarRow {
	few := min(len(c.Exclusions), fewExclusions)
	row := calendarRow{Calendar: c, More: len(c.Exclusions) - few, Users: users}
	for _, x := range c.Exclusions[:few] {
		row.Words = append(row.Words, writeLine(x))
	}
	return row
}

// usersOf returns the schedules that name a calendar, in whatever layer.
func usersOf(schedules []job.Schedule, calendar string) (users []job.Schedule) {
	for _, s := range schedules {
		if s.Calendar == calendar || s.Base.Calendar == calendar || slices.ContainsFunc(s.Overrides, func(o job.Override) bool {
			return o.Field == "calendar" && sayJSON(o.Value) == calendar
		}) {
			users = append(users, s)
		}
	}
	return users
}

// sayJSON returns a JSON string as the text that it is.
func sayJSON(raw json.RawMessage) (text string) {
	_ = json.Unmarshal(raw, &text) // what is no string is not said
	return text
}

type calendarPage struct {
	frame
	Calendar  job.Calendar
	Sentence  string
	Rows      []exclusionRow
	Users     []calendarUser
	MoreUsers int // that are not listed
	Ahead     ahead
	Changes   []calendarChange
}

// An exclusionRow is an exclusion in words.
type exclusionRow struct{ Title, Words string }

// A calendarUser is a schedule that names a calendar.
type calendarUser struct {
	job.Schedule
	Now bool // no layer above says something else
}

// A calendarChange is one line of a calendar's history.
type calendarChange struct {
	job.Change
	What        string
	Added, Gone []string // lines
}

// calendar serves GET /calendars/{calendar}: what it leaves out, and of whom.
func (s *server) calendar(w http.ResponseWriter, r *http.Request) error {
	page, err := s.calendarPage(r.Context(), r.PathValue("calendar"))
	if err != nil {
		return err
	}
	name := r.FormValue("schedule")
	if name == "" && len(page.Users) > 0 {
		name = page.Users[0].Name
	}
	if page.Ahead, err = s.ahead(r.Context(), page.Calendar, name); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "calendar", page)
}

func (s *server) calendarPage(ctx context.Context, name string) (page calendarPage, err error) {
	if page.Calendar, err = s.Timetable.Calendar(ctx, name); err != nil {
		return page, fmt.Errorf("read calendar: %w", err)
	}
	if page.frame, err = s.frame(ctx, cmp.Or(page.Calendar.Title, name), "schedules"); err != nil {
		return page, err
	}
	for _, x := range page.Calendar.Exclusions {
		page.Rows = append(page.Rows, exclusionRow{x.Title, writeExclusion(x)})
	}
	schedules, err := s.Schedules.Schedules(ctx)
	if err != nil {
		return page, fmt.Errorf("list schedules: %w", err)
	}
	for _, user := range usersOf(schedules, name) {
		page.Users = append(page.Users, calendarUser{user, user.Calendar == name})
	}
	page.Sentence = calendarSentence(len(page.Rows), len(page.Users))
	page.MoreUsers = max(0, len(page.Users)-fewUsers)
	page.Users = page.Users[:min(len(page.Users), fewUsers)]
	page.Changes, err = s.calendarChanges(ctx, name)
	return page, err
}

func calendarSentence(exclusions, users int) string {
	said := "It leaves nothing out"
	if exclusions > 0 {
		said = "It leaves out " + counted(int64(exclusions), "stretch of time", "stretches of time")
	}
	if users == 0 {
		return said + ", and no schedule uses it."
	}
	return said + ", for " + counted(int64(users), "schedule", "schedules") + "."
}

// calendarChanges returns the history of a calendar, the newest change first.
func (s *server) calendarChanges(ctx context.Context, name string) (rows []calendarChange, err error) {
	changes, err := s.Timetable.Changes(ctx, "calendar "+name, latestChange)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, fmt.Errorf("list changes of calendar %s: %w", name, err)
	}
	for _, c := range changes {
		was, now := storedLines(c.Old), storedLines(c.New)
		rows = append(rows, calendarChange{c, either(c.Field == "exclusions", "Changed", changeWord(c.Field)), besides(now, was), besides(was, now)})
	}
	return rows, nil
}

// storedLines are the exclusions that a change has kept, as lines.
func storedLines(raw json.RawMessage) (lines []string) {
	var all []job.Exclusion
	_ = json.Unmarshal(raw, &all) // what is none is nothing
	for _, x := range all {
		lines = append(lines, writeLine(x))
	}
	return lines
}

// besides returns the lines of a that are not in b.
func besides(a, b []string) (left []string) {
	for _, line := range a {
		if !slices.Contains(b, line) {
			left = append(left, line)
		}
	}
	return left
}

// askDeleteCalendar serves GET /calendars/{calendar}/delete, which asks why and
// does nothing.
func (s *server) askDeleteCalendar(w http.ResponseWriter, r *http.Request) error {
	page, err := s.calendarPage(r.Context(), r.PathValue("calendar"))
	if err != nil {
		return err
	}
	page.Title = "Delete"
	return s.render(w, r, http.StatusOK, "delete-calendar", page)
}

// deleteCalendar serves POST /calendars/{calendar}/delete, and leads to the
// list.
func (s *server) deleteCalendar(w http.ResponseWriter, r *http.Request) error {
	reason, err := reasonOf(r)
	if err != nil {
		return err
	}
	if err := s.Timetable.DeleteCalendar(r.Context(), r.PathValue("calendar"), actor(r.Context()), reason); err != nil {
		return fmt.Errorf("delete calendar: %w", err)
	}
	http.Redirect(w, r, "/calendars", http.StatusSeeOther)
	return nil
}

func calendarPath(name string) string { return "/calendars/" + url.PathEscape(name) }
