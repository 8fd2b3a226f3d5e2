package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/job"
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
	t := env.table("worker", "host", "pid", "busy", "queues", "labels", "build", "started", "remark")
	for _, w := range all {
		t.row(w.Name, w.Host, fmt.Sprint(w.PID), fmt.Sprintf("%d of %d", len(w.Running), w.Concurrency),
			strings.Join(slices.Sorted(maps.Keys(w.Queues)), ","), labels(w.Labels), w.Build, env.ago(w.Started), troublesOf(w))
	}
	t.end()
}

// labels are written as a worker's settings have them: zone=b,gpu=yes.
func labels(all map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		pairs = append(pairs, name+"="+all[name])
	}
	return strings.Join(pairs, ",")
}

// troublesOf says what is special about a worker.
func troublesOf(w client.Worker) string {
	var all []string
	switch {
	case w.Order == job.OrderDrain:
		all = append(all, "draining, says "+w.OrderedBy)
	case w.Stopping:
		all = append(all, "stopping")
	case w.Order == job.OrderQuiet:
		all = append(all, "quiet, says "+w.OrderedBy)
	}
	if len(w.Stuck) > 0 {
		all = append(all, count(int64(len(w.Stuck)), "job", "jobs")+" stuck: "+strings.Join(w.Stuck, ", "))
	}
	return strings.Join(all, "; ")
}
