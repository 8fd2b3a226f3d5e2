package api

import (
	"context"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// schedules serves GET /api/v1/schedules.
func (a *API) schedules(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Ledger.Schedules(r.Context())
	if err != nil {
		return err
	}
	if err := a.date(r.Context(), all); err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.ScheduleList{Schedules: orEmpty(all)})
}

// schedule serves GET /api/v1/schedules/{name}.
func (a *API) schedule(w http.ResponseWriter, r *http.Request) error {
	s, err := a.Ledger.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusOK, s)
}

func (a *API) replySchedule(w http.ResponseWriter, r *http.Request, status int, s job.Schedule) error {
	one := []job.Schedule{s}
	if err := a.date(r.Context(), one); err != nil {
		return err
	}
	return replyTagged(w, r, status, one[0], tagOf(s.Revision))
}

// date says of each schedule when it runs next.
func (a *API) date(ctx context.Context, all []job.Schedule) error {
	next, err := a.Timetable.NextOf(ctx, all)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Next = nil
		if at, runs := next[all[i].Name]; runs {
			all[i].Next = &at
		}
	}
	return nil
}

// runSchedule serves POST /api/v1/schedules/{name}/run: the same work, now and
// beside the timetable, whose next slot stays where it is.
func (a *API) runSchedule(w http.ResponseWriter, r *http.Request) error {
	var ask client.RunSchedule
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	id, j, err := a.runNow(r.Context(), r.PathValue("name"), ask.Client, actor(r.Context()))
	if err != nil {
		return err
	}
	return replyJob(w, id, j)
}

// RunSchedule enqueues the job of a schedule, for that client or else its own,
// beside the timetable. by is who owns it.
func (a *API) RunSchedule(ctx context.Context, schedule, client, by string) (job.Job, error) {
	_, j, err := a.runNow(ctx, schedule, client, by)
	return j, err
}

// runNow is [API.RunSchedule], and the id that was asked for.
func (a *API) runNow(ctx context.Context, schedule, forClient, by string) (id string, j job.Job, err error) {
	s, err := a.gate.schedule(ctx, schedule, auth.See)
	if err != nil {
		return "", j, err
	}
	if forClient != "" && forClient != s.Client {
		s = a.gate.bared(ctx, s) // the jobs of another client tell others
	}
	if s.Missing {
		return "", j, fault.New(fault.Conflict, "No worker announces %s any more, so nobody could run it.", s.Task)
	}
	request, err := a.request(ctx, client.NewJob{Task: s.Task, Args: s.Args, Client: firstOf(forClient, s.Client)})
	if err != nil {
		return "", j, err
	}
	request.Schedule, request.Owner = s.Name, by
	j, err = a.Engine.Enqueue(ctx, request)
	return request.ID, j, err
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// slots serves GET /api/v1/schedules/{name}/slots: newest first.
func (a *API) slots(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	from, to, limit := q.time("from"), q.time("to"), q.limit()
	if q.err != nil {
		return q.err
	}
	s, err := a.Ledger.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	slots, err := a.Ledger.Slots(r.Context(), s.Name, from, to, limit)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.SlotList{Slots: orEmpty[job.Slot](slots)})
}
