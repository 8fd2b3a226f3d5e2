package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// PlanLedger is the record of what people decided about plans.
type PlanLedger interface {
	SISPlans(ctx context.Context, f sync.PlanFilter) ([]sync.Plan, error)
	DecideSIS(ctx context.Context, r sync.Ruling) (sync.Plan, error)
	ReleaseSIS(ctx context.Context, name, plan, effect string) (int64, error)
	// KeptSIS counts what people do not want written because of a plan.
	KeptSIS(ctx context.Context, name, plan string) (int64, error)
}

const (
	undoTask  = "sis.undo"
	applyTask = "sis.registrations.process"
)

// plans serves GET /api/v1/syncs/{name}/plans: newest first.
func (a *API) plans(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	q := queryOf(r)
	f := sync.PlanFilter{Syncs: []string{s.Name}, State: oneOf(q, "state", sync.PlanStates), Before: q.text("before"), Limit: q.limit()}
	if q.err != nil {
		return q.err
	}
	found, err := a.Ledger.SISPlans(r.Context(), f)
	if err != nil {
		return err
	}
	list := client.PlanList{Plans: orEmpty(found)}
	if len(found) == f.Limit {
		list.Next = found[len(found)-1].ID
	}
	return reply(w, http.StatusOK, list)
}

// approvePlan serves POST /api/v1/syncs/{name}/plans/{plan}/approve.
func (a *API) approvePlan(w http.ResponseWriter, r *http.Request) error {
	return a.decidePlan(w, r, sync.Approve)
}

// rejectPlan serves POST /api/v1/syncs/{name}/plans/{plan}/reject.
func (a *API) rejectPlan(w http.ResponseWriter, r *http.Request) error {
	return a.decidePlan(w, r, sync.Reject)
}

func (a *API) decidePlan(w http.ResponseWriter, r *http.Request, choice sync.Choice) error {
	var ask client.DecidePlan
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	plan, next, err := a.DecidePlan(r.Context(), sync.Ruling{
		Sync: r.PathValue("name"), Plan: r.PathValue("plan"), Hold: ask.Hold, Choice: choice, Reason: ask.Reason,
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.DecidedPlan{Plan: plan, Job: next})
}

// DecidePlan takes the decision of whoever acts about what a plan holds. Once
// something is to be applied, it starts the job that goes on with the run that
// made the plan, and returns it.
func (a *API) DecidePlan(ctx context.Context, r sync.Ruling) (sync.Plan, *job.Job, error) {
	if err := required("reason", r.Reason); err != nil {
		return sync.Plan{}, nil, err
	}
	s, err := a.syncNamed(ctx, r.Sync)
	if err != nil {
		return sync.Plan{}, nil, err
	}
	before, err := a.Ledger.SISPlan(ctx, s.Name, r.Plan)
	if err != nil {
		return before, nil, err
	}
	r.By, r.At = actor(ctx), time.Now().UTC()
	r.Since, r.Starters = r.At.Add(-s.ApprovalLife()), a.starters(ctx, before)
	plan, err := a.Ledger.DecideSIS(ctx, r)
	if err != nil || (plan.State != sync.PlanApproved && !plan.Answered()) {
		return plan, nil, err
	}
	next, err := a.resume(ctx, s, plan)
	return plan, next, err
}

// starters returns who started what made a plan.
func (a *API) starters(ctx context.Context, p sync.Plan) (who []string) {
	for _, id := range []string{p.Run, p.ID} {
		if j, err := a.book().Job(ctx, id); err == nil {
			who = append(who, j.Owner)
		}
	}
	return who
}

// resume starts the job that goes on with the run of a plan: a job of the same
// lineage, once for each decision.
func (a *API) resume(ctx context.Context, s sync.Sync, p sync.Plan) (*job.Job, error) {
	args, err := json.Marshal(map[string]string{"sync": s.Name, "run": p.Run, "plan": p.ID})
	if err != nil {
		return nil, err
	}
	request, err := a.request(ctx, client.NewJob{Task: applyTask, Args: args, Client: s.Client, Description: "Apply what was approved of plan " + p.ID + "."})
	if err != nil {
		return nil, noWorker(err, applyTask)
	}
	request.Root, request.Parent = p.Run, p.ID
	j, err := a.Engine.Enqueue(ctx, request)
	if err != nil {
		return nil, err
	}
	return &j, nil
}

// undoPlan serves POST /api/v1/syncs/{name}/plans/{plan}/undo: the job whose id
// is that of the plan that takes the other one back.
func (a *API) undoPlan(w http.ResponseWriter, r *http.Request) error {
	var ask client.UndoPlan
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	j, err := a.UndoPlan(r.Context(), r.PathValue("name"), r.PathValue("plan"), ask.Reason)
	if err != nil {
		return err
	}
	return replyJob(w, j.ID, j)
}

// UndoPlan starts the job that plans how to take a plan back.
func (a *API) UndoPlan(ctx context.Context, name, plan, reason string) (job.Job, error) {
	if err := required("reason", reason); err != nil {
		return job.Job{}, err
	}
	s, err := a.syncNamed(ctx, name)
	if err != nil {
		return job.Job{}, err
	}
	if err := may(ctx, auth.Operate, s.Client, undoTask); err != nil {
		return job.Job{}, err
	}
	if _, err := a.Ledger.SISPlan(ctx, s.Name, plan); err != nil {
		return job.Job{}, err
	}
	args, err := json.Marshal(map[string]string{"sync": s.Name, "plan": plan, "reason": reason})
	if err != nil {
		return job.Job{}, err
	}
	request, err := a.request(ctx, client.NewJob{Task: undoTask, Args: args, Client: s.Client})
	if err != nil {
		return job.Job{}, noWorker(err, undoTask)
	}
	return a.Engine.Enqueue(ctx, request)
}

// releasePlan serves POST /api/v1/syncs/{name}/plans/{plan}/release.
func (a *API) releasePlan(w http.ResponseWriter, r *http.Request) error {
	var ask client.ReleasePlan
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	n, err := a.ReleasePlan(r.Context(), r.PathValue("name"), r.PathValue("plan"), ask.Effect, ask.Reason)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.ReleasedPlan{Released: n})
}

// ReleasePlan has later runs plan again what people did not want written
// because of a plan.
func (a *API) ReleasePlan(ctx context.Context, name, plan, effect, reason string) (int64, error) {
	if err := required("reason", reason); err != nil {
		return 0, err
	}
	s, err := a.syncNamed(ctx, name)
	if err != nil {
		return 0, err
	}
	return a.Ledger.ReleaseSIS(ctx, s.Name, plan, effect)
}

// syncNamed returns the sync of that name, if whoever acts may see it.
func (a *API) syncNamed(ctx context.Context, name string) (sync.Sync, error) {
	for _, s := range a.Syncs {
		if s.Name == name && a.SeesSync(ctx, name) {
			return s, nil
		}
	}
	return sync.Sync{}, fault.New(fault.NotFound, "There is no sync %s.", name)
}
