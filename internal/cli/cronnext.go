package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

func cronNextCmd(env *Env) *cobra.Command {
	var (
		look          lookout
		dialect, file string
	)
	cmd := &cobra.Command{
		Use:   "next EXPR",
		Short: "List when an expression fires next, or many of them from a file",
		Long: `Next lists the next times at which an expression fires, in its zone and in UTC.

With --file it answers each line of a file, or of standard input if it is -,
with a line. A line is a JSON object {"expr","dialect","zone","from","n"}, of
which only expr is needed: without a dialect, which is unix, quartz, every or
english, five fields are unix cron and six or seven Quartz; zone is UTC, from is
now and n is 5. The answer is
{"next":[…]} with times in UTC, fewer than n if there are no more, or
{"error":{"field","item","column","reason","suggestion"}}. Lines that are refused
do not change the exit code.`,
		Example: `  jobctl cron next "0 9 * * mon" --zone America/New_York -n 3
  jobctl cron next --file - < expressions.ndjson`,
		Args: func(cmd *cobra.Command, exprs []string) error {
			if file != "" {
				return cobra.NoArgs(cmd, exprs)
			}
			return cobra.ExactArgs(1)(cmd, exprs)
		},
		RunE: func(cmd *cobra.Command, exprs []string) error {
			if file == "" {
				return env.next(exprs[0], cron.Dialect(dialect), look)
			}
			for _, name := range []string{"zone", "from", "count", "dialect"} {
				if cmd.Flags().Changed(name) {
					return fault.New(fault.Invalid, "--%s does not go with --file: each line says for itself what it wants", name).In(name)
				}
			}
			return env.nextOfFile(cmd.Context(), file)
		},
	}
	look.flags(cmd)
	cmd.Flags().StringVar(&dialect, "dialect", "", "unix, quartz, every or english (default: what it looks like)")
	cmd.Flags().StringVar(&file, "file", "", "answer each line of this file; - reads standard input")
	return cmd
}

func (env *Env) next(text string, dialect cron.Dialect, look lookout) error {
	trigger, named, err := readExpression(text, dialect)
	if err != nil {
		return err
	}
	zone, from, err := look.place(env, named)
	if err != nil {
		return err
	}
	all := firings(trigger, from, zone, look.n)
	return env.print(nextAnswer{Next: utc(all)}, func() {
		rows := make([]firing, len(all))
		for i, at := range all {
			rows[i] = firing{at.In(zone), at.UTC()}
		}
		env.printFirings(rows)
	})
}

func utc(all []time.Time) []time.Time {
	for i := range all {
		all[i] = all[i].UTC()
	}
	return all
}
