package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// Commands returns every command that does something, without "jobctl".
func Commands() (names []string) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if !c.HasSubCommands() {
			names = append(names, strings.TrimPrefix(c.CommandPath(), "jobctl "))
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(&Env{Getenv: func(string) string { return "" }}))
	return names
}
