package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
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
	switch {
	case s.name == "":
		f.wrong(s.at, "a schedule needs a name")
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
	wrong := ruleMistakes(r)
	for _, field := range job.RuleFields() {
		if at, ok := lines[field]; ok && wrong[field] != "" {
			f.wrong(at, "%s", wrong[field])
		}
	}
}

// ruleMistakes says what makes no sense in a rule, by field.
func ruleMistakes(r job.Rule) map[string]string {
	wrong := map[string]string{}
	if _, err := cron.ParseDialect(cron.Dialect(r.Dialect), r.Cron); err != nil {
		wrong["cron"] = strings.TrimPrefix(err.Error(), "cron expression ")
	}
	if _, err := cron.Zone(r.Zone); err != nil {
		wrong["zone"] = err.Error()
	}
	if !slices.Contains([]cron.Dialect{cron.Unix, cron.Quartz, cron.Intervals}, cron.Dialect(r.Dialect)) {
		wrong["dialect"], wrong["cron"] = fmt.Sprintf("dialect must be unix, quartz or every, not %q", r.Dialect), ""
	}
	if !r.Overlap.Valid() {
		wrong["overlap"] = fmt.Sprintf("overlap must be skip, queue one, queue all, abort or allow, not %q", r.Overlap)
	}
	if !r.CatchUp.Valid() {
		wrong["catch_up"] = fmt.Sprintf("catch_up must be none, latest or all, not %q", r.CatchUp)
	}
	if !r.JitterBy.Valid() {
		wrong["jitter_by"] = fmt.Sprintf("jitter_by must be name or chance, not %q", r.JitterBy)
	}
	if !r.AfterFor.Valid() {
		wrong["after_for"] = fmt.Sprintf("after_for must be slot or day, not %q", r.AfterFor)
	}
	if !r.AfterElse.Valid() {
		wrong["after_else"] = fmt.Sprintf("after_else must be skip, run or miss, not %q", r.AfterElse)
	}
	if r.StartsAt != nil && r.EndsAt != nil && !r.StartsAt.Before(*r.EndsAt) {
		wrong["ends_at"] = "ends_at must be later than starts_at"
	}
	for field, negative := range map[string]bool{
		"catch_up_within_seconds": r.CatchUpWithin < 0, "catch_up_most": r.CatchUpMost < 0,
		"latest_start_seconds": r.LatestStart < 0, "jitter_seconds": r.Jitter < 0, "max_runs": r.MaxRuns < 0,
		"after_limit_seconds": r.AfterLimit < 0,
	} {
		if negative {
			wrong[field] = field + " must not be negative"
		}
	}
	return wrong
}
