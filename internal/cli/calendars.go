package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func calendarsCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "calendars",
		Short: "List the calendars that schedules leave days and times out by",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Calendars(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printCalendars(all) })
		},
	}
}

func (env *Env) printCalendars(all []client.Calendar) {
	if len(all) == 0 {
		env.hint("There are no calendars; add one with: jobctl calendar put FILE")
		return
	}
	t := env.table("calendar", "title", "leaves out")
	for _, c := range all {
		var parts []string
		for _, e := range c.Exclusions {
			parts = append(parts, cmp.Or(e.Title, exclusionText(e)))
		}
		t.row(c.Name, c.Title, shorten(strings.Join(parts, "; "), 80))
	}
	t.end()
}

func (env *Env) printCalendar(c client.Calendar) {
	env.facts("calendar", c.Name, "title", c.Title, "revision", fmt.Sprint(c.Revision))
	env.say("")
	t := env.table("leaves out", "title")
	for _, e := range c.Exclusions {
		t.row(exclusionText(e), e.Title)
	}
	t.end()
}

// exclusionText says in words which times an exclusion has.
func exclusionText(e client.Exclusion) string {
	var parts []string
	switch {
	case e.From != "" && e.To != "" && e.To != e.From:
		parts = append(parts, e.From+" to "+e.To)
	case e.From != "":
		parts = append(parts, e.From)
	}
	if len(e.From) == len("12-24") {
		parts = append(parts, "every year")
	}
	if len(e.Weekdays) > 0 {
		parts = append(parts, "on "+strings.Join(e.Weekdays, ", "))
	}
	if e.Start != "" || e.End != "" {
		parts = append(parts, "from "+cmp.Or(e.Start, "00:00")+" to "+cmp.Or(e.End, "24:00"))
	}
	return strings.Join(parts, " ")
}
