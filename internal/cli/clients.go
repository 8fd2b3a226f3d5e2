package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func clientsCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "clients",
		Short: "List the organisations on the platform",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Clients(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printClients(all...) })
		},
	}
}

func (env *Env) printClients(all ...client.Organisation) {
	t := env.table("client", "title", "state", "created")
	for _, o := range all {
		state := "enabled"
		if o.Disabled {
			state = "disabled"
		}
		t.row(o.Name, o.Title, state, env.ago(o.Created))
	}
	t.end()
}
