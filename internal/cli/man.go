package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// manCmd writes the same pages whenever the same build is asked: they have no
// date, so that what is released can be made again.
func manCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the manual pages of jobctl into a folder; needs no server",
		Long: `Man writes one page for each command, for man(1): jobctl.1, jobctl-jobs.1 and so
on. The folder is made if it is not there.`,
		Example: `  jobctl man ~/.local/share/man/man1
  man jobctl-enqueue`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fault.New(fault.Invalid, "The folder %s cannot be made.", args[0]).Because(err)
			}
			if err := env.writeMan(cmd.Root(), args[0]); err != nil {
				return fault.New(fault.Invalid, "The pages cannot be written to %s.", args[0]).Because(err)
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "jobctl*.1"))
			fmt.Fprintf(env.Out, "%d pages are in %s.\n", len(pages), args[0])
			return err
		},
	}
}

func (env *Env) writeMan(root *cobra.Command, folder string) error {
	root.DisableAutoGenTag = true
	return doc.GenManTree(root, &doc.GenManHeader{
		Section: "1", Source: "Beadle " + env.Version, Manual: "Beadle", Date: &time.Time{},
	}, folder)
}
