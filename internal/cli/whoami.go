package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func whoamiCmd(env *Env) *cobra.Command {
	var email string
	cmd := &cobra.Command{
		Use:     "whoami",
		Short:   "Say who the server takes you for, and what you may do; or change your e-mail address",
		Example: "  jobctl whoami --email paul@example.edu",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := env.client()
			if cmd.Flags().Changed("email") {
				p, err := c.EditSelf(cmd.Context(), client.SelfEdit{Email: &email})
				if err != nil {
					return err
				}
				return env.print(p, func() { env.facts("name", p.Name, "email", p.Email) })
			}
			who, err := c.Whoami(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(who, func() {
				env.facts("name", who.Name, "title", who.Title, "server", c.Server(), "by", ways[who.Via], "may", rightsOf(who))
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "where you are sent notices from now on; empty: nowhere")
	return cmd
}

// ways say by what the server knows somebody.
var ways = map[string]string{
	"session":      "session",
	"token":        "API token",
	"installation": "the installation's token",
	"local":        "nothing: this server is open to its machine",
}

// rightsOf says what somebody may do.
func rightsOf(who client.Whoami) string {
	if len(who.May) == 0 {
		return "no rights yet"
	}
	return oneLine(strings.Join(who.May, "; "))
}
