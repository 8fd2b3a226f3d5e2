package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func retentionCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retention",
		Short: "List how long jobs, record errors and logs are kept",
		Long: `Retention lists the retention of the settings and the rules over it, the most
general first. Each part is that of the most specific rule that says something of
it. The task beadle.prune removes what is older, except what is on hold.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Retention(cmd.Context(), "", "")
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printRetention(all) })
		},
	}
	cmd.AddCommand(retentionSetCmd(env), retentionDeleteCmd(env), retentionPreviewCmd(env))
	return cmd
}

func (env *Env) printRetention(all client.RetentionList) {
	t := env.table("tasks", "client", "jobs", "errors", "logs", "set by", "reason")
	t.row("(all)", "(all)", all.Base.Jobs.String(), all.Base.Errors.String(), all.Base.Logs.String(), "settings", "")
	for _, r := range all.Rules {
		t.row(cmp.Or(r.Tasks, "(all)"), cmp.Or(r.Client, "(all)"), keepText(r.Jobs), keepText(r.Errors), keepText(r.Logs), r.By, r.Reason)
	}
	t.end()
}

// keepText is empty where the next best rule counts.
func keepText(k *job.Keep) string {
	if k == nil {
		return ""
	}
	return k.String()
}

func retentionSetCmd(env *Env) *cobra.Command {
	var n client.NewRetentionRule
	var yes bool
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Set how long jobs of a client, of tasks or of both are kept",
		Long: `Set makes a rule, in the place of the one for the same client and tasks. On a
terminal it says how many jobs would go now, and asks. What it does not say stays
as the next best rule says.`,
		Example: `  jobctl retention set --jobs 200d --reason "as agreed"
  jobctl retention set --tasks 'sis.*' --client north-campus --logs 7d --reason "disk space"
  jobctl retention set --tasks grades.push --jobs forever --reason "the registrar needs them"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := whyGiven(n.Reason); err != nil {
				return err
			}
			p, err := env.client().PreviewRetention(cmd.Context(), n)
			if err != nil {
				return err
			}
			if !yes && p.Jobs > p.Before && !env.agrees("%s would go at the next run. Set it?", wouldGo(p)) {
				return fault.New(fault.Conflict, "nothing was changed")
			}
			r, err := env.client().PutRetention(cmd.Context(), n)
			if err != nil {
				return err
			}
			return env.print(r, func() { env.say("Set for %s. %s will go at the next run.", r.Scope(), wouldGo(p)) })
		},
	}
	retentionFlags(cmd, env, &n)
	cmd.Flags().StringVar(&n.Reason, "reason", "", "why; required")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func retentionPreviewCmd(env *Env) *cobra.Command {
	var n client.NewRetentionRule
	cmd := &cobra.Command{
		Use:     "preview",
		Short:   "Say how many jobs would go now if a rule were set; nothing is changed",
		Example: `  jobctl retention preview --client north-campus --jobs 90d`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := env.client().PreviewRetention(cmd.Context(), n)
			if err != nil {
				return err
			}
			return env.print(p, func() { env.say("%s would go now; %d as things are.", wouldGo(p), p.Before) })
		},
	}
	retentionFlags(cmd, env, &n)
	return cmd
}

func retentionFlags(cmd *cobra.Command, env *Env, n *client.NewRetentionRule) {
	retentionScope(cmd, env, &n.Tasks, &n.Client)
	cmd.Flags().StringVar(&n.Jobs, "jobs", "", "how long jobs are kept after they have ended: days such as 400d, or forever")
	cmd.Flags().StringVar(&n.Errors, "errors", "", "the same of record errors")
	cmd.Flags().StringVar(&n.Logs, "logs", "", "the same of logs")
}

func retentionScope(cmd *cobra.Command, env *Env, tasks, name *string) {
	cmd.Flags().StringVar(tasks, "tasks", "", "a task, or those that begin so, such as 'sis.*'; none: every task")
	cmd.Flags().StringVar(name, "client", "", "the client; none: every client")
	_ = cmd.RegisterFlagCompletionFunc("tasks", env.complete(taskNames)) // fails only for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("client", env.complete(clientNames))
}

func retentionDeleteCmd(env *Env) *cobra.Command {
	var tasks, name, reason string
	cmd := &cobra.Command{
		Use:     "delete",
		Short:   "Delete the rule for a client, for tasks or for both",
		Example: `  jobctl retention delete --tasks 'sis.*' --client north-campus --reason "no longer needed"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := whyGiven(reason); err != nil {
				return err
			}
			r, err := env.client().DeleteRetention(cmd.Context(), name, tasks, reason)
			if err != nil {
				return err
			}
			return env.print(r, func() { env.say("The rule for %s is deleted.", r.Scope()) })
		},
	}
	retentionScope(cmd, env, &tasks, &name)
	cmd.Flags().StringVar(&reason, "reason", "", "why; required")
	return cmd
}

// whyGiven refuses what nobody could explain later.
func whyGiven(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "--reason is required: the audit keeps it").In("reason")
	}
	return nil
}

func wouldGo(p client.Prunable) string {
	if p.AtLeast {
		return fmt.Sprintf("%d jobs or more", p.Jobs)
	}
	return count(p.Jobs, "job", "jobs")
}
