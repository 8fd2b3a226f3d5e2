package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func holdCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hold",
		Short: "List what is kept whatever the retention says",
		Long: `Hold lists the holds. While one covers a job, nothing of the job is removed,
however old it is. Only a superadmin of all clients and tasks sets and lifts them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Holds(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printHolds(all) })
		},
	}
	cmd.AddCommand(holdAddCmd(env), holdLiftCmd(env))
	return cmd
}

func (env *Env) printHolds(all []client.Hold) {
	if len(all) == 0 {
		env.hint("Nothing is on hold.")
		return
	}
	t := env.table("name", "on", "of", "by", "since", "reason")
	for _, h := range all {
		t.row(h.Name, h.On, h.Of, h.By, h.Since.UTC().Format(time.RFC3339), h.Reason)
	}
	t.end()
}

func holdAddCmd(env *Env) *cobra.Command {
	n := client.NewHold{}
	var on struct{ client, task, job, owner string }
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Keep the jobs of a client, a task or an owner, or of one lineage",
		Example: `  jobctl hold add audit-2026 --client north-campus --reason "the auditors asked"
  jobctl hold add case-17 --task 'grades.*' --reason "a complaint"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := whyGiven(n.Reason); err != nil {
				return err
			}
			n.Name = names[0]
			for _, kind := range []struct{ on, of string }{{"client", on.client}, {"task", on.task}, {"job", on.job}, {"owner", on.owner}} {
				if kind.of != "" {
					n.On, n.Of = kind.on, kind.of
				}
			}
			if n.On == "" {
				return fault.New(fault.Invalid, "say what is held: --client, --task, --job or --owner")
			}
			h, err := env.client().PutHold(cmd.Context(), n)
			if err != nil {
				return err
			}
			return env.print(h, func() { env.say("Hold %s is set on %s %s.", h.Name, h.On, h.Of) })
		},
	}
	cmd.Flags().StringVar(&on.client, "client", "", "all jobs of this client")
	cmd.Flags().StringVar(&on.task, "task", "", "all jobs of this task, or of those that begin so, such as 'sis.*'")
	cmd.Flags().StringVar(&on.job, "job", "", "all jobs of the lineage of this job")
	cmd.Flags().StringVar(&on.owner, "owner", "", "all jobs of this person")
	cmd.Flags().StringVar(&n.Reason, "reason", "", "why; required")
	cmd.MarkFlagsMutuallyExclusive("client", "task", "job", "owner")
	_ = cmd.RegisterFlagCompletionFunc("client", env.complete(clientNames)) // fails only for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("task", env.complete(taskNames))
	return cmd
}

func holdLiftCmd(env *Env) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:     "lift NAME",
		Short:   "Lift a hold; what is too old goes at the next run",
		Example: `  jobctl hold lift audit-2026 --reason "the audit is closed"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := whyGiven(reason); err != nil {
				return err
			}
			if !yes && !env.agrees("Lift hold %s?", names[0]) {
				return fault.New(fault.Conflict, "nothing was changed")
			}
			h, err := env.client().LiftHold(cmd.Context(), names[0], reason)
			if err != nil {
				return err
			}
			return env.print(h, func() { env.say("Hold %s on %s %s is lifted.", h.Name, h.On, h.Of) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; required")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
