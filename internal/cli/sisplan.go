package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisPlanCmd(env *Env) *cobra.Command {
	var (
		id        string
		op, state string
		f         client.EffectFilter
	)
	cmd := &cobra.Command{
		Use:   "plan SYNC",
		Short: "Show what the newest plan of a sync changes in the LMS",
		Example: `  jobctl sis plan main --state held
  jobctl sis plan main --op create_course`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			f.Op, f.State = sync.EffectOp(op), sync.EffectState(state)
			p, err := env.client().Plan(cmd.Context(), names[0], id, f)
			if err != nil {
				return err
			}
			return env.print(p, func() { env.printPlan(p, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&id, "id", "", "an earlier plan: the id of the job that made it")
	flags.StringVar(&op, "op", "", "only changes of this kind, such as enrol")
	flags.StringVar(&state, "state", "", "only changes in this state, such as held or failed")
	flags.StringVar(&f.Hold, "hold", "", "only what the hold with this id holds")
	flags.StringVar(&f.Person, "person", "", "only changes about this person, by the SIS's id")
	flags.StringVar(&f.Section, "section", "", "only changes about this section, by the SIS's id")
	flags.IntVar(&f.Limit, "limit", 0, "how many changes at most (default 50)")
	flags.Int64Var(&f.After, "after", 0, "go on after the change with this number")
	return cmd
}

// printPlanOf prints the plan that a dry run made.
func (env *Env) printPlanOf(ctx context.Context, c *client.Client, run client.Run) error {
	if run.Plan == nil {
		return env.print(run, func() { env.printRun(run) })
	}
	p, err := c.Plan(ctx, run.Sync, run.Plan.ID, client.EffectFilter{})
	if err != nil {
		return err
	}
	return env.print(p, func() { env.printPlan(p, client.EffectFilter{}) })
}

func (env *Env) printPlan(p client.PlanPage, f client.EffectFilter) {
	plan := p.Plan
	env.say("Plan of sync %s (%s), made %s: %s.", plan.Sync, plan.State, env.ago(plan.Created), count(plan.Effects(), "change", "changes"))
	for _, op := range sync.EffectOps {
		if n := plan.Counts[op]; n > 0 {
			env.say("%7d  %s", n, opWord(op))
		}
	}
	if plan.Future > 0 {
		env.say("Enrolments that begin later than today: %d.", plan.Future)
	}
	env.printHeld(plan)
	if len(p.Effects) == 0 {
		return
	}
	env.say("")
	env.printEffects(p.Effects)
	env.printRest(p, f)
}

// printRest says how many changes are not in the table.
func (env *Env) printRest(p client.PlanPage, f client.EffectFilter) {
	if p.Next == 0 {
		return
	}
	if f.Op == "" && f.State == "" {
		env.say("… and %d more: jobctl sis plan %s --id %s --after %d", p.Plan.Effects()-p.Next, p.Plan.Sync, p.Plan.ID, p.Next)
		return
	}
	env.say("There may be more: --after %d", p.Next)
}

func (env *Env) printEffects(effects []client.Effect) {
	t := env.table("no", "change", "of", "state", "what", "why")
	for _, e := range effects {
		why := cmp.Or(e.Message, e.Code)
		t.row(fmt.Sprint(e.Seq), opWord(e.Op), e.Key, string(e.State), shorten(difference(e.Before, e.After), 60), why)
	}
	t.end()
}

// difference says which fields an effect changes, from what and to what.
func difference(before, after json.RawMessage) string {
	var was, is map[string]any
	_ = json.Unmarshal(before, &was) // nothing was there
	if json.Unmarshal(after, &is) != nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		from, to := fmt.Sprint(was[name]), fmt.Sprint(is[name])
		switch {
		case was == nil || was[name] == nil:
			parts = append(parts, name+" "+to)
		case from != to:
			parts = append(parts, name+" "+from+" → "+to)
		}
	}
	return strings.Join(parts, ", ")
}

// shorten cuts s to n characters and shows that it did.
func shorten(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}
