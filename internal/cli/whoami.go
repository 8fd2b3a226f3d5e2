package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func whoamiCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "whoami",
		Short: "Say who the server takes you for, and what you may do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := env.client()
			who, err := c.Whoami(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(who, func() {
				env.facts("name", who.Name, "title", who.Title, "server", c.Server(), "by", ways[who.Via], "may", rightsOf(who))
			})
		},
	}
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
