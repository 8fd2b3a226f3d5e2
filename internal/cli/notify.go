package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func notifyCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Say who is told what became of jobs"}
	cmd.AddCommand(notifyMeCmd(env), notifyUnmeCmd(env), notifyRulesCmd(env), notifyAddCmd(env), notifyDeleteCmd(env), notifyTestCmd(env), deliveriesCmd(env))
	return group(cmd)
}

func notifyMeCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "me JOB", Short: "Send me an e-mail when a job has ended", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := env.client().NotifyMe(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(f, func() { env.say("You are told when it has ended.") })
		},
	}
}

func notifyUnmeCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "unme JOB", Short: "Do not send me an e-mail when a job has ended", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := env.client().NotNotifyMe(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(f, func() { env.say("You are not told when it has ended.") })
		},
	}
}

func notifyRulesCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "rules", Short: "List the rules by which people are told", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().NoticeRules(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printNoticeRules(all...) })
		},
	}
}

func (env *Env) printNoticeRules(all ...client.NoticeRule) {
	if len(all) == 0 {
		env.hint("Nobody is told of jobs by a rule.")
		return
	}
	t := env.table("rule", "tasks", "client", "tells of", "to", "remark")
	for _, r := range all {
		remark := string(r.Digest)
		if r.Paused {
			remark = "paused"
		}
		t.row(r.Name, cmp.Or(r.Tasks, "(all)"), cmp.Or(r.Client, "(all)"), tellsOf(r), string(r.Channel)+" "+r.To, remark)
	}
	t.end()
}

// tellsOf lists what a rule tells.
func tellsOf(r client.NoticeRule) string {
	var all []string
	for _, w := range r.Outcomes {
		all = append(all, string(w))
	}
	if r.Late > 0 {
		all = append(all, "late")
	}
	if r.Over > 0 {
		all = append(all, fmt.Sprintf("over %g × usual", r.Over))
	}
	return strings.Join(all, ", ")
}

func notifyAddCmd(env *Env) *cobra.Command {
	var r client.NoticeRule
	var on []string
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a rule of who is told what became of jobs",
		Long: `Add makes a rule. --channel is person, email, webhook or chat, and --to a person's
name, an e-mail address or a URL. The secret that a webhook is signed with is
printed once.`,
		Example: `  jobctl notify add imports --tasks 'sis.*' --on failed,missed --channel person --to anna
  jobctl notify add night --on failed --channel chat --format slack --to https://hooks.slack.com/services/…`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Name = args[0]
			for _, w := range on {
				r.Outcomes = append(r.Outcomes, notice.What(w))
			}
			put, err := env.client().PutNoticeRule(cmd.Context(), r)
			if err != nil {
				return err
			}
			return env.print(put, func() {
				env.say("Rule %s is there.", put.Rule.Name)
				if put.Secret != "" {
					env.say("Its messages are signed with %s, which is not shown again.", put.Secret)
				}
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Tasks, "tasks", "", "a task, or those that begin so: sis.*; none: every task")
	f.StringVar(&r.Client, "client", "", "the client; none: every client")
	f.StringSliceVar(&on, "on", nil, "failed, errors, aborted, expired, missed, held, stuck")
	f.Float64Var(&r.Over, "over", 0, "takes longer than so many times what is usual")
	f.StringVar((*string)(&r.Channel), "channel", "person", "person, email, webhook or chat")
	f.StringVar(&r.To, "to", "", "a person's name, an e-mail address or a URL")
	f.StringVar((*string)(&r.Format), "format", "", "of a chat: slack, teams or mattermost")
	f.StringVar((*string)(&r.Digest), "digest", "", "hourly or daily; none: at once")
	f.IntVar(&r.Hour, "hour", 0, "of a daily digest")
	f.StringVar(&r.Zone, "zone", "", "time zone of that hour; none: UTC")
	return cmd
}

func notifyDeleteCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Delete a rule", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := env.client().DeleteNoticeRule(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(r, func() { env.say("Rule %s is deleted.", r.Name) })
		},
	}
}

func notifyTestCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "test NAME", Short: "Send a message by a rule that says that nothing happened", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := env.client().TestNoticeRule(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.print(d, func() { env.say("It is on its way to %s; jobctl notify deliveries tells how it went.", d.To) })
		},
	}
}

func deliveriesCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "deliveries", Short: "List what was sent, and how it went", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := env.client().Deliveries(cmd.Context(), "", 0)
			if err != nil {
				return err
			}
			return env.print(page.Deliveries, func() {
				t := env.table("delivery", "state", "to", "subject", "attempts", "answer")
				for _, d := range page.Deliveries {
					t.row(d.ID, string(d.State), string(d.Channel)+" "+d.To, d.Subject, fmt.Sprint(d.Attempts), d.Answer)
				}
				t.end()
			})
		},
	}
}
