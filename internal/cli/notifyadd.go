package cli

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func notifyAddCmd(env *Env) *cobra.Command {
	var n noticeFlags
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a rule of who is told what became of jobs",
		Long: `Add makes a rule. --channel is person, email, webhook or chat, and --to a person's
name, an e-mail address or a URL. The secret that a webhook is signed with is
printed once.`,
		Example: `  jobctl notify add imports --tasks 'sis.*' --on failed,missed --channel person --to anna
  jobctl notify add late --late 15m --channel email --to office@example.edu --quiet 22:00-07:00 --zone Europe/Madrid
  jobctl notify add night --on failed --channel chat --format slack --to https://hooks.slack.com/services/…`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := client.NoticeRule{Name: args[0], Channel: notice.ToPerson}
			if err := n.set(cmd.Flags(), &r); err != nil {
				return err
			}
			return env.putNoticeRule(cmd, r, "Rule %s is there.")
		},
	}
	n.on(cmd.Flags())
	return cmd
}

// putNoticeRule sends a rule, and says so.
func (env *Env) putNoticeRule(cmd *cobra.Command, r client.NoticeRule, said string) error {
	put, err := env.client().PutNoticeRule(cmd.Context(), r)
	if err != nil {
		return err
	}
	return env.print(put, func() {
		env.say(said, put.Rule.Name)
		if put.Secret != "" {
			env.say("Its messages are signed with %s, which is not shown again.", put.Secret)
		}
	})
}

// noticeFlags are the flags that say what a rule is. Those that are given are
// set in the rule, and the others stay.
type noticeFlags struct {
	rule                   client.NoticeRule
	outcomes               []string
	late                   time.Duration
	quiet, template, asked string
}

// on adds the flags to a command.
func (n *noticeFlags) on(f *pflag.FlagSet) {
	f.StringVar(&n.rule.Tasks, "tasks", "", "a task, or those that begin so: sis.*; none: every task")
	f.StringVar(&n.rule.Client, "client", "", "the client; none: every client")
	f.StringSliceVar(&n.outcomes, "on", nil, "failed, errors, aborted, expired, missed, held, stuck")
	f.DurationVar(&n.late, "late", 0, "starts later than that after it was due: 15m")
	f.Float64Var(&n.rule.Over, "over", 0, "takes longer than so many times what is usual")
	f.StringVar(&n.asked, "channel", "person", "person, email, webhook or chat")
	f.StringVar(&n.rule.To, "to", "", "a person's name, an e-mail address or a URL")
	f.StringVar((*string)(&n.rule.Format), "format", "", "of a chat: slack, teams, mattermost or template")
	f.StringVar(&n.template, "template", "", "of a chat: a file with the template of its JSON")
	f.StringVar((*string)(&n.rule.Digest), "digest", "", "hourly or daily; none: at once")
	f.IntVar(&n.rule.Hour, "hour", 0, "of a daily digest")
	f.StringVar(&n.quiet, "quiet", "", "when nothing is sent: 22:00-07:00; none: never")
	f.StringVar(&n.rule.Zone, "zone", "", "time zone of hours and quiet times; none: UTC")
}

// set sets in r what was given.
func (n *noticeFlags) set(given *pflag.FlagSet, r *client.NoticeRule) error {
	for flag, set := range map[string]func(){
		"tasks": func() { r.Tasks = n.rule.Tasks }, "client": func() { r.Client = n.rule.Client }, "over": func() { r.Over = n.rule.Over },
		"late": func() { r.Late = job.Seconds(n.late) }, "to": func() { r.To = n.rule.To }, "format": func() { r.Format = n.rule.Format },
		"digest": func() { r.Digest = n.rule.Digest }, "hour": func() { r.Hour = n.rule.Hour }, "zone": func() { r.Zone = n.rule.Zone },
		"on": func() { r.Outcomes = outcomesOf(n.outcomes) }, "channel": func() { r.Channel = notice.Channel(n.asked) },
	} {
		if given.Changed(flag) {
			set()
		}
	}
	if given.Changed("channel") && r.Channel != notice.Chat {
		r.Format, r.Template = "", ""
	}
	if given.Changed("quiet") {
		if err := setQuiet(r, n.quiet); err != nil {
			return err
		}
	}
	if given.Changed("template") {
		return setTemplate(r, n.template, given.Changed("format"))
	}
	return nil
}

func outcomesOf(words []string) (all []notice.What) {
	for _, w := range words {
		all = append(all, notice.What(w))
	}
	return all
}

// setQuiet reads 22:00-07:00.
func setQuiet(r *client.NoticeRule, text string) error {
	r.Quiet = nil
	if text == "" {
		return nil
	}
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return fault.New(fault.Invalid, "--quiet must be two times such as 22:00-07:00, not %q.", text)
	}
	r.Quiet = &notice.Quiet{From: strings.TrimSpace(from), To: strings.TrimSpace(to)}
	return nil
}

// setTemplate reads a template, whose format is that of templates unless another
// was asked for.
func setTemplate(r *client.NoticeRule, file string, formatGiven bool) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fault.New(fault.Invalid, "The template cannot be read: %v.", err)
	}
	r.Template = strings.TrimSpace(string(raw))
	if !formatGiven {
		r.Format = notice.Custom
	}
	return nil
}
