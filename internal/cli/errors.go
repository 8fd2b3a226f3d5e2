package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func errorsCmd(env *Env) *cobra.Command {
	var f client.ErrorFilter
	var from, to string
	cmd := &cobra.Command{
		Use:   "errors [FINGERPRINT]",
		Short: "List errors of all jobs by what they have in common, or those of one group",
		Long: `Errors lists what goes wrong with records and attempts in groups, last seen
first. A group is of one task and code, and of messages that differ only in what
varies: quoted values, e-mail addresses, ids and numbers. Named by its
fingerprint, a group is shown with its newest errors; --client then leaves out
those of others, and the other filters do not apply.`,
		Example: `  jobctl errors --task roster.sync --from "2026-09-01 08:00"
  jobctl errors 5f0c1d1a6a2e0b8a`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, fingerprints []string) (err error) {
			if len(fingerprints) > 0 {
				return env.showErrorGroup(cmd, fingerprints[0], f)
			}
			if f.From, err = parseWhen("from", from); err != nil {
				return err
			}
			if f.To, err = parseWhen("to", to); err != nil {
				return err
			}
			list, err := env.client().ErrorGroups(cmd.Context(), f)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printErrorGroups(list) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Task, "task", "", "only of this task")
	flags.StringVar(&f.Client, "client", "", "only of this client's jobs")
	flags.StringVarP(&f.Text, "query", "q", "", "only with this text in the pattern or the code")
	flags.StringVar(&from, "from", "", "last seen at this time or later: 2026-09-01T08:00:00Z, or “2026-09-01 08:00” in your zone")
	flags.StringVar(&to, "to", "", "first seen before this time")
	flags.StringVar(&f.Before, "before", "", "go on where the last page ended")
	flags.IntVar(&f.Limit, "limit", 0, "how many at most (default 50)")
	return cmd
}

func (env *Env) printErrorGroups(list client.ErrorGroupList) {
	if len(list.Groups) == 0 {
		env.hint("There are no such errors.")
		return
	}
	t := env.table("fingerprint", "task", "code", "errors", "jobs", "last", "pattern")
	for _, g := range list.Groups {
		t.row(g.Fingerprint, g.Task, g.Code, fmt.Sprint(g.Errors), fmt.Sprint(g.Jobs), env.ago(g.Last), g.Pattern)
	}
	t.end()
	if list.Next != "" {
		env.hint("There may be more: --before %s", list.Next)
	}
}

func (env *Env) showErrorGroup(cmd *cobra.Command, fingerprint string, f client.ErrorFilter) error {
	page, err := env.client().ErrorGroup(cmd.Context(), fingerprint, f.Client, f.Before, f.Limit)
	if err != nil {
		return err
	}
	return env.print(page, func() { env.printErrorGroup(page) })
}

func (env *Env) printErrorGroup(page client.ErrorGroupPage) {
	g := page.Group
	env.facts(
		"pattern", g.Pattern,
		"task", g.Task,
		"code", g.Code,
		"errors", fmt.Sprintf("%d of %s, %s", g.Errors, count(g.Jobs, "job", "jobs"), count(g.Clients, "client", "clients")),
		"first", env.ago(g.First),
		"last", env.ago(g.Last),
	)
	env.say("")
	t := env.table("job", "client", "record", "at", "message")
	for _, e := range page.Errors {
		t.row(e.JobID, e.Client, cmp.Or(e.Key, fmt.Sprintf("attempt %d", e.Attempt)), env.ago(e.At), e.Message)
	}
	t.end()
	if page.Next != "" {
		env.hint("There may be more: --before %s", page.Next)
	}
}
