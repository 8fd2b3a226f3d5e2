package cli

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/profile"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func profileCmd(env *Env) *cobra.Command {
	var n client.NewProfile
	var task, file string
	cmd := &cobra.Command{
		Use:   "profile --task TASK",
		Short: "Fetch a CPU profile of the running jobs of one task",
		Long: `Has the workers that run jobs of a task watch for some seconds what the CPUs do
for these jobs, and for nothing else, and writes it to a file for “go tool pprof”.
A worker takes one profile at a time.`,
		Example: `  jobctl profile --task roster.sync --seconds 30
  go tool pprof -top roster.sync.pb.gz`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if task == "" {
				return fault.New(fault.Invalid, "say which task: jobctl profile --task TASK")
			}
			if file == "" {
				file = task + ".pb.gz"
			}
			return env.profile(cmd.Context(), task, file, n)
		},
	}
	cmd.Flags().StringVar(&task, "task", "", "the task")
	cmd.Flags().StringVar(&n.Worker, "worker", "", "id or name of one worker (default: those that run the task now)")
	cmd.Flags().IntVar(&n.Seconds, "seconds", 10, "for how long, 1 to 60")
	cmd.Flags().StringVarP(&file, "output", "o", "", "the file to write (default: TASK.pb.gz)")
	_ = cmd.RegisterFlagCompletionFunc("worker", env.complete(workerIDs)) // fails only for a flag that is not there
	return cmd
}

func (env *Env) profile(ctx context.Context, task, file string, n client.NewProfile) error {
	raw, err := env.client().Profile(ctx, task, n)
	if err != nil {
		return err
	}
	busy, err := profile.Busy(raw)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return fault.New(fault.Invalid, "The file %s cannot be written.", file).Because(err)
	}
	env.say("In %d s the CPUs spent %s on jobs of %s; %s has on what.", n.Seconds, busy.Round(10*time.Millisecond), task, file)
	env.hint("Look at it with “go tool pprof -top %s”.", file)
	return nil
}
