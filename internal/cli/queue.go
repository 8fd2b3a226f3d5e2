package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func queueCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "queue", Short: "Pause a queue, or all of them, and resume"}
	cmd.AddCommand(queuePauseCmd(env), queueResumeCmd(env))
	return group(cmd)
}

func queuePauseCmd(env *Env) *cobra.Command {
	var until string
	var all bool
	var p client.NewQueuePause
	cmd := &cobra.Command{
		Use:   "pause NAME",
		Short: "Keep the jobs of a queue from starting",
		Long: `Pause keeps the jobs of a queue from starting; with --all, those of all queues.
Jobs that run go on, and further ones are taken in. Each that waits says why.`,
		Example: `  jobctl queue pause worker --note "database upgrade"
  jobctl queue pause --all --until 2h --note "maintenance"`,
		ValidArgsFunction: env.complete(queueNames),
		Args:              cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			name, err := queueNamed(names, all)
			if err != nil {
				return err
			}
			if until != "" {
				if p.Until, err = env.parseLater("until", until); err != nil {
					return err
				}
			}
			done, err := env.client().PauseQueue(cmd.Context(), name, p)
			if err != nil {
				return err
			}
			return env.print(done, func() { env.say("%s", done.Sentence(env.Now())) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all queues")
	cmd.Flags().StringVar(&p.Note, "note", "", "why; required")
	cmd.Flags().StringVar(&until, "until", "", "2h from now, or a time: 2026-09-07T06:00:00Z (default: until it is resumed)")
	return cmd
}

func queueResumeCmd(env *Env) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "resume NAME",
		Short: "End the pause of a queue; its jobs start at once",
		Long: `Resume ends the pause of a queue; with --all, the one of all queues. Queues that
were paused by themselves are resumed by name.`,
		ValidArgsFunction: env.complete(queueNames),
		Args:              cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			name, err := queueNamed(names, all)
			if err != nil {
				return err
			}
			was, err := env.client().ResumeQueue(cmd.Context(), name)
			if err != nil {
				return err
			}
			return env.print(was, func() { env.sayResumed(name) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "the pause of all queues")
	return cmd
}

func (env *Env) sayResumed(name string) {
	if name == "" {
		env.say("The pause of all queues has ended.")
		return
	}
	env.say("The queue %s is not paused any more.", name)
}

// queueNamed returns the queue that is meant; empty is all of them.
func queueNamed(names []string, all bool) (string, error) {
	switch {
	case all && len(names) == 0:
		return "", nil
	case !all && len(names) == 1:
		return names[0], nil
	}
	return "", fault.New(fault.Invalid, "name one queue, or say --all")
}

func queueNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Queues(ctx)
	return namesOf(all, func(q client.Queue) string { return q.Name }), err
}
