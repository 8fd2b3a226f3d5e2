package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func peopleAddCmd(env *Env) *cobra.Command {
	var n client.NewPerson
	var grants []string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Let somebody in, and print the link with which they choose a password",
		Example: `  jobctl people add paul --title "Paul Ode" --grant "power-user of north-campus"
  jobctl people add vera --grant viewer --grant "operator, tasks sis.*"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) (err error) {
			n.Name = names[0]
			if n.Grants, err = grantsOf(grants); err != nil {
				return err
			}
			return env.invited(env.client().AddPerson(cmd.Context(), n))
		},
	}
	cmd.Flags().StringVar(&n.Title, "title", "", "the name, as people call them")
	cmd.Flags().StringVar(&n.Email, "email", "", "their address")
	grantFlag(cmd, &grants, "what they may do; may be given several times")
	return cmd
}

// invited prints a link, or why there is none.
func (env *Env) invited(i client.Invited, err error) error {
	if err != nil {
		return err
	}
	return env.print(i, func() {
		env.hint("Give this link to %s. It works once, for a day, and is not shown again.", i.Person.Name)
		env.say("%s", oneLine(i.Link))
	})
}

func peopleEditCmd(env *Env) *cobra.Command {
	var title, email string
	var grants []string
	var none bool
	cmd := &cobra.Command{
		Use:               "edit NAME",
		Short:             "Change the title, the address or the grants of a person",
		Long:              `Edit changes what is given. The grants that are given are all that the person has then.`,
		Example:           `  jobctl people edit paul --grant viewer --grant "power-user of north-campus"`,
		ValidArgsFunction: env.complete(personNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			var e client.PersonEdit
			if cmd.Flags().Changed("title") {
				e.Title = &title
			}
			if cmd.Flags().Changed("email") {
				e.Email = &email
			}
			if none || len(grants) > 0 {
				all, err := grantsOf(grants)
				if err != nil {
					return err
				}
				e.Grants = &all
			}
			if e == (client.PersonEdit{}) || none && len(grants) > 0 {
				return fault.New(fault.Invalid, "say what to change: --title, --email, and --grant or --no-grants")
			}
			p, err := env.client().EditPerson(cmd.Context(), names[0], e)
			if err != nil {
				return err
			}
			return env.print(p, func() { env.printPeople(p) })
		},
	}
	cmd.Flags().StringVar(&title, "title", "", "the name, as people call them")
	cmd.Flags().StringVar(&email, "email", "", "their address")
	grantFlag(cmd, &grants, "what they may do from now on; may be given several times")
	cmd.Flags().BoolVar(&none, "no-grants", false, "they may do nothing from now on")
	return cmd
}

func peopleInviteCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "invite NAME",
		Short: "Print a new link with which a person chooses a password",
		Long: `Invite prints a link with which a person chooses a new password. The old one and
the sessions end when the link is used.`,
		ValidArgsFunction: env.complete(personNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			return env.invited(env.client().InvitePerson(cmd.Context(), names[0]))
		},
	}
}
