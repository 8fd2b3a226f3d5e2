package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

type calendarEditPage struct {
	frame
	Calendar  job.Calendar // as it is now
	New       bool
	Action    string
	Name      string
	Heading   string // its title, as typed
	Lines     string // its exclusions, as typed
	Was       string // as they are now
	Reason    string
	Errors    map[string]string // by control; "" for the whole
	Preview   []typedLine
	Conflict  bool // somebody else has changed it meanwhile
	Conflicts []conflictRow
}

// newCalendar serves GET /calendars/new.
func (s *server) newCalendar(w http.ResponseWriter, r *http.Request) error {
	return s.showCalendarForm(w, r, http.StatusOK, job.Calendar{}, form{})
}

// editCalendar serves GET /calendars/{calendar}/edit.
func (s *server) editCalendar(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Timetable.Calendar(r.Context(), r.PathValue("calendar"))
	if err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	return s.showCalendarForm(w, r, http.StatusOK, c, calendarFormOf(c))
}

// calendarFormOf is the form before anybody has typed.
func calendarFormOf(c job.Calendar) form {
	return form{values: url.Values{"title": {c.Title}, "exclusions": {writeLines(c.Exclusions)}}}
}

// createCalendar serves POST /calendars/new.
func (s *server) createCalendar(w http.ResponseWriter, r *http.Request) error {
	values, err := posted(r)
	if err != nil {
		return err
	}
	return s.putCalendar(w, r, job.Calendar{}, form{values: values, errors: map[string]string{}})
}

// saveCalendar serves POST /calendars/{calendar}/edit. Nothing that was typed
// is lost, as with schedules.
func (s *server) saveCalendar(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Timetable.Calendar(r.Context(), r.PathValue("calendar"))
	if err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	values, err := posted(r)
	if err != nil {
		return err
	}
	f := form{values: values, errors: map[string]string{}}
	if f.revision() != c.Revision && f.text("do") != "preview" {
		return s.showCalendarConflict(w, r, c, f)
	}
	return s.putCalendar(w, r, c, f)
}

// putCalendar saves what was typed over c, which is empty for a new one.
func (s *server) putCalendar(w http.ResponseWriter, r *http.Request, c job.Calendar, f form) error {
	if f.text("do") == "preview" {
		return s.showCalendarForm(w, r, http.StatusOK, c, f)
	}
	lines := readLines(f.text("exclusions"))
	f.checkCalendar(c, lines)
	if len(f.errors) > 0 {
		return s.showCalendarForm(w, r, http.StatusBadRequest, c, f)
	}
	typed := job.Calendar{Name: cmp.Or(c.Name, f.text("name")), Title: f.text("title"), Revision: c.Revision, Exclusions: exclusionsOf(lines)}
	saved, err := s.Timetable.PutCalendar(r.Context(), typed, actor(r.Context()), f.text("reason"))
	switch {
	case err == nil:
		http.Redirect(w, r, calendarPath(saved.Name), http.StatusSeeOther)
		return nil
	case fault.KindOf(err) == fault.Conflict && c.Revision != 0:
		if c, err = s.Timetable.Calendar(r.Context(), c.Name); err != nil {
			return fmt.Errorf("read calendar: %w", err)
		}
		return s.showCalendarConflict(w, r, c, f)
	}
	if err := f.blameCalendar(err, lines); err != nil {
		return fmt.Errorf("save calendar: %w", err)
	}
	return s.showCalendarForm(w, r, http.StatusBadRequest, c, f)
}

func exclusionsOf(lines []typedLine) (all []job.Exclusion) {
	for _, line := range lines {
		all = append(all, line.Exclusion)
	}
	return all
}

// checkCalendar adds what is wrong with what was typed before anybody is asked.
func (f form) checkCalendar(c job.Calendar, lines []typedLine) {
	if f.text("reason") == "" {
		f.errors["reason"] = "Say why, in a sentence. The history keeps it."
	}
	if c.Revision != 0 && f.text("title") == c.Title && f.text("exclusions") == writeLines(c.Exclusions) {
		f.errors[""] = "Nothing was changed."
	}
	for _, line := range lines {
		if line.Wrong != "" {
			f.errors["exclusions"] = fmt.Sprintf("Line %d: %s", line.Number, line.Wrong)
			return
		}
	}
}

