package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func peopleCmd(env *Env) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		all, err := env.client().People(cmd.Context())
		if err != nil {
			return err
		}
		return env.print(all, func() { env.printPeople(all...) })
	}
	cmd := &cobra.Command{
		Use:   "people",
		Short: "List who may log in, and what they may do",
		Long: `People lists who may log in. A grant is a role, over the jobs of a client or of all,
and over a task or those that begin so; it is written as it is listed:

  viewer
  power-user of north-campus
  operator of north-campus, tasks sis.*
  superadmin`,
		Args: cobra.NoArgs,
		RunE: list,
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List them", Args: cobra.NoArgs, RunE: list},
		peopleShowCmd(env), peopleAddCmd(env), peopleEditCmd(env), peopleInviteCmd(env),
		peopleSwitchCmd(env, "disable", "Keep a person out: their sessions end, and their tokens are good for nothing", (*client.Client).DisablePerson),
		peopleSwitchCmd(env, "enable", "Let a person in again", (*client.Client).EnablePerson),
	)
	return cmd
}

func (env *Env) printPeople(all ...client.Person) {
	t := env.table("name", "title", "grants", "state", "seen")
	for _, p := range all {
		t.row(p.Name, p.Title, strings.Join(auth.Words(p.Grants), "; "), personState(p), env.agoIf(p.Seen))
	}
	t.end()
}

// personState is whether somebody can log in.
func personState(p client.Person) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Invited:
		return "invited"
	}
	return "enabled"
}

func peopleShowCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Show one of them",
		ValidArgsFunction: env.complete(personNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			p, err := env.client().Person(cmd.Context(), names[0])
			if err != nil {
				return err
			}
			return env.print(p, func() {
				env.facts("name", p.Name, "title", p.Title, "email", p.Email, "signs in", p.Source, "state", personState(p),
					"grants", strings.Join(auth.Words(p.Grants), "; "), "created", env.ago(p.Created), "seen", env.agoIf(p.Seen))
			})
		},
	}
}

func peopleSwitchCmd(env *Env, name, short string, do func(*client.Client, context.Context, string) (client.Person, error)) *cobra.Command {
	return &cobra.Command{
		Use:               name + " NAME",
		Short:             short,
		ValidArgsFunction: env.complete(personNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			p, err := do(env.client(), cmd.Context(), names[0])
			if err != nil {
				return err
			}
			return env.print(p, func() { env.printPeople(p) })
		},
	}
}

func personNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.People(ctx)
	return namesOf(all, func(p client.Person) string { return p.Name + "\t" + oneLine(p.Title) }), err
}

// grantsOf reads grants as people write them.
func grantsOf(words []string) ([]client.Grant, error) {
	grants := []client.Grant{}
	for _, text := range words {
		g, err := auth.ParseGrant(text)
		if err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, nil
}

// grantFlag adds --grant, which may be given several times. A grant has commas.
func grantFlag(cmd *cobra.Command, words *[]string, usage string) {
	cmd.Flags().StringArrayVar(words, "grant", nil, usage)
}
