package api

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// calendars serves GET /api/v1/calendars.
func (a *API) calendars(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Timetable.Calendars(r.Context())
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Exclusions = orEmpty(all[i].Exclusions)
	}
	return reply(w, http.StatusOK, client.CalendarList{Calendars: orEmpty(all)})
}

// calendar serves GET /api/v1/calendars/{name}.
func (a *API) calendar(w http.ResponseWriter, r *http.Request) error {
	c, err := a.Timetable.Calendar(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return replyCalendar(w, r, c)
}

func replyCalendar(w http.ResponseWriter, r *http.Request, c job.Calendar) error {
	c.Exclusions = orEmpty(c.Exclusions)
	return replyTagged(w, r, http.StatusOK, c, tagOf(c.Revision))
}

// putCalendar serves PUT /api/v1/calendars/{name}: a new calendar, or another
// content of the one that has that revision.
func (a *API) putCalendar(w http.ResponseWriter, r *http.Request) error {
	var ask client.CalendarChange
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	name := r.PathValue("name")
	if ask.Name != "" && ask.Name != name {
		return fault.New(fault.Invalid, "Field name is %s, and the address says %s; a calendar keeps its name.", ask.Name, name).In("name")
	}
	now, err := a.Timetable.Calendar(r.Context(), name)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	revision, err := edited(r, ask.Revision, now.Revision)
	if err != nil {
		return err
	}
	c := job.Calendar{Name: name, Title: ask.Title, Exclusions: ask.Exclusions, Revision: revision}
	if c, err = a.Timetable.PutCalendar(r.Context(), c, actor(r.Context()), ask.Reason); err != nil {
		return asOutdated(r, err, revision, now.Revision)
	}
	return replyCalendar(w, r, c)
}

// deleteCalendar serves DELETE /api/v1/calendars/{name} and answers with what
// was removed.
func (a *API) deleteCalendar(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	reason := q.text("reason")
	if q.err != nil {
		return q.err
	}
	c, err := a.Timetable.Calendar(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if err := checkSeen(r, "The calendar "+c.Name, tagOf(c.Revision)); err != nil {
		return err
	}
	if err := a.Timetable.DeleteCalendar(r.Context(), c.Name, actor(r.Context()), reason); err != nil {
		return err
	}
	return replyCalendar(w, r, c)
}
