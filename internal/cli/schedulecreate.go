package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func scheduleCreateCmd(env *Env) *cobra.Command {
	var n client.NewSchedule
	var rule ruleFlags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Let a task become a job by a timetable of your own",
		Long: `Create adds a schedule of a task. A task may have many, each with arguments, a
client and a time of its own. The name is the task's, a colon, and a word:
roster.sync:north. When it is due is said in English, as cron, or as an interval.`,
		Example: `  jobctl schedule create roster.sync:north --task roster.sync --client north-campus \
    --when "every weekday at 08:30" --zone Europe/Berlin --arg school=17 --reason "north goes live"
  jobctl schedule create cache.clear:often --task cache.clear --cron "*/20 * * * *" --reason "pages are slow"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) (err error) {
			n.Name = names[0]
			switch {
			case n.Task == "":
				return fault.New(fault.Invalid, "--task is required; jobctl tasks lists them").In("task")
			case given(rule.when, rule.cron, rule.every) == 0:
				return fault.New(fault.Invalid, "say when it is due: --when \"every weekday at 08:30\", --cron or --every").In("cron")
			}
			return env.createSchedule(cmd, n, &rule, nil)
		},
	}
	rule.flags(cmd)
	cmd.Flags().StringVar(&n.Task, "task", "", "the task; required")
	newScheduleFlags(cmd, env, &n)
	_ = cmd.RegisterFlagCompletionFunc("task", env.complete(taskNames)) // fails only for a flag that is not there
	return cmd
}

func scheduleDuplicateCmd(env *Env) *cobra.Command {
	var n client.NewSchedule
	var rule ruleFlags
	cmd := &cobra.Command{
		Use:   "duplicate NAME NEW",
		Short: "Create a schedule that is like another one",
		Example: `  jobctl schedule duplicate roster.sync:north roster.sync:south --client south-campus \
    --arg school=18 --reason "south goes live"`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := env.client().Schedule(cmd.Context(), names[0])
			if err != nil {
				return err
			}
			n.From, n.Name, n.Task = s.Name, names[1], s.Task
			return env.createSchedule(cmd, n, &rule, s.Args)
		},
	}
	rule.flags(cmd)
	newScheduleFlags(cmd, env, &n)
	return cmd
}

func newScheduleFlags(cmd *cobra.Command, env *Env, n *client.NewSchedule) {
	cmd.Flags().StringVar(&n.Client, "client", "", "whose jobs they are")
	_ = cmd.RegisterFlagCompletionFunc("client", env.complete(clientNames)) // fails only for a flag that is not there
	reasonFlag(cmd, &n.Reason)
}

func (env *Env) createSchedule(cmd *cobra.Command, n client.NewSchedule, rule *ruleFlags, args json.RawMessage) error {
	if err := needReason(n.Reason); err != nil {
		return err
	}
	ctx := cmd.Context()
	set, err := rule.fields(ctx, env, cmd, n.Task, args)
	if err != nil {
		return err
	}
	n.Rule = set
	s, err := env.client().CreateSchedule(ctx, n)
	if err != nil {
		return err
	}
	defer env.warnOfClashes(ctx, s)
	return env.printChanged(s, "is created")
}

// printChanged prints a schedule after something was done to it, and when it
// is due now.
func (env *Env) printChanged(s client.Schedule, done string) error {
	return env.print(s, func() {
		env.say("Schedule %s %s: %s in %s.", s.Name, done, wordsOf(s.Rule), s.Zone)
		switch remark := env.remark(s); {
		case s.Next != nil:
			env.say("It runs next on %s, %s.", clock(inZone(*s.Next, s.Zone)), env.ago(*s.Next))
		case remark != "":
			env.say("It does not run: %s.", oneLine(remark))
		}
	})
}
