package cli

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/backup"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func restoreCmd(env *Env) *cobra.Command {
	p := backup.Place{Environ: env.Environ}
	o := backup.Options{}
	redrive, yes := string(job.RedriveLost), false
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the ledger what a backup holds, and settle it with Redis",
		Long: `Restore makes the ledger what the backup in FILE holds. Stop all schedulers
first: it refuses while one leads. A damaged file changes nothing, and neither
does a restore that fails. FILE may be - for what comes through a pipe.

Then it compares the ledger with Redis. Jobs that only Redis knows are added.
Jobs that the backup knows as unfinished go on where Redis has them too. Where
Redis does not know them any more, --redrive says what becomes of them:

  lost   what Redis has lost is enqueued again; what has ended since the backup,
         nobody knows how, fails and waits for a person who looks and retries it
  all    both are enqueued again: what they do may be done twice
  none   both fail`,
		Example: `  jobctl restore /var/backups/beadle-2026-11-23.gz --replace --yes
  jobctl restore beadle.gz --ledger postgres://beadle@db/beadle --redis redis://redis:6379/0`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if o.Redrive, err = job.ParseRedrive(redrive); err != nil {
				return err
			}
			if o.Replace && !yes {
				return fault.New(fault.Invalid, "--replace throws away what the ledger holds now; back it up first, and add --yes. Nothing was changed.").In("yes")
			}
			o.In = env.In
			o.Log = app.Logger(env.Err, slog.LevelError)
			done, err := backup.Restore(cmd.Context(), p, args[0], o)
			if err != nil {
				return err
			}
			return env.print(done, func() { env.printRestored(done) })
		},
	}
	placeFlags(cmd, &p)
	flags := cmd.Flags()
	flags.StringVar(&p.Redis, "redis", "", "redis:// URL (default: that of the settings)")
	flags.BoolVar(&o.NoRedis, "no-redis", false, "do without Redis; the next scheduler compares, before it does anything else")
	flags.BoolVar(&o.Replace, "replace", false, "throw away what the ledger holds now")
	flags.BoolVar(&yes, "yes", false, "do not ask back")
	flags.StringVar(&redrive, "redrive", redrive, "jobs that run again which Redis does not know any more: lost, all or none")
	return cmd
}

// remembered is how long Redis knows the jobs of slots after they have ended.
const remembered = 24 * time.Hour

func (env *Env) printRestored(done backup.Restored) {
	env.hint("The ledger is %s.", done.Ledger)
	env.say("The ledger is as it was on %s: %d rows, %d of them jobs.", done.Made.Local().Format(time.DateTime), done.Total(), done.Rows["jobs"])
	if env.Now().Sub(done.Made) > remembered {
		env.hint("The backup is older than a day, and Redis remembers jobs of schedules for no longer: start the scheduler with BEADLE_RECOVERY_APPROVE=0, and look at “jobctl recovery” before you approve what it would make up for.")
	}
	s := done.Settled
	if s == nil {
		env.hint("What Redis has done since is not known yet; the next scheduler finds out before it does anything else.")
		return
	}
	t := env.table("jobs", "known to", "what becomes of them")
	row := func(n int, known, becomes string) {
		if n > 0 {
			t.row(strconv.Itoa(n), known, becomes)
		}
	}
	row(s.Both, "ledger and Redis", "go on")
	row(s.Ended, "ledger, and as ended to Redis", "recorded as ended")
	row(s.Unknown, "ledger only", "ended since, nobody knows how: failed, not run again")
	row(s.Redriven, "ledger only", "enqueued again")
	row(s.Refused, "ledger only", "lost by Redis: failed, not run again")
	row(s.Adopted, "Redis only", "recorded, go on")
	row(s.Past, "Redis only", "recorded as ended")
	if len(t.rows) > 1 {
		t.end()
	} else {
		env.say("No job was unfinished, and Redis holds none.")
	}
	if s.Unknown+s.Refused > 0 {
		env.hint("See them with “jobctl jobs --state failed”, and run those again that need it with “jobctl retry”.")
	}
	env.hint("Tokens that were revoked and people who were disabled after the backup can log in again: look at “jobctl tokens” and “jobctl people”.")
}
