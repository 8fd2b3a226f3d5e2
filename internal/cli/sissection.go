package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisSectionCmd(env *Env) *cobra.Command {
	var (
		after string
		limit int
	)
	cmd := &cobra.Command{
		Use:               "section SYNC SECTION",
		Short:             "Show a section, who is registered in it, and what the SIS said of it",
		Example:           `  jobctl sis section main s-2`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			page, err := env.client().Section(cmd.Context(), args[0], args[1], after, limit)
			if err != nil {
				return err
			}
			return env.print(page, func() { env.printSection(page) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "how many registrations at most (default 50)")
	cmd.Flags().StringVar(&after, "after", "", "go on after the registration with this key")
	return cmd
}

func (env *Env) printSection(p client.SectionPage) {
	s := p.Section
	env.facts(
		"section", s.Key,
		"title", s.Title,
		"code", s.Code,
		"terms", strings.Join(s.Terms, ", "),
		"school", s.School,
		"cross-listed", s.CrossList,
		"provider", s.Provider,
		"extract", string(s.Extract),
		"state", string(s.State),
		"course", courseOf(s),
		"why", whyOf(s),
		"looks like", s.Before,
	)
	if len(p.Registrations) > 0 {
		fmt.Fprintln(env.Out)
		t := env.table("person", "role", "begin", "end", "state", "code", "reason")
		for _, r := range p.Registrations {
			state := string(r.State)
			if r.Gone {
				state = strings.TrimSpace("gone " + state)
			}
			t.row(r.Person, string(r.Role), r.Begin.String(), r.End.String(), state, r.Code, r.Reason)
		}
		t.end()
	}
	if p.Next != "" {
		env.hint("There may be more registrations: --after '%s'", p.Next)
	}
	if len(p.Messages) > 0 {
		fmt.Fprintln(env.Out)
		t := env.table("message", "came", "says", "state", "code", "reason")
		for _, m := range p.Messages {
			t.row(m.ID, env.ago(m.Received), string(m.Op), string(m.State), m.Code, m.Reason)
		}
		t.end()
	}
}
