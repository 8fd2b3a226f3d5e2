package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func tokensCmd(env *Env) *cobra.Command {
	cmd := tokensListCmd(env, "tokens", "List your API tokens, or those of others")
	cmd.AddCommand(tokensListCmd(env, "list", "List them"), tokensCreateCmd(env), tokensRevokeCmd(env))
	return cmd
}

func tokensListCmd(env *Env, use, short string) *cobra.Command {
	var person string
	var all bool
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all {
				person = "*"
			}
			tokens, err := env.client().Tokens(cmd.Context(), person)
			if err != nil {
				return err
			}
			return env.print(tokens, func() { env.printTokens(tokens...) })
		},
	}
	cmd.Flags().StringVar(&person, "person", "", "whose (default: your own)")
	cmd.Flags().BoolVar(&all, "all", false, "everybody's")
	_ = cmd.RegisterFlagCompletionFunc("person", env.complete(personNames)) // fails only for a flag that is not there
	return cmd
}

func (env *Env) printTokens(tokens ...client.Token) {
	if len(tokens) == 0 {
		env.hint("There is no token; “jobctl tokens create NAME” makes one.")
		return
	}
	t := env.table("token", "for", "person", "good for", "state", "used")
	for _, k := range tokens {
		t.row(k.ID, k.Name, k.Person, goodFor(k), env.tokenState(k), env.agoIf(k.Used))
	}
	t.end()
}

func goodFor(t client.Token) string {
	if len(t.Grants) == 0 {
		return "all that the person may"
	}
	return strings.Join(auth.Words(t.Grants), "; ")
}

func (env *Env) tokenState(t client.Token) string {
	switch {
	case t.Revoked != nil:
		return "revoked"
	case !env.Now().Before(t.Expires):
		return "expired"
	}
	return "ends " + env.ago(t.Expires)
}

func tokensCreateCmd(env *Env) *cobra.Command {
	var n client.NewToken
	var grants []string
	var days int
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an API token, and print it; it is not shown again",
		Long: `Create makes an API token for a program. It is good for the grants that are given,
or else for all that you may, and never for more than its person may.`,
		Example: `  jobctl tokens create nightly-import --grant "power-user, tasks sis.*" --days 30`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) (err error) {
			if days < 1 || days > 366 {
				return fault.New(fault.Invalid, "--days must be 1 to 366, not %d", days).In("days")
			}
			n.Name, n.Expires = names[0], env.Now().Add(time.Duration(days)*24*time.Hour)
			if n.Grants, err = grantsOf(grants); err != nil {
				return err
			}
			made, err := env.client().CreateToken(cmd.Context(), n)
			if err != nil {
				return err
			}
			return env.print(made, func() {
				env.hint("Token %s of %s is good for: %s. It ends %s, and is not shown again.", made.Token.ID, made.Token.Person, goodFor(made.Token), env.ago(made.Token.Expires))
				env.say("%s", made.Secret)
			})
		},
	}
	cmd.Flags().StringVar(&n.Person, "person", "", "whose it is (default: your own)")
	cmd.Flags().IntVar(&days, "days", 90, "how long it is good")
	grantFlag(cmd, &grants, "what it is good for (default: all that you may); may be given several times")
	_ = cmd.RegisterFlagCompletionFunc("person", env.complete(personNames)) // fails only for a flag that is not there
	return cmd
}

func tokensRevokeCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke TOKEN",
		Short: "End a token, by its id",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			t, err := env.client().RevokeToken(cmd.Context(), ids[0])
			if err != nil {
				return err
			}
			return env.print(t, func() { env.say("Token %s for %s is revoked.", oneLine(t.ID), oneLine(t.Name)) })
		},
	}
}
