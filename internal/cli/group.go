package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// group makes a command that only has commands below it say so: cobra would
// print its help and call that a success.
func group(cmd *cobra.Command) *cobra.Command {
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fault.New(fault.Invalid, "%s what? There is %s.", cmd.CommandPath(), strings.Join(names, ", "))
		}
		return fault.New(fault.Invalid, "there is no command %q; %s has %s", args[0], cmd.CommandPath(), strings.Join(names, ", "))
	}
	return cmd
}
