package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func workersCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "workers",
		Short: "List the processes that run jobs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Workers(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printWorkers(all) })
		},
	}
}

func (env *Env) printWorkers(all []client.Worker) {
	if len(all) == 0 {
		env.hint("No worker was heard of in the last seconds; jobs wait until one is.")
		return
	}
	t := env.table("worker", "host", "pid", "busy", "queues", "build", "started", "remark")
	for _, w := range all {
		remark := ""
		if w.Stopping {
			remark = "stopping"
		}
		t.row(w.Name, w.Host, fmt.Sprint(w.PID), fmt.Sprintf("%d of %d", len(w.Running), w.Concurrency),
			strings.Join(slices.Sorted(maps.Keys(w.Queues)), ","), w.Build, env.ago(w.Started), remark)
	}
	t.end()
}
