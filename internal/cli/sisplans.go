package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisPlansCmd(env *Env) *cobra.Command {
	var (
		state string
		f     client.PlanFilter
	)
	cmd := &cobra.Command{
		Use:   "plans SYNC",
		Short: "List plans of a sync, and what waits for a decision",
		Example: `  jobctl sis plans main
  jobctl sis plans main --state held`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			f.State = sync.PlanState(state)
			list, err := env.client().Plans(cmd.Context(), names[0], f)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printPlans(list) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&state, "state", "", "only plans in this state, such as held")
	flags.IntVar(&f.Limit, "limit", 0, "how many plans at most (default 50)")
	flags.StringVar(&f.Before, "before", "", "go on after the plan with this id")
	return cmd
}

func (env *Env) printPlans(list client.PlanList) {
	if len(list.Plans) == 0 {
		env.hint("There are no such plans.")
		return
	}
	t := env.table("plan", "state", "made", "changes", "held because")
	for _, p := range list.Plans {
		var why []string
		for _, h := range p.Held {
			why = append(why, h.Message)
		}
		t.row(p.ID, planWord(p), env.ago(p.Created), number(p.Effects()), shorten(strings.Join(why, " "), 100))
	}
	t.end()
	if list.Next != "" {
		env.say("There may be more: --before %s", list.Next)
	}
}

// planWord is the state of a plan as people say it.
func planWord(p client.Plan) string {
	word := string(p.State)
	if p.State == sync.PlanAborted {
		word = "replaced"
	}
	if p.Kind == sync.ToUndo {
		word = "undo, " + word
	}
	return word
}

func sisApproveCmd(env *Env) *cobra.Command {
	return env.decideCmd("approve", "Let through what a plan holds; the run that made it goes on",
		(*client.Client).ApprovePlan)
}

func sisRejectCmd(env *Env) *cobra.Command {
	return env.decideCmd("reject", "Say that what a plan holds is not wanted, until the SIS changes it",
		(*client.Client).RejectPlan)
}

// decide is how the API is told of a decision.
type decide = func(c *client.Client, ctx context.Context, sync, plan string, d client.DecidePlan) (client.DecidedPlan, error)

func (env *Env) decideCmd(word, short string, tell decide) *cobra.Command {
	var d client.DecidePlan
	cmd := &cobra.Command{
		Use: word + " SYNC PLAN", Short: short,
		Example:           "  jobctl sis " + word + " main PLAN --reason 'the registrar said so'\n  jobctl sis " + word + " main PLAN --hold 1 --reason 'the school has closed'",
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, names []string) error {
			done, err := tell(env.client(), cmd.Context(), names[0], names[1], d)
			if err != nil {
				return err
			}
			return env.print(done, func() { env.printDecided(done) })
		},
	}
	cmd.Flags().StringVar(&d.Hold, "hold", "", "only the hold with this id; otherwise all that wait")
	cmd.Flags().StringVar(&d.Reason, "reason", "", "why, for whoever wonders later (required)")
	return cmd
}

func (env *Env) printDecided(done client.DecidedPlan) {
	env.say("Plan %s is %s.", done.Plan.ID, planWord(done.Plan))
	for _, h := range done.Plan.Waits() {
		if n := h.Needs - len(h.Approvals()); n > 0 {
			env.say("Hold %s waits for %s: %s", h.ID, count(int64(n), "more approval", "more approvals"), h.Message)
		}
	}
	if done.Job != nil {
		env.say("The run goes on with job %s.", done.Job.ID)
	}
}

func sisUndoCmd(env *Env) *cobra.Command {
	var u client.UndoPlan
	cmd := &cobra.Command{
		Use:   "undo SYNC PLAN",
		Short: "Plan how to take a plan back; nothing is changed until that is approved",
		Long: `Undo makes a plan that takes back what another plan did: who was enrolled is
suspended, who was suspended is back, names are what they were. Nobody is
deleted, and what was changed since is left alone. The new plan has the id of
the job that is printed; look at it, and approve it.`,
		Example:           "  jobctl sis undo main PLAN --reason 'last week's file'\n  jobctl sis plan main --id JOB\n  jobctl sis approve main JOB --reason checked",
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, names []string) error {
			j, err := env.client().UndoPlan(cmd.Context(), names[0], names[1], u)
			if err != nil {
				return err
			}
			return env.print(j, func() {
				env.say("%s", j.ID)
				env.hint("Once the job is done, look at the plan of the same id: jobctl sis plan %s --id %s", names[0], j.ID)
			})
		},
	}
	cmd.Flags().StringVar(&u.Reason, "reason", "", "why, for whoever approves it (required)")
	return cmd
}

func sisReleaseCmd(env *Env) *cobra.Command {
	var r client.ReleasePlan
	cmd := &cobra.Command{
		Use:               "release SYNC PLAN",
		Short:             "Have the next run plan again what was rejected in a plan, or undone by it",
		Example:           "  jobctl sis release main PLAN --reason 'it was right after all'",
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, names []string) error {
			done, err := env.client().ReleasePlan(cmd.Context(), names[0], names[1], r)
			if err != nil {
				return err
			}
			return env.print(done, func() { env.say("%s planned again by the next run.", count(done.Released, "change is", "changes are")) })
		},
	}
	cmd.Flags().StringVar(&r.Effect, "effect", "", "only the change with this key")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why (required)")
	return cmd
}
