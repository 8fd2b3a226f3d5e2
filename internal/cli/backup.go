package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/app/backup"
)

func backupCmd(env *Env) *cobra.Command {
	p := backup.Place{Environ: env.Environ}
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Back the ledger up while everything runs",
		Long: `Backup writes all that the ledger holds, as it is at one moment, to a new file
that only you can read. Schedulers and workers go on meanwhile. The backup can be
restored into SQLite and PostgreSQL alike.

It does not ask the server: it opens the ledger that the settings name, or
--ledger, and says which that is. FILE may be - for a pipe. The file holds what the ledger knows of people; keep it as safe.`,
		Example: `  jobctl backup /var/backups/beadle-$(date +%F).gz
  jobctl backup - --ledger postgres://beadle@db/beadle | ssh vault 'cat > beadle.gz'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := backup.Backup(cmd.Context(), p, args[0], env.Out)
			if err != nil {
				return err
			}
			env.hint("The ledger is %s.", kept.Ledger)
			if args[0] == "-" {
				return nil
			}
			return env.print(kept, func() {
				info, err := os.Stat(args[0])
				if err != nil {
					return
				}
				bytes := info.Size()
				env.say("%s holds %d rows of %d tables, %d of them jobs, of schema %d: %s.", args[0], kept.Total(), len(kept.Rows), kept.Rows["jobs"], kept.Schema, size(&bytes))
			})
		},
	}
	placeFlags(cmd, &p)
	return cmd
}

// placeFlags say where the ledger is, to commands that do not ask the server.
func placeFlags(cmd *cobra.Command, p *backup.Place) {
	cmd.Flags().StringVar(&p.Config, "config", "", "settings file (default beadle.yaml, if there is one)")
	cmd.Flags().StringVar(&p.Ledger, "ledger", "", "postgres:// URL or SQLite file (default: that of the settings)")
}
