package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func scheduleEditCmd(env *Env) *cobra.Command {
	var e edit
	var rule ruleFlags
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Set fields of a schedule, over what its task declares",
		Long: `Edit sets fields of a schedule. What is set counts before what the task's code
declares, stays when that changes, and can be taken back field by field with
jobctl schedule revert. With --revision, nothing is set if the schedule has
changed since it was looked at; the answer says what has.`,
		Example: `  jobctl schedule edit roster.sync --when "every day at 03:30" --reason "the SIS exports at 03:00"
  jobctl schedule edit roster.sync --enabled false --layer client --reason "holidays"
  jobctl schedule edit roster.sync --set catch_up=all --set catch_up_most=5 --reason "no day may be lost"`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx := cmd.Context()
			s, err := e.begin(ctx, env, names[0])
			if err != nil {
				return err
			}
			if e.Set, err = rule.fields(ctx, env, cmd, s.Task, s.Args); err != nil {
				return err
			}
			if string(e.Set["dialect"]) == string(text(s.Dialect)) {
				delete(e.Set, "dialect") // came along with --cron, and sets nothing
			}
			if len(e.Set) == 0 {
				return fault.New(fault.Invalid, "say what to set: --cron, --zone, --overlap, --set field=value …; see --help")
			}
			return e.finish(ctx, env, s.Name, "is changed")
		},
	}
	rule.flags(cmd)
	e.flags(cmd)
	return cmd
}

func scheduleRevertCmd(env *Env) *cobra.Command {
	var e edit
	var all bool
	cmd := &cobra.Command{
		Use:   "revert NAME [FIELD]...",
		Short: "Take back what was set, so that the code's default counts again",
		Example: `  jobctl schedule revert roster.sync cron zone --reason "the default moved, too"
  jobctl schedule revert roster.sync --all --reason "start afresh"`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.Revert = args[1:]
			switch {
			case all && len(e.Revert) > 0:
				return fault.New(fault.Invalid, "--all is all fields; leave the names out").In("all")
			case all:
				e.Revert = []string{"*"}
			case len(e.Revert) == 0:
				return fault.New(fault.Invalid, "name the fields to revert, or say --all; jobctl schedule show %s lists them", args[0])
			}
			s, err := e.begin(cmd.Context(), env, args[0])
			if err != nil {
				return err
			}
			return e.finish(cmd.Context(), env, s.Name, "is as before")
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "everything that was set in the layer")
	e.flags(cmd)
	return cmd
}

// An edit is a change of a schedule's fields, as flags say it.
type edit struct {
	client.Edit
	layer string
}

func (e *edit) flags(cmd *cobra.Command) {
	layerFlag(cmd, &e.layer)
	reasonFlag(cmd, &e.Reason)
	cmd.Flags().Int64Var(&e.Revision, "revision", 0, "change nothing if the schedule is not that of this revision any more (default: as it is now)")
}

// begin checks what can be checked here and reads the schedule.
func (e *edit) begin(ctx context.Context, env *Env, name string) (s client.Schedule, err error) {
	if e.Layer, err = layerOf(e.layer); err != nil {
		return s, err
	}
	if err = needReason(e.Reason); err != nil {
		return s, err
	}
	if s, err = env.client().Schedule(ctx, name); err != nil {
		return s, err
	}
	if e.Revision == 0 {
		e.Revision = s.Revision
	}
	return s, nil
}

func (e *edit) finish(ctx context.Context, env *Env, name, done string) error {
	s, err := env.client().EditSchedule(ctx, name, e.Edit)
	if err != nil {
		return err
	}
	defer env.warnOfClashes(ctx, s)
	return env.printChanged(s, fmt.Sprintf("%s, revision %d", done, s.Revision))
}
