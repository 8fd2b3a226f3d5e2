package api

import (
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// forecast serves GET /api/v1/forecast: the next firings of all schedules.
func (a *API) forecast(w http.ResponseWriter, r *http.Request) error { return a.firings(w, r, "") }

// nextOfSchedule serves GET /api/v1/schedules/{name}/next.
func (a *API) nextOfSchedule(w http.ResponseWriter, r *http.Request) error {
	return a.firings(w, r, r.PathValue("name"))
}

// firings answers with the next firings of a schedule; of all if it is empty.
func (a *API) firings(w http.ResponseWriter, r *http.Request, schedule string) error {
	q := queryOf(r)
	from, n := q.time("from"), int(q.number("n", defaultFirings, 1, maxFirings))
	if q.err != nil {
		return q.err
	}
	if from.IsZero() {
		from = a.Now()
	}
	all, err := a.Timetable.Forecast(r.Context(), schedule, from, n)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.FiringList{Firings: orEmpty(all)})
}

// checkSlots serves GET /api/v1/schedules/{name}/slots:check: whether every
// due time has its outcome.
func (a *API) checkSlots(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	from, to := q.time("from"), q.time("to")
	if q.err != nil {
		return q.err
	}
	if to.IsZero() {
		to = a.Now()
	}
	if !from.Before(to) {
		return fault.New(fault.Invalid, "Parameter from must be earlier than %s.", to.Format(time.RFC3339)).In("from")
	}
	c, err := a.Timetable.Check(r.Context(), r.PathValue("name"), from, to)
	if err != nil {
		return err
	}
	c.Gaps = orEmpty(c.Gaps)
	return reply(w, http.StatusOK, c)
}

// changes serves GET /api/v1/schedules/{name}/changes: newest first, also of a
// schedule that was deleted.
func (a *API) changes(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	limit := q.limit()
	if q.err != nil {
		return q.err
	}
	all, err := a.Timetable.Changes(r.Context(), r.PathValue("name"), limit)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.ChangeList{Changes: orEmpty(all)})
}
