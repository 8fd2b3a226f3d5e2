package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func scheduleShowCmd(env *Env) *cobra.Command {
	var n int
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show all of a schedule: each field, who has set it and why, and the next runs",
		Long: `Show prints every field of a schedule's rule as it holds, beside what the code
of its task declares, or what the schedule was created with. A field that people
have set says in which layer, who, when and why; the client's setting counts
before the platform's.`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkCount(n); err != nil {
				return err
			}
			ctx, c := cmd.Context(), env.client()
			s, err := c.Schedule(ctx, names[0])
			if err != nil {
				return err
			}
			next, err := c.Forecast(ctx, s.Name, time.Time{}, n)
			if err != nil {
				return err
			}
			d := scheduleDetail{s, wordsOf(s.Rule), next}
			return env.print(d, func() { env.printSchedule(d) })
		},
	}
	cmd.Flags().IntVarP(&n, "count", "n", 5, "how many of the next runs to list")
	return cmd
}

// A scheduleDetail is a schedule, when it is due in words, and what comes.
type scheduleDetail struct {
	client.Schedule
	Text    string          `json:"text,omitempty"`
	Firings []client.Firing `json:"firings"`
}

func (env *Env) printSchedule(d scheduleDetail) {
	s := d.Schedule
	env.facts(
		"schedule", s.Name,
		"task", s.Task,
		"client", s.Client,
		"when", d.Text,
		"zone", s.Zone,
		"from", origin(s),
		"runs", fmt.Sprint(s.Runs),
		"revision", fmt.Sprint(s.Revision),
		"remark", env.remark(s),
	)
	for _, n := range s.Notices {
		env.say("notice: %s", oneLine(n))
	}
	env.say("")
	env.printRule(s)
	if len(d.Firings) > 0 {
		env.say("")
		for i := range d.Firings {
			d.Firings[i].Due = inZone(d.Firings[i].Due, s.Zone)
		}
		env.printForecast(d.Firings, false)
	}
}

// origin says where a schedule comes from.
func origin(s client.Schedule) string {
	if s.Declared {
		return "the code of " + s.Task
	}
	return "created " + s.Created.Format(time.DateTime)
}

// printRule prints each field of a rule, and the settings of people that are
// covered by others below it.
func (env *Env) printRule(s client.Schedule) {
	t := env.table("field", "value", "default", "set by", "when", "why")
	for _, field := range job.RuleFields() {
		value, _ := s.Field(field) // absent if empty
		base, _ := s.Base.Field(field)
		set := settings(s, field)
		if len(set) == 0 {
			t.row(field, shown(value), "", "", "", "")
		}
		for i, o := range set {
			name, remark := field, o.Reason
			if i > 0 {
				name, remark = "", "does not count: "+o.Reason
			}
			t.row(name, shown(o.Value), shown(base), fmt.Sprintf("%s (%s)", o.By, o.Layer), env.ago(o.At), remark)
		}
	}
	t.end()
}

// settings returns what people have set of a field, what counts first.
func settings(s client.Schedule, field string) (all []client.Override) {
	for _, layer := range []client.Layer{client.LayerClient, client.LayerPlatform} {
		for _, o := range s.Overrides {
			if o.Field == field && o.Layer == layer {
				all = append(all, o)
			}
		}
	}
	return all
}

// remark says why a schedule does not fire, or what else is odd about it.
func (env *Env) remark(s client.Schedule) string {
	switch {
	case s.Problem != "":
		return s.Problem
	case s.Missing:
		return "no worker announces " + s.Task
	case !s.Enabled:
		return "switched off"
	case s.PausedUntil != nil && s.PausedUntil.After(env.Now()):
		return "paused until " + s.PausedUntil.Format("2006-01-02 15:04 MST") + because(s.PauseNote)
	case s.MaxRuns > 0 && s.Runs >= int64(s.MaxRuns):
		return "over: it ran " + count(s.Runs, "time", "times")
	case len(s.Notices) > 0:
		return s.Notices[0]
	case len(s.Overrides) > 0:
		return "customised"
	}
	return ""
}

// because returns the text behind a colon, if there is one.
func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
