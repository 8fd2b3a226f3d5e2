package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/app/dev"

	"github.com/beadle-jobs/beadle/internal/fault"
)

func devCmd(env *Env) *cobra.Command {
	o := dev.Options{Environ: env.Environ}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run everything in this process: scheduler, worker, API, pages",
		Long: `Dev runs the whole of Beadle in one process, for trying it and for working on
it: Redis is embedded and the ledger is a SQLite file unless other ones are
named. The demo campus is a simulated SIS and a simulated Moodle, whose roster
is synced at once.`,
		Example: `  jobctl dev
  jobctl dev --demo none --config beadle.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Demo != "" && o.Demo != "campus" && o.Demo != "none" {
				return fault.New(fault.Invalid, "--demo must be campus or none, not %q", o.Demo).In("demo")
			}
			return env.Dev(cmd.Context(), o, env.Out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Listen, "listen", "", "where the API and the pages listen (default 127.0.0.1:8080)")
	flags.StringVar(&o.Data, "data", "./.beadle", "folder for what lasts")
	flags.StringVar(&o.Config, "config", "", "settings file (default beadle.yaml, if there is one)")
	flags.StringVar(&o.Demo, "demo", "", "campus: bring a simulated SIS and Moodle; none: do not (default campus, unless the settings name syncs)")
	flags.StringVar(&o.Redis, "redis", "", "redis:// URL (default: embedded, gone with this process)")
	flags.StringVar(&o.Ledger, "ledger", "", "postgres:// URL or SQLite file (default: a file in --data)")
	return cmd
}
