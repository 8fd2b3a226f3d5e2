package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisTermsCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:               "terms SYNC",
		Short:             "List the terms of the SIS, and which are synced",
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			terms, err := env.client().Terms(cmd.Context(), names[0])
			if err != nil {
				return err
			}
			return env.print(terms, func() { env.printTerms(terms) })
		},
	}
}

func (env *Env) printTerms(terms []client.Term) {
	if len(terms) == 0 {
		env.hint("The SIS has sent no terms yet.")
		return
	}
	t := env.table("term", "title", "from", "to", "sections", "synced", "why")
	for _, one := range terms {
		t.row(one.Key, one.Title, one.Start.String(), one.End.String(), fmt.Sprint(one.Sections), yes(one.Selected), termWhy(one))
	}
	t.end()
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// termWhy says who selects a term, or takes it out.
func termWhy(t client.Term) string {
	switch {
	case t.Gone:
		return "gone from the SIS"
	case t.Choice == nil:
		return "settings"
	case t.Choice.Reason == "":
		return "a person"
	}
	return "a person: " + t.Choice.Reason
}

func sisTermCmd(env *Env) *cobra.Command {
	var (
		ask  client.ChooseTerm
		wait bool
	)
	cmd := &cobra.Command{
		Use:   "term SYNC TERM",
		Short: "Choose a term to be synced, or take it out",
		Long: `Term says whether a term is synced, whatever the settings say. What waited for it
goes on at once. Taking a term out unenrols nobody.`,
		Example: `  jobctl sis term main 2027SP --reason "registration has opened"
  jobctl sis term main 2026FA --drop --reason "grades are in"`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, c := cmd.Context(), env.client()
			ask.Term = args[1]
			j, err := c.ChooseTerm(ctx, args[0], ask)
			if err != nil {
				return err
			}
			return env.given(ctx, c, j, wait)
		},
	}
	cmd.Flags().BoolVar(&ask.Drop, "drop", false, "take it out")
	cmd.Flags().StringVar(&ask.Reason, "reason", "", "why, for whoever wonders later")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}
