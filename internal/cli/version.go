package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// versions are of both ends.
type versions struct {
	Jobctl client.Version  `json:"jobctl"`
	Server *client.Version `json:"server,omitempty"` // nil: it does not answer
}

func versionCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of jobctl and of the server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := versions{Jobctl: client.Version{Version: env.Version, Go: runtime.Version()}}
			server, err := env.client().Version(cmd.Context())
			if err == nil {
				v.Server = &server
			} else {
				env.hint("%s", env.sentence(err))
			}
			return env.print(v, func() { env.printVersions(v) })
		},
	}
}

func (env *Env) printVersions(v versions) {
	fmt.Fprintf(env.Out, "jobctl %s (%s)\n", v.Jobctl.Version, v.Jobctl.Go)
	if v.Server != nil {
		fmt.Fprintf(env.Out, "server %s (%s)\n", v.Server.Version, v.Server.Go)
	}
}
