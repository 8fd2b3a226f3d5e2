package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func calendarCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "calendar", Short: "Show, change or remove a calendar"}
	cmd.AddCommand(calendarShowCmd(env), calendarPutCmd(env), calendarDeleteCmd(env))
	return group(cmd)
}

func calendarShowCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Show the times that a calendar leaves out",
		Example: `  jobctl calendar show holidays
  jobctl calendar show holidays -o yaml > holidays.yaml`,
		ValidArgsFunction: env.complete(calendarNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			c, err := env.client().Calendar(cmd.Context(), names[0])
			if err != nil {
				return err
			}
			return env.print(c, func() { env.printCalendar(c) })
		},
	}
}

func calendarPutCmd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "put FILE",
		Short: "Add a calendar, or replace one, from a YAML file",
		Long: `Put adds the calendar that a YAML file describes, or replaces the one of that
name; - reads standard input. A slot is left out if any of the exclusions has its
local time. What an exclusion does not say is any:

  name: holidays
  title: School holidays
  exclusions:
    - {title: winter break, from: 12-24, to: 01-02}
    - {title: inset day, from: 2026-10-05}
    - {title: weekends, weekdays: [saturday, sunday]}
    - {title: lessons, weekdays: [monday], start: "08:00", end: "15:30"}

If the file has a revision, as jobctl calendar show -o yaml writes it, the
calendar is only replaced if nobody has changed it since.`,
		Example: `  jobctl calendar put holidays.yaml --reason "the dates of next year"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := needReason(reason); err != nil {
				return err
			}
			f, top, err := env.readYAML(files[0])
			if err != nil {
				return err
			}
			c := f.calendar(top)
			if err := f.err(); err != nil {
				return err
			}
			if c, err = env.putCalendar(cmd.Context(), c, reason); err != nil {
				return err
			}
			return env.print(c, func() { env.say("Calendar %s is saved, revision %d.", c.Name, c.Revision) })
		},
	}
	reasonFlag(cmd, &reason)
	return cmd
}

// putCalendar saves a calendar over the present one, unless it names the
// revision that it was made from.
func (env *Env) putCalendar(ctx context.Context, calendar client.Calendar, reason string) (client.Calendar, error) {
	c := env.client()
	if calendar.Revision == 0 {
		present, err := c.Calendar(ctx, calendar.Name)
		if err != nil && !isNotFound(err) {
			return calendar, err
		}
		calendar.Revision = present.Revision
	}
	return c.PutCalendar(ctx, calendar, reason)
}

func isNotFound(err error) bool {
	refused, ok := errors.AsType[*client.Error](err)
	return ok && refused.Code == fault.NotFound.Code()
}

func calendarDeleteCmd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "delete NAME",
		Short:             "Remove a calendar that no schedule uses",
		Example:           `  jobctl calendar delete holidays --reason "terms has them now"`,
		ValidArgsFunction: env.complete(calendarNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := needReason(reason); err != nil {
				return err
			}
			c, err := env.client().DeleteCalendar(cmd.Context(), names[0], reason)
			if err != nil {
				return err
			}
			return env.print(c, func() { env.say("Calendar %s is deleted.", c.Name) })
		},
	}
	reasonFlag(cmd, &reason)
	return cmd
}
