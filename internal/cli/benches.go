package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beadle-jobs/beadle/internal/bench"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func benchDrainCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Drain{}
	cmd := env.bencher(f, "drain", "How fast one worker runs jobs that do nothing", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Drain(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Jobs, "jobs", 50000, "jobs of each round")
		concurrencyFlag(flags, &o.Concurrency)
		roundsFlag(flags, &o.Rounds, 5)
		latencyFlag(flags, &o.Latency)
		recorderFlag(flags, &o.NoRecorder)
		vsAsynqFlag(flags, &o.VsAsynq)
	})
	cmd.Example = `  jobctl bench drain --vs-asynq
  jobctl bench drain --redis redis://127.0.0.1:6379/15 --jobs 10000 --latency 1ms --vs-asynq -o json`
	return cmd
}

func benchEnqueueCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Enqueue{}
	return env.bencher(f, "enqueue", "How fast jobs are accepted, in bulk and one by one", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Enqueue(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Jobs, "jobs", 50000, "jobs of each round in bulk")
		flags.IntVar(&o.Calls, "calls", 2000, "single calls of each round")
		roundsFlag(flags, &o.Rounds, 5)
		latencyFlag(flags, &o.Latency)
		recorderFlag(flags, &o.NoRecorder)
		vsAsynqFlag(flags, &o.VsAsynq)
	})
}

func benchPickupCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Pickup{}
	return env.bencher(f, "pickup", "How soon an idle worker starts a job, and what idling costs", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Pickup(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Samples, "samples", 500, "jobs, enqueued one by one")
		flags.DurationVar(&o.Idle, "idle", time.Minute, "how long to watch idle workers; 0: not at all")
		vsAsynqFlag(flags, &o.VsAsynq)
	})
}

func benchLocksCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Locks{}
	return env.bencher(f, "locks", "What locks cost, how soon they are handed over, how clients share", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Locks(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Jobs, "jobs", 20000, "jobs of each drain")
		flags.IntVar(&o.Handovers, "handovers", 500, "jobs that want the same resource")
		flags.IntVar(&o.Queued, "queued", 20000, "jobs of the client that came first")
		flags.IntVar(&o.Added, "added", 100, "jobs of the client that comes second")
		concurrencyFlag(flags, &o.Concurrency)
		roundsFlag(flags, &o.Rounds, 5)
		recorderFlag(flags, &o.NoRecorder)
	})
}

func benchRecoverCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Recover{Spawn: spawnWorker}
	return env.bencher(f, "recover", "How soon a job runs again whose worker was killed", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Recover(ctx, o)
	}, func(flags *pflag.FlagSet) {
		roundsFlag(flags, &o.Rounds, 20)
	})
}

func benchAbortCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Abort{}
	return env.bencher(f, "abort", "How soon running jobs end that are told to", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Abort(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Jobs, "jobs", 200, "jobs that run at a time")
		flags.BoolVar(&o.Stuck, "stuck", false, "also how soon a job is shown as stuck that does not obey; takes half a minute")
		recorderFlag(flags, &o.NoRecorder)
	})
}

func benchMemoryCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Memory{}
	return env.bencher(f, "memory", "What a queued job takes of Redis", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Memory(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Jobs, "jobs", 100000, "jobs")
		vsAsynqFlag(flags, &o.VsAsynq)
	})
}

func benchSoakCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Soak{}
	cmd := env.bencher(f, "soak", "How memory grows under a steady load", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Soak(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.DurationVar(&o.For, "for", 10*time.Minute, "how long")
		flags.IntVar(&o.Rate, "rate", 500, "jobs per second")
		concurrencyFlag(flags, &o.Concurrency)
	})
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if o.For < time.Second {
			return fault.New(fault.Invalid, "--for must be at least 1s, not %s", o.For).In("for")
		}
		return nil
	}
	return cmd
}

func benchTimetableCmd(env *Env, f *benchFlags) *cobra.Command {
	o := bench.Timetable{}
	cmd := env.bencher(f, "timetable", "How soon schedules run that are all due in the same second", func(ctx context.Context, b *bench.Bed) (bench.Report, error) {
		return b.Timetable(ctx, o)
	}, func(flags *pflag.FlagSet) {
		flags.IntVar(&o.Schedules, "schedules", 10000, "schedules that are due at once")
		flags.DurationVar(&o.Quiet, "quiet", time.Minute, "how long to watch what it costs while nothing is due; 0: not at all")
		flags.StringVar(&o.Ledger, "ledger", "", "postgres:// URL of an empty database, which is of no use afterwards (default: a SQLite file of its own)")
		concurrencyFlag(flags, &o.Concurrency)
	})
	cmd.Example = `  jobctl bench timetable
  jobctl bench timetable --ledger postgres://beadle@127.0.0.1/bench --schedules 2000 --quiet 10s -o json`
	return cmd
}

func concurrencyFlag(flags *pflag.FlagSet, n *int) {
	flags.IntVar(n, "concurrency", 64, "jobs that run at a time")
}

func roundsFlag(flags *pflag.FlagSet, n *int, usual int) {
	flags.IntVar(n, "rounds", usual, "rounds; figures are medians of them")
}

func latencyFlag(flags *pflag.FlagSet, d *time.Duration) {
	flags.DurationVar(d, "latency", 0, "make round trips to Redis that much longer, for both sides")
}

func recorderFlag(flags *pflag.FlagSet, without *bool) {
	flags.BoolVar(without, "no-recorder", false, "measure only without the recorder that writes to a ledger")
}

func vsAsynqFlag(flags *pflag.FlagSet, vs *bool) {
	flags.BoolVar(vs, "vs-asynq", false, "measure plain asynq too, with its default settings, by turns")
}
