package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

func schedulesLintCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE",
		Short: "Check a file of schedules; needs no server",
		Long: `Lint checks what jobctl schedules export writes and people edit: unknown keys,
cron, zones, policies, names. All mistakes are told, each with its line. Whether
tasks, clients and arguments exist only the server knows: jobctl schedules import
--dry-run.`,
		Example: `  jobctl schedules lint schedules.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, files []string) error {
			f, t, err := env.readTimetable(files[0])
			if err != nil {
				return err
			}
			found := linted{f.name, len(t.schedules), len(t.calendars)}
			return env.print(found, func() {
				env.say("%s: %s and %s, nothing is wrong.", found.File, count(int64(found.Schedules), "schedule", "schedules"), count(int64(found.Calendars), "calendar", "calendars"))
			})
		},
	}
}

// linted is what is in a file in which nothing is wrong.
type linted struct {
	File      string `json:"file"`
	Schedules int    `json:"schedules"`
	Calendars int    `json:"calendars"`
}

// checkTimetable notes what is wrong with schedules as a whole, and between
// them.
func (f *yamlFile) checkTimetable(t timetableFile) {
	seen := map[string]int{}
	for _, s := range t.schedules {
		f.checkSchedule(s)
		f.once(seen, "schedule "+s.name, s.at)
	}
	for _, c := range t.calendars {
		f.once(seen, "calendar "+c.Name, c.at)
	}
}

func (f *yamlFile) once(seen map[string]int, what string, at *yaml.Node) {
	if line, twice := seen[what]; twice {
		f.wrong(at, "%s is in line %d already", what, line)
		return
	}
	seen[what] = at.Line
}

func (f *yamlFile) checkSchedule(s fileSchedule) {
	badName := timetable.CheckName("name", s.name)
	switch {
	case s.name == "":
		f.wrong(s.at, "a schedule needs a name")
	case s.task != "" && badName != nil:
		f.wrong(s.at, "%s", fault.Message(badName))
	case s.task == "" && s.client != "":
		f.wrong(s.at, "schedule %s names a client and no task; a declared schedule has the client that its task says", s.name)
	case s.task != "" && s.rule["cron"] == nil:
		f.wrong(s.at, "schedule %s needs a cron in its rule", s.name)
	}
}

// checkRule notes fields of a rule that make no sense. Fields that are not
// there are as the declaration says, or as in the default rule.
func (f *yamlFile) checkRule(set fields, lines map[string]*yaml.Node) {
	r := job.DefaultRule()
	raw, err := json.Marshal(set)
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return // a field was refused before
	}
	for _, wrong := range timetable.CheckRule(r) {
		if at, ok := lines[wrong.Field]; ok {
			f.wrong(at, "%s", wrong.Msg)
		}
	}
}
