package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// plain makes root and the commands below it say what is wrong with a command
// line in one sentence that shows the right one.
func plain(root *cobra.Command) *cobra.Command {
	root.Args = cobra.ArbitraryArgs
	root.RunE = noCommand
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(wrongFlag)
	plainArgs(root)
	return root
}

// noCommand answers a first word that names no command.
func noCommand(root *cobra.Command, words []string) error {
	if len(words) == 0 {
		return root.Help()
	}
	if alike := root.SuggestionsFor(words[0]); len(alike) > 0 {
		return fault.New(fault.Invalid, "there is no command %q; did you mean %s?", words[0], strings.Join(alike, " or "))
	}
	return fault.New(fault.Invalid, "there is no command %q; jobctl help lists them", words[0])
}

// plainArgs shows whoever gave a wrong number of arguments which there are.
func plainArgs(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		plainArgs(sub)
	}
	check := cmd.Args
	if check == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) == nil {
			return nil
		}
		much := "many"
		if len(args) < len(strings.Fields(cmd.Use))-1 {
			much = "few"
		}
		return fault.New(fault.Invalid, "too %s arguments; write %s %s", much, cmd.Parent().CommandPath(), cmd.Use)
	}
}

// flagWords say what the value of a flag has to be.
var flagWords = map[string]string{
	"bool":     "true or false",
	"int":      "a whole number",
	"int64":    "a whole number",
	"duration": "a duration such as 90s, 10m or 2h",
}

func wrongFlag(_ *cobra.Command, err error) error {
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	flag := wrong.GetFlag()
	word, ok := flagWords[flag.Value.Type()]
	if !ok {
		return err
	}
	return fault.New(fault.Invalid, "--%s must be %s, not %q", flag.Name, word, wrong.GetValue()).In(flag.Name)
}
