package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sessionsCmd(env *Env) *cobra.Command {
	var person string
	cmd := &cobra.Command{
		Use:     "sessions",
		Short:   "List where you are signed in, or somebody else",
		Example: "  jobctl sessions --person paul",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Sessions(cmd.Context(), person)
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printSessions(all) })
		},
	}
	sessionsOf(env, cmd, &person)
	cmd.AddCommand(sessionsEndCmd(env))
	return cmd
}

// sessionsOf gives cmd the flag that says whose sessions are meant.
func sessionsOf(env *Env, cmd *cobra.Command, person *string) {
	cmd.Flags().StringVar(person, "person", "", "whose, or * for everybody's (default: your own)")
	_ = cmd.RegisterFlagCompletionFunc("person", env.complete(personNames)) // fails only for a flag that is not there
}

func (env *Env) printSessions(all []client.Session) {
	if len(all) == 0 {
		env.hint("There is no session.")
		return
	}
	t := env.table("session", "person", "since", "used", "from", "browser")
	for _, s := range all {
		t.row(shortSession(s.ID), s.Person, env.ago(s.Created), env.ago(s.Seen), s.Address, s.Agent)
	}
	t.end()
}

// shortSession is how much of a session's id is shown; any beginning that fits
// one of them names it.
func shortSession(id string) string { return id[:min(len(id), 12)] }

func sessionsEndCmd(env *Env) *cobra.Command {
	var person string
	var all bool
	cmd := &cobra.Command{
		Use:     "end [SESSION]",
		Short:   "End a session, by its id or the beginning of it, or --all",
		Example: "  jobctl sessions end --all",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if all == (len(ids) == 1) {
				return fault.New(fault.Invalid, "name one session, or say --all")
			}
			open, err := env.client().Sessions(cmd.Context(), person)
			if err == nil && !all {
				open, err = sessionsNamed(open, ids[0])
			}
			if err != nil {
				return err
			}
			return env.endSessions(cmd, open)
		},
	}
	sessionsOf(env, cmd, &person)
	cmd.Flags().BoolVar(&all, "all", false, "all of them")
	return cmd
}

// sessionsNamed returns the one session whose id begins so.
func sessionsNamed(all []client.Session, begin string) (fits []client.Session, err error) {
	for _, s := range all {
		if begin != "" && strings.HasPrefix(s.ID, begin) {
			fits = append(fits, s)
		}
	}
	switch len(fits) {
	case 0:
		return nil, fault.New(fault.NotFound, "there is no session %s; “jobctl sessions” lists them", begin)
	case 1:
		return fits, nil
	}
	return nil, fault.New(fault.Invalid, "%d sessions begin with %s; give more of the id", len(fits), begin)
}

func (env *Env) endSessions(cmd *cobra.Command, all []client.Session) error {
	ended := make([]client.Session, 0, len(all))
	for _, s := range all {
		s, err := env.client().EndSession(cmd.Context(), s.ID)
		if err != nil {
			return err
		}
		ended = append(ended, s)
	}
	return env.print(ended, func() {
		for _, s := range ended {
			env.say("Session %s of %s has ended.", shortSession(s.ID), oneLine(s.Person))
		}
		if len(ended) == 0 {
			env.hint("There is no session.")
		}
	})
}
