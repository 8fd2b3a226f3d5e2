package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func logLevelCmd(env *Env) *cobra.Command {
	var n client.NewLogLevel
	var all bool
	cmd := &cobra.Command{
		Use:   "log-level [LEVEL]",
		Short: "Show what processes log, or have them log more for a while",
		Long: `Without a level, lists the schedulers and workers and what each logs. With one of
debug, info, warn and error, has one of them, or all, log that for a while. They
hear of it within two seconds, and go back to the level of their settings by
themselves; the level “default” brings them back at once.`,
		Example: `  jobctl log-level debug --process worker@host:4711 --for 5m
  jobctl log-level default --all`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(append([]string{job.DefaultLevel}, job.LogLevels...), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return env.showProcesses(cmd.Context())
			}
			n.Level = args[0]
			if all == (n.Process != "") {
				return fault.New(fault.Invalid, "name one process with --process, or say --all")
			}
			return env.setLogLevel(cmd.Context(), n)
		},
	}
	cmd.Flags().StringVar(&n.Process, "process", "", "the scheduler or worker, as “jobctl log-level” lists it")
	cmd.Flags().BoolVar(&all, "all", false, "all schedulers and workers")
	cmd.Flags().StringVar(&n.For, "for", "10m", "for how long, 1s to 24h")
	_ = cmd.RegisterFlagCompletionFunc("process", env.complete(processNames)) // fails only for a flag that is not there
	return cmd
}

func (env *Env) setLogLevel(ctx context.Context, n client.NewLogLevel) error {
	l, err := env.client().SetLogLevel(ctx, n)
	if err != nil {
		return err
	}
	return env.print(l, func() {
		who, verb := "Process "+l.Process, "logs"
		if l.Process == "" {
			who, verb = "All processes", "log"
		}
		if l.Level == job.DefaultLevel {
			env.say("%s %s what the settings say, within two seconds.", who, verb)
			return
		}
		env.say("%s %s %s until %s, from within two seconds on.", who, verb, l.Level, l.Until.Format(time.TimeOnly+" MST"))
	})
}

func (env *Env) showProcesses(ctx context.Context) error {
	all, err := env.client().Processes(ctx)
	if err != nil {
		return err
	}
	return env.print(all, func() {
		t := env.table("process", "kind", "level", "until", "by")
		for _, p := range all {
			t.row(p.Name, p.Kind, p.LogLevel, env.agoIf(p.Until), p.By)
		}
		t.end()
	})
}

func processNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Processes(ctx)
	return namesOf(all, func(p client.Process) string { return p.Name + "\t" + p.Kind }), err
}
