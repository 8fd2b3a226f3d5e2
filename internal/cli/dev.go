package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// DevOptions say how jobctl dev runs.
type DevOptions struct {
	Listen string // address of the API and the pages
	Data   string // folder of what lasts
	Config string // beadle.yaml; empty: none
	Demo   string // "campus" or "none"
	Redis  string // redis:// URL; empty: embedded
	Ledger string // postgres:// URL or SQLite file; empty: in Data
}

func devCmd(env *Env) *cobra.Command {
	var o DevOptions
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
			if o.Demo != "campus" && o.Demo != "none" {
				return fault.New(fault.Invalid, "--demo must be campus or none, not %q", o.Demo).In("demo")
			}
			return env.Dev(cmd.Context(), o, env.Out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "where the API and the pages listen")
	flags.StringVar(&o.Data, "data", "./.beadle", "folder for what lasts")
	flags.StringVar(&o.Config, "config", "", "settings file, such as beadle.yaml")
	flags.StringVar(&o.Demo, "demo", "campus", "campus: bring a simulated SIS and a simulated Moodle; none: do not")
	flags.StringVar(&o.Redis, "redis", "", "redis:// URL (default: embedded, gone with this process)")
	flags.StringVar(&o.Ledger, "ledger", "", "postgres:// URL or SQLite file (default: a file in --data)")
	return cmd
}
