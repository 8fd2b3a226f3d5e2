package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisAttendanceCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "attendance",
		Short: "See what attendance is posted to the SIS, and release what is held",
	}
	cmd.AddCommand(attendanceStatusCmd(env), attendanceDaysCmd(env), attendanceReleaseCmd(env))
	return group(cmd)
}

// attendanceFlags are the flags of a filter.
type attendanceFlags struct {
	f               client.AttendanceFilter
	from, to, after string
}

func (a *attendanceFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.from, "from", "", "only this day and later ones, such as 2026-10-05")
	flags.StringVar(&a.to, "to", "", "only this day and earlier ones")
	flags.StringVar(&a.f.Section, "section", "", "only this section")
	flags.StringVar(&a.after, "after", "", "go on after an earlier page")
	flags.IntVar(&a.f.Limit, "limit", 0, "how many at most (default 50)")
}

func (a *attendanceFlags) filter(sync string) (client.AttendanceFilter, error) {
	a.f.Sync = sync
	if err := a.f.From.UnmarshalText([]byte(a.from)); err != nil {
		return a.f, fault.New(fault.Invalid, "--from must be a day, such as 2026-10-05")
	}
	if err := a.f.To.UnmarshalText([]byte(a.to)); err != nil {
		return a.f, fault.New(fault.Invalid, "--to must be a day, such as 2026-10-05")
	}
	return a.f, nil
}

func attendanceStatusCmd(env *Env) *cobra.Command {
	var a attendanceFlags
	cmd := &cobra.Command{
		Use:               "status SYNC",
		Short:             "Show the days of sections: who attended, what is posted, what is held and why",
		Example:           `  jobctl sis attendance status main --from 2026-10-05`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			f, err := a.filter(names[0])
			if err != nil {
				return err
			}
			list, err := env.client().AttendanceSections(cmd.Context(), f, a.after)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printAttendanceSections(list) })
		},
	}
	a.add(cmd)
	return cmd
}

func (env *Env) printAttendanceSections(list client.AttendanceSections) {
	if len(list.Sections) == 0 {
		env.hint("There is no attendance of such days.")
	} else {
		t := env.table("day", "section", "title", "attended", "minutes", "posted", "stands")
		for _, s := range list.Sections {
			t.row(s.Day.String(), s.Section, s.Title, fmt.Sprintf("%d of %d", s.Attended, s.Students), number(s.Minutes), number(s.Posted), counted(s.States))
		}
		t.end()
	}
	for _, h := range list.Holds {
		if h.Open() {
			env.say("Held: %s %s: %s (%s)", h.Day, orWord(h.Section, "all sections"), h.Reason, h.Code)
		}
	}
	if len(list.Counts) > 0 {
		env.hint("In all: %s.", counted(list.Counts))
	}
	env.moreAttendance(list.Next)
}

func orWord(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (env *Env) moreAttendance(next string) {
	if next != "" {
		env.hint("There may be more: --after %q", next)
	}
}

func attendanceDaysCmd(env *Env) *cobra.Command {
	var a attendanceFlags
	var state string
	cmd := &cobra.Command{
		Use:   "days SYNC",
		Short: "List the days of people: minutes, what is posted, and why it is not",
		Example: `  jobctl sis attendance days main --person 1001
  jobctl sis attendance days main --state conflict`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			f, err := a.filter(names[0])
			if err != nil {
				return err
			}
			f.State = client.AttendanceState(state)
			list, err := env.client().Attendance(cmd.Context(), f, a.after)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printAttendanceDays(list) })
		},
	}
	a.add(cmd)
	cmd.Flags().StringVar(&a.f.Person, "person", "", "only this person, by the id in the SIS")
	cmd.Flags().StringVar(&state, "state", "", "only computed, held, unknown, conflict, refused or posted ones")
	cmd.Flags().StringVar(&a.f.Code, "code", "", "only those with this code, such as ATT_CONFLICT")
	return cmd
}

func (env *Env) printAttendanceDays(list client.AttendanceList) {
	if len(list.Days) == 0 {
		env.hint("There are no such days.")
		return
	}
	t := env.table("day", "section", "person", "minutes", "posted", "state", "code", "why")
	for _, d := range list.Days {
		posted := ""
		if d.Posted != nil {
			posted = fmt.Sprint(*d.Posted)
		}
		t.row(d.Day.String(), d.Section, d.Person, fmt.Sprint(d.Minutes), posted, string(d.State), d.Code, d.Message)
	}
	t.end()
	env.moreAttendance(list.Next)
}

func attendanceReleaseCmd(env *Env) *cobra.Command {
	var ask client.ReleaseAttendance
	var wait bool
	cmd := &cobra.Command{
		Use:   "release SYNC DAY",
		Short: "Let a held day be posted, and what nobody knows the outcome of be posted again",
		Long: `Release ends the hold of a section's day, or without --section of the whole
sync's, and starts the job that computes and posts the day anew. What was sent
without an answer, to an SIS that cannot be read, is posted again as a
correction: look there first.`,
		Example:           `  jobctl sis attendance release main 2026-10-05 --section BIO-101-01 --reason "class trip"`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, c := cmd.Context(), env.client()
			ask.Day = args[1]
			j, err := c.ReleaseAttendance(ctx, args[0], ask)
			if err != nil {
				return err
			}
			if wait {
				return env.waitAndPrint(ctx, c, j.ID)
			}
			return env.printStarted(j)
		},
	}
	cmd.Flags().StringVar(&ask.Section, "section", "", "only this section")
	cmd.Flags().StringVar(&ask.Reason, "reason", "", "why, for whoever wonders later (required)")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is computed")
	return cmd
}