// blameCalendar keeps a refusal beside the control at fault, and says which
// line is. Other failures are returned.
func (f form) blameCalendar(err error, lines []typedLine) error {
	refusal := asFault(err)
	if refusal == nil || refusal.Kind != fault.Invalid && refusal.Kind != fault.Conflict {
		return err
	}
	i, name := -1, refusal.Field
	if _, err := fmt.Sscanf(refusal.Field, "exclusions[%d]", &i); err == nil && i < len(lines) {
		f.errors["exclusions"] = fmt.Sprintf("Line %d: %s", lines[i].Number, refusal.Msg)
		return nil
	}
	if !slices.Contains([]string{"name", "title", "exclusions", "reason"}, name) {
		name = ""
	}
	f.errors[name] = refusal.Msg
	return nil
}

// showCalendarConflict shows what another one has changed since the form was
// opened. What was typed is put on top of that.
func (s *server) showCalendarConflict(w http.ResponseWriter, r *http.Request, c job.Calendar, f form) error {
	was, typed, now := lines(f.text("was.exclusions")), lines(f.text("exclusions")), lines(writeLines(c.Exclusions))
	page, err := s.calendarEditPage(r.Context(), c, f)
	if err != nil {
		return err
	}
	page.Conflict = true
	if title := f.text("was.title"); title != c.Title {
		page.Conflicts = append(page.Conflicts, conflictRow{Label: "Title", Was: cmp.Or(title, "–"), Now: cmp.Or(c.Title, "–"), Typed: unless(f.text("title"), title)})
	}
	if gone, added := besides(was, now), besides(now, was); len(gone)+len(added) > 0 {
		page.Conflicts = append(page.Conflicts, conflictRow{Label: "Left out", Was: said(gone), Now: said(added), Typed: strings.Join(besides(typed, was), "\n")})
	}
	if err := s.blameChange(r.Context(), c, page.Conflicts); err != nil {
		return err
	}
	if f.text("title") == f.text("was.title") {
		page.Heading = c.Title
	}
	page.Lines = strings.Join(merged(was, typed, now), "\n")
	page.Preview = readLines(page.Lines)
	return s.render(w, r, http.StatusConflict, "calendar-edit", page)
}

// blameChange says who changed a calendar last.
func (s *server) blameChange(ctx context.Context, c job.Calendar, rows []conflictRow) error {
	changes, err := s.calendarChanges(ctx, c.Name)
	if err != nil || len(changes) == 0 {
		return err
	}
	for i := range rows {
		rows[i].Change = &changes[0].Change
	}
	return nil
}

func said(lines []string) string { return cmp.Or(strings.Join(lines, "\n"), "–") }

func lines(text string) (all []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// merged are the lines of now with what was changed from was to typed.
func merged(was, typed, now []string) []string {
	kept := slices.DeleteFunc(slices.Clone(now), func(line string) bool {
		return slices.Contains(was, line) && !slices.Contains(typed, line)
	})
	return append(kept, besides(typed, append(was, kept...))...)
}

// previewCalendar serves POST /calendars/preview: what is typed in words, for
// static/preview.js.
func (s *server) previewCalendar(w http.ResponseWriter, r *http.Request) error {
	values, err := posted(r)
	if err != nil {
		return err
	}
	return s.renderPart(w, http.StatusOK, "calendar-edit", "preview", readLines(form{values: values}.text("exclusions")))
}

func (s *server) showCalendarForm(w http.ResponseWriter, r *http.Request, status int, c job.Calendar, f form) error {
	page, err := s.calendarEditPage(r.Context(), c, f)
	if err != nil {
		return err
	}
	return s.render(w, r, status, "calendar-edit", page)
}

func (s *server) calendarEditPage(ctx context.Context, c job.Calendar, f form) (page calendarEditPage, err error) {
	page = calendarEditPage{
		Calendar: c, New: c.Revision == 0, Action: "/calendars/new", Name: f.text("name"), Heading: f.text("title"),
		Lines: f.text("exclusions"), Was: writeLines(c.Exclusions), Reason: f.text("reason"), Errors: f.errors,
		Preview: readLines(f.text("exclusions")),
	}
	title := "New calendar"
	if !page.New {
		title, page.Action = "Edit "+c.Name, calendarPath(c.Name)+"/edit"
	}
	page.frame, err = s.frame(ctx, title, "schedules")
	return page, err
}
