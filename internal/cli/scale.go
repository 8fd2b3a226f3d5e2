package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func scaleCmd(env *Env) *cobra.Command {
	var target time.Duration
	cmd := &cobra.Command{
		Use:   "scale [QUEUE]",
		Short: "Predict how long jobs will stand in queues, and how many workers they want",
		Long: `Predicts how long a job that is enqueued now will stand in its queue, and how
many workers would bring that to --target. Autoscalers ask the same of
/api/v1/scale.`,
		ValidArgsFunction: env.complete(queueNames),
		Args:              cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if target < time.Second || target > 24*time.Hour {
				return fault.New(fault.Invalid, "--target must be 1s to 24h, not %s", target).In("target")
			}
			queue := ""
			if len(args) == 1 {
				queue = args[0]
			}
			all, err := env.client().Scale(cmd.Context(), queue, target)
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printScale(all.Queues) })
		},
	}
	cmd.Flags().DurationVar(&target, "target", 30*time.Second, "the wait that is wanted")
	return cmd
}

func (env *Env) printScale(all []client.QueueScale) {
	t := env.table("queue", "queued", "wait", "a job takes", "workers", "wanted", "remark")
	for _, s := range all {
		t.row(s.Queue, fmt.Sprint(s.Queued), span(time.Duration(s.Wait)), span(time.Duration(s.Mean)), fmt.Sprint(s.Workers), fmt.Sprint(s.Wanted), remarkOn(s))
	}
	t.end()
}

// remarkOn says what a prediction does not tell by its numbers.
func remarkOn(s client.QueueScale) string {
	switch {
	case s.Paused:
		return "The queue is paused."
	case s.Jobs == 0:
		return "No job of the last 10 minutes tells how long one takes; 1 s is assumed."
	}
	return ""
}
