package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func clientCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "client", Short: "Add or change a client"}
	cmd.AddCommand(
		clientCreateCmd(env), clientEditCmd(env),
		clientSwitchCmd(env, "disable", "Refuse new jobs of a client; those that it has go on", (*client.Client).DisableClient),
		clientSwitchCmd(env, "enable", "Take new jobs of a client again", (*client.Client).EnableClient),
	)
	return group(cmd)
}

func clientCreateCmd(env *Env) *cobra.Command {
	var title string
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Add a client",
		Example: `  jobctl client create north-campus --title "North Campus"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			o, err := env.client().CreateClient(cmd.Context(), names[0], title)
			if err != nil {
				return err
			}
			return env.print(o, func() { env.printClients(o) })
		},
	}
	cmd.Flags().StringVar(&title, "title", "", "what people call it (default: its name)")
	return cmd
}

func clientEditCmd(env *Env) *cobra.Command {
	var title string
	cmd := &cobra.Command{
		Use:               "edit NAME",
		Short:             "Give a client another title",
		ValidArgsFunction: env.complete(clientNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if title == "" {
				return fault.New(fault.Invalid, "--title is required: what people call the client").In("title")
			}
			o, err := env.client().EditClient(cmd.Context(), names[0], title)
			if err != nil {
				return err
			}
			return env.print(o, func() { env.printClients(o) })
		},
	}
	cmd.Flags().StringVar(&title, "title", "", "what people call it")
	return cmd
}

func clientSwitchCmd(env *Env, name, short string, do func(*client.Client, context.Context, string) (client.Organisation, error)) *cobra.Command {
	return &cobra.Command{
		Use:               name + " NAME",
		Short:             short,
		ValidArgsFunction: env.complete(clientNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			o, err := do(env.client(), cmd.Context(), names[0])
			if err != nil {
				return err
			}
			return env.print(o, func() { env.printClients(o) })
		},
	}
}
