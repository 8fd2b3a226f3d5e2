package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

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
		t.row(r.Name, cmp.Or(r.Tasks, "(all)"), cmp.Or(r.Client, "(all)"), tellsOf(r), string(r.Channel)+" "+r.To, remarkOf(r))
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

// remarkOf says when a rule sends, if not always and at once.
func remarkOf(r client.NoticeRule) string {
	var all []string
	if r.Paused {
		all = append(all, "paused")
	}
	if r.Digest != "" {
		all = append(all, string(r.Digest))
	}
	if r.Quiet != nil {
		all = append(all, "quiet "+r.Quiet.From+"-"+r.Quiet.To)
	}
	return strings.Join(all, ", ")
}
