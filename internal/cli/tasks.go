package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func tasksCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "tasks",
		Short: "List what can be enqueued",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tasks, err := env.client().Tasks(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(tasks, func() { env.printTasks(tasks) })
		},
	}
}

func (env *Env) printTasks(tasks []client.Task) {
	if len(tasks) == 0 {
		env.hint("No worker has announced a task yet.")
		return
	}
	t := env.table("task", "arguments", "summary")
	for _, task := range tasks {
		t.row(task.Name, argumentNames(task.Schema), task.Summary)
	}
	t.end()
}

// argumentNames lists required arguments, and the others in brackets.
func argumentNames(schema json.RawMessage) string {
	var s struct {
		Properties map[string]any `json:"properties"`
		Required   []string       `json:"required"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return ""
	}
	names := s.Required
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, name) {
			names = append(names, "["+name+"]")
		}
	}
	return strings.Join(names, " ")
}
