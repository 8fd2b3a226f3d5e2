package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func schedulesImportCmd(env *Env) *cobra.Command {
	var reason string
	var dry bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make schedules and calendars as a YAML file says",
		Long: `Import makes the schedules and calendars of a file, as jobctl schedules export
writes it, as the file says: it creates what is not there, sets what differs, and
takes back what people have set and the file leaves out. What the file does not
name stays as it is; nothing is deleted. If the file has mistakes, each is told
with its line, and nothing is changed. The same file again changes nothing.`,
		Example: `  jobctl schedules import schedules.yaml --dry-run
  jobctl schedules import schedules.yaml --reason "autumn term, reviewed by Kim"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if !dry {
				if err := needReason(reason); err != nil {
					return err
				}
			}
			f, steps, err := env.importSteps(cmd.Context(), files[0], reason)
			if err != nil {
				return err
			}
			if err := env.print(steps, func() { env.printSteps(steps, dry) }); err != nil || dry {
				return err
			}
			return env.take(cmd.Context(), f.name, steps)
		},
	}
	reasonFlag(cmd, &reason)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show what would be changed, and change nothing")
	return cmd
}

// An importStep is what an import does to one schedule or calendar.
type importStep struct {
	What    string         `json:"what"` // "schedule roster.sync"
	Action  string         `json:"action"`
	Changes []importChange `json:"changes,omitempty"`

	at         *yaml.Node
	name, task string // of a schedule
	rule       fields // that it will have, all layers applied
	do         func(ctx context.Context, c *client.Client) error
}

// An importChange is one field that an import changes.
type importChange struct {
	Layer client.Layer `json:"layer,omitempty"`
	Field string       `json:"field"`
	From  string       `json:"from"`
	To    string       `json:"to"`
}

// importSteps reads a file and compares it with what the server has.
func (env *Env) importSteps(ctx context.Context, name, reason string) (*yamlFile, []importStep, error) {
	f, t, err := env.readTimetable(name)
	if err != nil {
		return f, nil, err
	}
	present, err := env.present(ctx)
	if err != nil {
		return f, nil, err
	}
	steps := []importStep{}
	f.checkNames(t, present)
	f.checkOthers(t, present)
	for _, c := range t.calendars {
		if step, differs := calendarStep(c, present.calendars, reason); differs {
			steps = append(steps, step)
		}
	}
	for _, s := range inOrder(t.schedules) {
		if step, differs := f.scheduleStep(s, present.schedules, reason); differs {
			steps = append(steps, step)
		}
	}
	f.checkRules(steps, present)
	return f, steps, f.err()
}

// present is what the server has, by name.
type present struct {
	schedules map[string]client.Schedule
	calendars map[string]client.Calendar
	tasks     map[string]client.Task
	clients   map[string]client.Organisation
}

func (env *Env) present(ctx context.Context) (present, error) {
	c := env.client()
	schedules, err1 := c.Schedules(ctx)
	calendars, err2 := c.Calendars(ctx)
	tasks, err3 := c.Tasks(ctx)
	clients, err4 := c.Clients(ctx)
	return present{
		byName(schedules, func(s client.Schedule) string { return s.Name }),
		byName(calendars, func(c client.Calendar) string { return c.Name }),
		byName(tasks, func(t client.Task) string { return t.Name }),
		byName(clients, func(o client.Organisation) string { return o.Name }),
	}, cmp.Or(err1, err2, err3, err4)
}

func byName[T any](all []T, name func(T) string) map[string]T {
	named := map[string]T{}
	for _, one := range all {
		named[name(one)] = one
	}
	return named
}

func (env *Env) printSteps(steps []importStep, dry bool) {
	if len(steps) == 0 {
		env.say("Everything is as the file says.")
		return
	}
	t := env.table("what", "action", "layer", "field", "from", "to")
	for _, s := range steps {
		if len(s.Changes) == 0 {
			t.row(s.What, s.Action)
		}
		for _, c := range s.Changes {
			t.row(s.What, s.Action, string(c.Layer), c.Field, shorten(c.From, 40), shorten(c.To, 40))
		}
	}
	t.end()
	if dry {
		env.hint("Nothing was changed.")
	}
}

// take does what the steps say, in order. If the server refuses one, it says
// which are done; the same import again goes on there.
func (env *Env) take(ctx context.Context, file string, steps []importStep) error {
	c := env.client()
	for i, s := range steps {
		if err := s.do(ctx, c); err != nil {
			env.hint("Written: %s. Not written: %s.", whatOf(steps[:i]), whatOf(steps[i:]))
			return fmt.Errorf("%s:%d: %s: %w", file, s.at.Line, s.What, err)
		}
	}
	if len(steps) > 0 {
		env.hint("%s changed.", count(int64(len(steps)), "thing is", "things are"))
	}
	return nil
}

func whatOf(steps []importStep) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.What)
	}
	return cmp.Or(strings.Join(all, ", "), "nothing")
}
