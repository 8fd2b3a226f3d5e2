package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func limitsCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "limits",
		Short: "List how many jobs may run at a time, and how many do",
		Long: `Limits lists the limits that operators have set and those that tasks declare. The
client * is each client by itself; in use is then the number of the busiest one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Limits(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printLimits(all...) })
		},
	}
	cmd.AddCommand(limitsSetCmd(env), limitsRemoveCmd(env))
	return cmd
}

func (env *Env) printLimits(all ...client.Limit) {
	if len(all) == 0 {
		env.hint("Nothing bounds how many jobs run at a time but the workers.")
		return
	}
	t := env.table("task", "client", "max", "in use", "waiting", "from")
	for _, l := range all {
		t.row(cmp.Or(l.Task, "(all)"), cmp.Or(l.Client, "(all)"), fmt.Sprint(l.Max), fmt.Sprint(l.InUse), fmt.Sprint(l.Waits), l.From)
	}
	t.end()
}

func limitsSetCmd(env *Env) *cobra.Command {
	var n client.NewLimit
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Limit how many jobs of a task, of a client, or of a task for a client run at a time",
		Long: `Set limits how many jobs run at a time: of a task, of a client, or of a task for
a client. The client * is each client by itself. Jobs above it wait and take no
worker slot; those that run already go on.`,
		Example: `  jobctl limits set --task sis.registrations.process --max 2
  jobctl limits set --task sis.registrations.process --client '*' --max 1
  jobctl limits set --client north-campus --max 40`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("max") {
				return fault.New(fault.Invalid, "--max is required: how many may run at a time").In("max")
			}
			l, err := env.client().PutLimit(cmd.Context(), n)
			if err != nil {
				return err
			}
			return env.print(l, func() { env.say("At most %s of %s at a time.", count(int64(l.Max), "job", "jobs"), scope(l)) })
		},
	}
	limitFlags(cmd, env, &n.Task, &n.Client)
	cmd.Flags().IntVar(&n.Max, "max", 0, "how many may run at a time; required")
	return cmd
}

func limitsRemoveCmd(env *Env) *cobra.Command {
	var task, name string
	cmd := &cobra.Command{
		Use:     "remove",
		Short:   "Remove a limit that an operator has set",
		Example: `  jobctl limits remove --task sis.registrations.process --client '*'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := env.client().DeleteLimit(cmd.Context(), task, name)
			if err != nil {
				return err
			}
			return env.print(l, func() { env.say("The limit on %s is removed.", scope(l)) })
		},
	}
	limitFlags(cmd, env, &task, &name)
	return cmd
}

func limitFlags(cmd *cobra.Command, env *Env, task, name *string) {
	cmd.Flags().StringVar(task, "task", "", "the task; none: all tasks together")
	cmd.Flags().StringVar(name, "client", "", "the client; * is each client, none is all clients together")
	_ = cmd.RegisterFlagCompletionFunc("task", env.complete(taskNames)) // fails only for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("client", env.complete(clientNames))
}

// scope says in words what a limit is on.
func scope(l client.Limit) string {
	task, whose := "all tasks", "all clients"
	if l.Task != "" {
		task = "task " + l.Task
	}
	switch l.Client {
	case "":
	case "*":
		whose = "each client"
	default:
		whose = "client " + l.Client
	}
	return task + " for " + whose
}
