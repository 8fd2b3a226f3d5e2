package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// The tasks of syncs. A run is a lineage of jobs, one for each step; a dry run
// ends with the plan.
const (
	planTask   = "sis.plan"
	linkTask   = "sis.link"
	unlinkTask = "sis.unlink"
)

// chain is the steps of a run, in order.
var chain = []string{
	"sis.terms.pull", "sis.teachers.pull", "sis.sections.pull", "sis.sections.process",
	"sis.registrations.pull", planTask, "sis.registrations.process",
}

// run serves GET /api/v1/syncs/{name}/runs/{root}.
func (a *API) run(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	root, err := a.book().Job(r.Context(), r.PathValue("root"))
	if err != nil {
		return err
	}
	args := runArgs{}
	if json.Unmarshal(root.Args, &args) != nil || root.Task != chain[0] || args.Sync != s.Name {
		return fault.New(fault.NotFound, "No run of sync %s began with job %s.", s.Name, root.ID)
	}
	jobs, err := a.book().Jobs(r.Context(), job.Filter{Root: root.ID, Limit: maxLimit})
	if err != nil {
		return err
	}
	run := pass(s.Name, root, args.DryRun, jobs)
	if err := a.addPlan(r.Context(), &run); err != nil {
		return err
	}
	return reply(w, http.StatusOK, run)
}

// runArgs are what the jobs of a run have in their arguments.
type runArgs struct {
	Sync   string `json:"sync"`
	DryRun bool   `json:"dry_run"`
}

// pass puts the jobs of a run into the order of its steps. Of a step that was
// repeated the newest job counts.
func pass(name string, root job.Job, dryRun bool, jobs []job.Job) client.Run {
	run := client.Run{Sync: name, Root: root.ID, DryRun: dryRun, Steps: []client.Step{}}
	for _, task := range steps(dryRun) {
		step := client.Step{Task: task, Job: newest(task, append(jobs, root))}
		run.Steps = append(run.Steps, step)
		if step.Job != nil {
			run.Errors += step.Job.Errors
			run.Done = step.Job.State.Final() && step.Job.State != job.Succeeded
		}
	}
	if last := run.Steps[len(run.Steps)-1].Job; last != nil && last.State == job.Succeeded {
		run.Done, run.Succeeded = true, true
	}
	return run
}

func steps(dryRun bool) []string {
	if dryRun {
		return chain[:slices.Index(chain, planTask)+1]
	}
	return chain
}

func newest(task string, jobs []job.Job) *job.Job {
	var found *job.Job
	for _, j := range jobs {
		if j.Task == task && (found == nil || cmp.Or(j.Created.Compare(found.Created), cmp.Compare(j.ID, found.ID)) > 0) {
			found = &j
		}
	}
	return found
}

// addPlan adds the run's plan once it is made, and what became of its effects
// once the run is done.
func (a *API) addPlan(ctx context.Context, run *client.Run) error {
	i := slices.IndexFunc(run.Steps, func(s client.Step) bool { return s.Task == planTask })
	maker := run.Steps[i].Job
	if maker == nil || maker.State != job.Succeeded {
		return nil
	}
	p, err := a.Ledger.SISPlan(ctx, run.Sync, maker.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	run.Plan = &p
	if !run.Done {
		return nil
	}
	run.Effects, err = a.countEffects(ctx, p.ID)
	return err
}

func (a *API) countEffects(ctx context.Context, plan string) ([]client.EffectCount, error) {
	counts := map[client.EffectCount]int64{}
	for after := int64(0); ; {
		effects, err := a.Ledger.SISEffects(ctx, plan, sync.EffectFilter{After: after, Limit: maxLimit})
		if err != nil {
			return nil, err
		}
		for _, e := range effects {
			counts[client.EffectCount{Op: e.Op, State: e.State}]++
			after = e.Seq
		}
		if len(effects) < maxLimit {
			return inOrder(counts), nil
		}
	}
}

// inOrder lists counts in the order in which effects are made.
func inOrder(counts map[client.EffectCount]int64) (list []client.EffectCount) {
	for kind, n := range counts {
		kind.Count = n
		list = append(list, kind)
	}
	slices.SortFunc(list, func(x, y client.EffectCount) int {
		return cmp.Or(
			cmp.Compare(slices.Index(sync.EffectOps, x.Op), slices.Index(sync.EffectOps, y.Op)),
			cmp.Compare(slices.Index(sync.EffectStates, x.State), slices.Index(sync.EffectStates, y.State)),
		)
	})
	return list
}
