package api

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// createSchedule serves POST /api/v1/schedules.
func (a *API) createSchedule(w http.ResponseWriter, r *http.Request) error {
	var n client.NewSchedule
	if err := decode(w, r, &n); err != nil {
		return err
	}
	s, err := a.draft(r.Context(), n)
	if err != nil {
		return err
	}
	if s, err = a.Timetable.Create(r.Context(), s, actor(r.Context()), n.Reason); err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusCreated, s)
}

// The bounds of a forecast.
const (
	defaultFirings = 5
	maxFirings     = 500
)

// previewSchedule serves POST /api/v1/schedules:preview: what a rule means,
// while it is being written.
func (a *API) previewSchedule(w http.ResponseWriter, r *http.Request) error {
	ask := client.PreviewRequest{N: defaultFirings}
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if ask.N < 1 || ask.N > maxFirings {
		return fault.New(fault.Invalid, "Field n must be a whole number from 1 to %d, not %d.", maxFirings, ask.N).In("n")
	}
	s, err := a.draft(r.Context(), ask.NewSchedule)
	if err != nil {
		return err
	}
	p, err := a.Timetable.Preview(r.Context(), s, ask.N)
	if err != nil {
		return err
	}
	p.Next = orEmpty(p.Next)
	return reply(w, http.StatusOK, p)
}

// clashes serves POST /api/v1/schedules:clashes: what a schedule would clash
// with, while it is being written.
func (a *API) clashes(w http.ResponseWriter, r *http.Request) error {
	var n client.NewSchedule
	if err := decode(w, r, &n); err != nil {
		return err
	}
	s, err := a.draft(r.Context(), n)
	if err != nil {
		return err
	}
	f, err := a.Timetable.Clashes(r.Context(), s)
	if err != nil {
		return err
	}
	f.Clashes = orEmpty(f.Clashes)
	return reply(w, http.StatusOK, f)
}

// editSchedule serves PATCH /api/v1/schedules/{name}.
func (a *API) editSchedule(w http.ResponseWriter, r *http.Request) error {
	var e job.Edit
	if err := decode(w, r, &e); err != nil {
		return err
	}
	e.By = actor(r.Context())
	now, err := a.Ledger.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if e.Revision, err = edited(r, e.Revision, now.Revision); err != nil {
		return err
	}
	s, err := a.Timetable.Edit(r.Context(), now.Name, e)
	if err != nil {
		return asOutdated(r, err, e.Revision, now.Revision)
	}
	return a.replySchedule(w, r, http.StatusOK, s)
}

// deleteSchedule serves DELETE /api/v1/schedules/{name} and answers with what
// was removed.
func (a *API) deleteSchedule(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	reason := q.text("reason")
	if q.err != nil {
		return q.err
	}
	s, err := a.Ledger.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if err := checkSeen(r, "The schedule "+s.Name, tagOf(s.Revision)); err != nil {
		return err
	}
	if err := a.Timetable.Delete(r.Context(), s.Name, actor(r.Context()), reason); err != nil {
		return err
	}
	return reply(w, http.StatusOK, s)
}

// pauseSchedule serves POST /api/v1/schedules/{name}/pause.
func (a *API) pauseSchedule(w http.ResponseWriter, r *http.Request) error {
	var p client.Pause
	if err := decode(w, r, &p); err != nil {
		return err
	}
	if !hasYear(p.Until) {
		return tooFar("until", p.Until)
	}
	s, err := a.Timetable.Pause(r.Context(), r.PathValue("name"), p.Until, actor(r.Context()), p.Note)
	if err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusOK, s)
}

// resumeSchedule serves POST /api/v1/schedules/{name}/resume.
func (a *API) resumeSchedule(w http.ResponseWriter, r *http.Request) error {
	var ask client.Reason
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	s, err := a.Timetable.Resume(r.Context(), r.PathValue("name"), actor(r.Context()), ask.Reason)
	if err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusOK, s)
}
