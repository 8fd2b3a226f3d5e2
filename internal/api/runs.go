package api

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

const planTask = "sis.plan"

// chain is the steps of a run, in order: a lineage of jobs, one for each. A dry
// run ends with the plan.
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
	Shard  int    `json:"shard"`
}

// pass puts the jobs of a run into the order of its steps. Of a step that was
// repeated the newest job counts; of one that several jobs divide among them,
// the newest of each part, and the one is shown that says how far it is.
func pass(name string, root job.Job, dryRun bool, jobs []job.Job) client.Run {
	run := client.Run{Sync: name, Root: root.ID, DryRun: dryRun, Steps: []client.Step{}}
	for _, task := range steps(dryRun) {
		parts := newest(task, append(jobs, root))
		for _, j := range parts {
			run.Errors += j.Errors
		}
		step := client.Step{Task: task, Job: telling(parts)}
		run.Steps = append(run.Steps, step)
		if step.Job != nil {
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

// newest returns the newest job of a task, or of each of its parts.
func newest(task string, jobs []job.Job) map[int]job.Job {
	found := map[int]job.Job{}
	for _, j := range jobs {
		if j.Task != task {
			continue
		}
		args := runArgs{}
		_ = json.Unmarshal(j.Args, &args) // was checked when it was enqueued
		if last, ok := found[args.Shard]; !ok || older(last, j) {
			found[args.Shard] = j
		}
	}
	return found
}

func older(a, b job.Job) bool {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) < 0
}

// telling returns the job that says how far a step is: one that goes on, else
// one that did not succeed, else the last.
func telling(parts map[int]job.Job) *job.Job {
	var found *job.Job
	for _, shard := range slices.Sorted(maps.Keys(parts)) {
		if j := parts[shard]; found == nil || standing(j) >= standing(*found) {
			found = &j
		}
	}
	return found
}

func standing(j job.Job) int {
	switch {
	case !j.State.Final():
		return 2
	case j.State != job.Succeeded:
		return 1
	}
	return 0
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
