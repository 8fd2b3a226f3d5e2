package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func schedulePauseCmd(env *Env) *cobra.Command {
	var until string
	var p client.Pause
	cmd := &cobra.Command{
		Use:   "pause NAME",
		Short: "Keep a schedule from running until a time",
		Long: `Pause keeps a schedule from running until a time. The slots up to then are
recorded as paused and are not caught up. To switch a schedule off for good:
jobctl schedule edit NAME --enabled false.`,
		Example: `  jobctl schedule pause roster.sync --until 4h --note "the SIS is being upgraded"
  jobctl schedule pause roster.sync --until 2026-09-07T06:00:00Z --note "holidays"`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) (err error) {
			switch {
			case until == "":
				return fault.New(fault.Invalid, "--until is required: 4h, or a time such as 2026-09-07T06:00:00Z").In("until")
			case strings.TrimSpace(p.Note) == "":
				return fault.New(fault.Invalid, "--note is required: people see it beside the schedule").In("note")
			}
			if p.Until, err = env.parseLater("until", until); err != nil {
				return err
			}
			s, err := env.client().PauseSchedule(cmd.Context(), names[0], p)
			if err != nil {
				return err
			}
			return env.printChanged(s, fmt.Sprintf("is paused until %s", p.Until.Format("2006-01-02 15:04 MST")))
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "4h from now, or a time: 2026-09-07T06:00:00Z, or “2026-09-07 08:00” in your zone; required")
	cmd.Flags().StringVar(&p.Note, "note", "", "why; required")
	return cmd
}

func scheduleResumeCmd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "resume NAME",
		Short:             "End the pause of a schedule",
		Example:           `  jobctl schedule resume roster.sync --reason "the upgrade is done"`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := needReason(reason); err != nil {
				return err
			}
			s, err := env.client().ResumeSchedule(cmd.Context(), names[0], reason)
			if err != nil {
				return err
			}
			return env.printChanged(s, "runs again")
		},
	}
	reasonFlag(cmd, &reason)
	return cmd
}
