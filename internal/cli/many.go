package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A many is what a command does to many jobs at once, and what its flags say of
// it.
type many struct {
	verb, done string // "abort", "aborted, or told to stop"

	filter, reason string
	dryRun, yes    bool
}

func (m *many) flags(cmd *cobra.Command, env *Env) {
	flags := cmd.Flags()
	flags.StringVar(&m.filter, "filter", "", "all jobs of a filter, as jobctl jobs takes it, instead of ids")
	flags.StringVar(&m.reason, "reason", "", "why; the audit keeps it")
	flags.BoolVar(&m.dryRun, "dry-run", false, "say which jobs it would be, and do nothing")
	flags.BoolVarP(&m.yes, "yes", "y", false, "do not ask")
	_ = cmd.RegisterFlagCompletionFunc("filter", env.completeFilter) // fails only for a flag that is not there
}

// args takes ids, so many as otherwise says, or a filter.
func (m *many) args(otherwise cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, ids []string) error {
		if m.filter != "" {
			return nil
		}
		return otherwise(cmd, ids)
	}
}

// meant reports whether it takes the way of many jobs: one that can be tried,
// and gives a reason.
func (m *many) meant() bool { return m.filter != "" || m.dryRun || m.reason != "" }

// run counts the jobs, asks, and does it.
func (m *many) run(ctx context.Context, env *Env, ids []string, do func(context.Context, client.Bulk) (client.BulkResult, error)) error {
	if m.filter != "" && len(ids) > 0 {
		return fault.New(fault.Invalid, "Give ids or --filter, one of them.").In("filter")
	}
	ask := client.Bulk{Filter: m.filter, IDs: ids, Reason: m.reason, DryRun: true}
	seen, err := do(ctx, ask)
	if err != nil {
		return err
	}
	if m.dryRun || seen.Count == 0 {
		return env.print(seen, func() { env.printSample(seen) })
	}
	if err := m.agreed(env, seen.Count); err != nil {
		return err
	}
	ask.DryRun, ask.Expect = false, &seen.Count
	result, err := do(ctx, ask)
	if err != nil {
		return err
	}
	if err := env.print(result, func() { env.printToll(result, m.done) }); err != nil {
		return err
	}
	if left := result.Count - result.Done; left > 0 {
		return fault.New(fault.Conflict, "not done for %s", count(int64(left), "job", "jobs"))
	}
	return nil
}

// agreed asks before all jobs of a filter are changed. A script has to say that
// it means them.
func (m *many) agreed(env *Env, jobs int) error {
	found := count(int64(jobs), "job matches", "jobs match")
	switch {
	case m.filter == "" || m.yes:
		return nil
	case !env.Terminal:
		return fault.New(fault.Invalid, "%s; add --yes to %s them, or --dry-run to see them. Nothing was changed.", found, m.verb).In("yes")
	case !env.agrees("%s. Shall jobctl %s them?", found, m.verb):
		return fault.New(fault.Conflict, "nothing was changed")
	}
	return nil
}

func (env *Env) printSample(seen client.BulkResult) {
	if seen.Count == 0 {
		env.hint("There are no such jobs.")
		return
	}
	t := env.table("job", "task", "state", "created", "description")
	for _, j := range seen.Sample {
		t.row(j.ID, j.Task, string(j.State), env.ago(j.Created), j.Description)
	}
	t.end()
	if more := seen.Count - len(seen.Sample); more > 0 {
		env.hint("And %d more.", more)
	}
	env.hint("Nothing was changed: this was a dry run.")
}

func (env *Env) printToll(result client.BulkResult, done string) {
	env.say("%s: %d of %d.", done, result.Done, result.Count)
	for _, r := range result.Refused {
		why := fmt.Sprintf("%s: %s", count(int64(r.Jobs), "job", "jobs"), r.Reason)
		if r.Jobs > 1 {
			why += " The first is " + r.First + "."
		}
		env.hint("%s", why)
	}
}
