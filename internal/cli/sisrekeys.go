package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func sisRekeysCmd(env *Env) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "rekeys SYNC",
		Short: "List new sections and people that may be old ones under new ids",
		Long: `Rekeys lists records that are gone and new ones that look like them: the SIS may
have changed their ids. Nothing is made for the new ones until somebody says, with
rekey, whether they are the same.`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			rekeys, err := env.client().Rekeys(cmd.Context(), names[0])
			if err != nil {
				return err
			}
			if !all {
				rekeys = asked(rekeys)
			}
			return env.print(rekeys, func() { env.printRekeys(rekeys) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that somebody has answered")
	return cmd
}

// asked returns those that nobody has answered.
func asked(all []client.Rekey) []client.Rekey {
	open := []client.Rekey{}
	for _, k := range all {
		if k.State == sync.RekeySuspected {
			open = append(open, k)
		}
	}
	return open
}

func (env *Env) printRekeys(rekeys []client.Rekey) {
	if len(rekeys) == 0 {
		env.hint("Nothing is asked: no new record looks like one that is gone.")
		return
	}
	t := env.table("stream", "term", "old", "new", "state", "why")
	for _, k := range rekeys {
		t.row(string(k.Stream), k.Term, k.Old, k.New, string(k.State), k.Reason)
	}
	t.end()
}

func sisRekeyCmd(env *Env) *cobra.Command {
	var (
		ask    client.JudgeRekeys
		people bool
		accept bool
		wait   bool
	)
	cmd := &cobra.Command{
		Use:   "rekey SYNC [NEW-ID...]",
		Short: "Say whether new sections or people are old ones under new ids",
		Long: `Rekey answers what rekeys lists: of the ids that are named, or of a term, or of all.
Sections that are the same keep their course; people that are the same keep their
account. Those that are not are taken for new.`,
		Example: `  jobctl sis rekey main --accept --term 2026FA
  jobctl sis rekey main --refuse s-2041`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if accept == ask.Refuse {
				return fault.New(fault.Invalid, "Say either --accept or --refuse.")
			}
			ctx, c := cmd.Context(), env.client()
			ask.Stream, ask.New = sis.Sections, args[1:]
			if people {
				ask.Stream = sis.Persons
			}
			j, err := c.JudgeRekeys(ctx, args[0], ask)
			if err != nil {
				return err
			}
			return env.given(ctx, c, j, wait)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&accept, "accept", false, "they are the same")
	flags.BoolVar(&ask.Refuse, "refuse", false, "they are others")
	flags.BoolVar(&people, "people", false, "it is about people, not sections")
	flags.StringVar(&ask.Term, "term", "", "only sections of the term with this id")
	flags.BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}
