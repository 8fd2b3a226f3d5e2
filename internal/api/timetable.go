package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

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
	reason, err := checkReason("reason", n.Reason)
	if err != nil {
		return err
	}
	s, err := a.draft(r.Context(), n)
	if err != nil {
		return err
	}
	if err := a.checkDraft(r.Context(), &s); err != nil {
		return err
	}
	if s, err = a.Timetable.Create(r.Context(), s, operator, reason); err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusCreated, s)
}

// checkDraft refuses a schedule whose jobs could never run, and finds its
// dialect.
func (a *API) checkDraft(ctx context.Context, s *job.Schedule) error {
	if s.Name == "" {
		return fault.New(fault.Invalid, "Field name is required: the task's name, or the task's name, a colon and what it is for.").In("name")
	}
	in := a.intake()
	if err := in.checkTask(ctx, s.Task, &s.Args); err != nil {
		return err
	}
	if err := in.checkClient(ctx, s.Client); err != nil {
		return err
	}
	if s.Cron == "" {
		return fault.New(fault.Invalid, "Field cron is required: when the schedule is due, such as 30 4 * * 1 or every monday at 04:30.").In("cron")
	}
	return a.resolve(ctx, s)
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

// editSchedule serves PATCH /api/v1/schedules/{name}.
func (a *API) editSchedule(w http.ResponseWriter, r *http.Request) error {
	var e job.Edit
	if err := decode(w, r, &e); err != nil {
		return err
	}
	if err := checkEdit(&e); err != nil {
		return err
	}
	s, err := a.Ledger.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if err := a.checkSet(r.Context(), s, e.Set); err != nil {
		return err
	}
	if s, err = a.Timetable.Edit(r.Context(), s.Name, e); err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusOK, s)
}

// checkEdit refuses what is no edit of any schedule. Without a layer it is one
// of the platform's.
func checkEdit(e *job.Edit) (err error) {
	e.By, e.Layer = operator, job.Layer(firstOf(string(e.Layer), string(job.LayerPlatform)))
	if !e.Layer.Valid() {
		return fault.New(fault.Invalid, "Field layer must be platform or client, not %q.", e.Layer).In("layer")
	}
	if len(e.Set) == 0 && len(e.Revert) == 0 {
		return fault.New(fault.Invalid, "Say what to change: fields of the rule in set, or names of fields in revert.").In("set")
	}
	for _, name := range e.Revert {
		if name != "*" && !slices.Contains(job.RuleFields(), name) {
			return unknownRuleField(name)
		}
	}
	e.Reason, err = checkReason("reason", e.Reason)
	return err
}

// checkSet refuses fields that no rule of s has. Words for a time become cron.
func (a *API) checkSet(ctx context.Context, s job.Schedule, set map[string]json.RawMessage) error {
	before := s.Dialect
	rule, err := ruled(s.Rule, set)
	if err != nil {
		return err
	}
	s.Rule = rule
	if _, ok := set["args"]; ok {
		if err := a.intake().checkTask(ctx, s.Task, &s.Args); err != nil {
			return err
		}
		set["args"] = s.Args
	}
	if !untold(set) && s.Dialect != english {
		return nil
	}
	s.Dialect = ""
	if err := a.resolve(ctx, &s); err != nil {
		return err
	}
	return putCron(set, s.Rule, before)
}

// putCron writes what was resolved into set. The dialect is no change where it
// is the same as before.
func putCron(set map[string]json.RawMessage, r job.Rule, before string) (err error) {
	delete(set, "dialect")
	if r.Dialect != before {
		if set["dialect"], err = json.Marshal(r.Dialect); err != nil {
			return err
		}
	}
	set["cron"], err = json.Marshal(r.Cron)
	return err
}

// deleteSchedule serves DELETE /api/v1/schedules/{name} and answers with what
// was removed.
func (a *API) deleteSchedule(w http.ResponseWriter, r *http.Request) error {
	reason, err := reasonOf(r)
	if err != nil {
		return err
	}
	s, err := a.Ledger.Schedule(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if err := a.Timetable.Delete(r.Context(), s.Name, operator, reason); err != nil {
		return err
	}
	s.Next = nil
	return reply(w, http.StatusOK, s)
}

// reasonOf returns the reason in the query of a request without a body.
func reasonOf(r *http.Request) (string, error) {
	q := queryOf(r)
	reason := q.text("reason")
	if q.err != nil {
		return "", q.err
	}
	return checkReason("reason", reason)
}

// pauseSchedule serves POST /api/v1/schedules/{name}/pause.
func (a *API) pauseSchedule(w http.ResponseWriter, r *http.Request) error {
	var p client.Pause
	if err := decode(w, r, &p); err != nil {
		return err
	}
	switch {
	case p.Until.IsZero():
		return fault.New(fault.Invalid, "Field until is required: the time at which the schedule goes on; to stop it for good, set enabled to false.").In("until")
	case !p.Until.After(a.Now()):
		return fault.New(fault.Invalid, "Field until must be in the future, not %s.", p.Until.Format(time.RFC3339)).In("until")
	}
	note, err := checkReason("note", p.Note)
	if err != nil {
		return err
	}
	s, err := a.Timetable.Pause(r.Context(), r.PathValue("name"), p.Until, operator, note)
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
	reason, err := checkReason("reason", ask.Reason)
	if err != nil {
		return err
	}
	s, err := a.Timetable.Resume(r.Context(), r.PathValue("name"), operator, reason)
	if err != nil {
		return err
	}
	return a.replySchedule(w, r, http.StatusOK, s)
}
