package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisPersonCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "See, export and erase what is kept about a person",
		Long: `Everything that Beadle keeps about one person of the SIS, by the person's id
there: for whoever asks what is kept, and for whoever is to be forgotten.`,
	}
	cmd.AddCommand(sisPersonShowCmd(env), sisPersonEraseCmd(env))
	return group(cmd)
}

func sisPersonShowCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "show SYNC PERSON",
		Short: "Show all that is kept about a person; -o json exports it",
		Example: `  jobctl sis person show main p-1
  jobctl sis person show main p-1 -o json > p-1.json`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := env.client().SyncPerson(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			return env.print(f, func() { env.printPersonFile(f) })
		},
	}
}

func sisPersonEraseCmd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "erase SYNC PERSON",
		Short: "Remove name, e-mail and username of a person who has left",
		Long: `Erase removes name, e-mail and username of a person wherever they are kept, and
when the account was seen in the LMS. The person must be gone from the SIS: it would send everything again. The id stays,
without which it could not be said any more what was done, and so does the
account in the LMS.`,
		Example:           `  jobctl sis person erase main p-1 --reason "asked to be forgotten, 2026-11-20"`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := env.client().ErasePerson(cmd.Context(), args[0], args[1], reason)
			if err != nil {
				return err
			}
			return env.print(e, func() {
				env.say("Erased: the person's own record, %d messages, %d changes of plans. The account in the LMS stays.", e.Messages, e.Effects)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the audit")
	return cmd
}

func (env *Env) printPersonFile(f client.PersonFile) {
	p := f.Person
	state := "in the SIS"
	if f.Gone {
		state = "gone from the SIS"
	}
	env.say("Person         %s (%s)", p.Key, state)
	env.say("Name           %s", strings.TrimSpace(p.Given+" "+p.Family))
	env.say("Username       %s", p.Username)
	env.say("E-mail         %s", p.Email)
	if f.Account != nil {
		env.say("Account        %s, as %s", f.Account.User, f.Account.Username)
	}
	env.say("Registrations  %d", len(f.Registrations))
	env.say("Enrolments     %d", len(f.Enrolments))
	env.say("Messages       %d", len(f.Messages))
	env.say("Changes        %d in plans that are kept", f.Effects)
	env.say("Attendance     %d days in sections", len(f.Attendance))
	env.say("Seen           %d times in courses", len(f.Seen))
}
