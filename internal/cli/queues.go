package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func queuesCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "queues",
		Short: "List where jobs stand until a worker takes them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Queues(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printQueues(all) })
		},
	}
}

func (env *Env) printQueues(all []client.Queue) {
	if len(all) == 0 {
		env.hint("There is no queue yet; the first worker that starts brings one.")
		return
	}
	t := env.table("queue", "queued", "oldest", "waiting", "scheduled", "running", "workers", "busy", "remark")
	for _, q := range all {
		t.row(q.Name, fmt.Sprint(q.Counts["queued"]), env.agoIf(q.Oldest), fmt.Sprint(q.Counts["waiting"]),
			fmt.Sprint(q.Counts["scheduled"]+q.Counts["retrying"]), fmt.Sprint(q.Counts["running"]),
			fmt.Sprint(len(q.Workers)), fmt.Sprintf("%d of %d", q.Used, q.Slots), env.troubleOf(q))
	}
	t.end()
}

// troubleOf says why jobs of a queue do not start.
func (env *Env) troubleOf(q client.Queue) string {
	switch {
	case q.Pause != nil:
		return q.Pause.Sentence(env.Now())
	case len(q.Workers) == 0 && q.Counts["queued"] > 0:
		return "No worker takes jobs from it."
	}
	return ""
}
