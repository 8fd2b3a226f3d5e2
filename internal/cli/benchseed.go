package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/bench"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func benchSeedCmd(env *Env) *cobra.Command {
	o := bench.Seed{}
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Fill an empty ledger with jobs that have ended",
		Long: `Seed fills an empty ledger with half a year of jobs that have ended, of 40
tasks, 25 clients and 400 people, some with several attempts, record errors and
log lines, so that you can see what many jobs do to lists and pages. It needs no
Redis. The same --seed and --jobs make the same jobs. A ledger in use is
refused, and one that was filled is of no use for anything else.`,
		Example: `  jobctl bench seed --ledger /var/tmp/seeded.db
  jobctl bench seed --ledger postgres://beadle@127.0.0.1/bench --jobs 200000 --seed 2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd.LocalNonPersistentFlags()); err != nil {
				return err
			}
			return env.benchSeed(cmd, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Ledger, "ledger", "", "path of a new SQLite file, or postgres:// URL of an empty database")
	flags.IntVar(&o.Jobs, "jobs", 1000000, "jobs")
	flags.IntVar(&o.Seed, "seed", 1, "which jobs: another number makes others")
	return cmd
}

// benchSeed fills the ledger and says with what.
func (env *Env) benchSeed(cmd *cobra.Command, o bench.Seed) error {
	if o.Ledger == "" {
		return fault.New(fault.Invalid, "--ledger is missing: the path of a SQLite file that is not there yet, or the postgres:// URL of an empty database").In("ledger")
	}
	steps := &stepWatcher{env: env}
	o.Progress = steps.show
	seeded, err := o.Run(cmd.Context())
	steps.end()
	if cmp.Or(cmd.Context().Err(), err) != nil {
		return cmp.Or(cmd.Context().Err(), err)
	}
	return env.print(seeded, func() {
		env.say("The ledger has %d jobs, with %d record errors and %d log lines: %.0f jobs a second.",
			seeded.Jobs, seeded.RecordErrors, seeded.LogLines, seeded.JobsASecond)
	})
}
