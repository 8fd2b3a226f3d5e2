package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/bench"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// benchFlags are the flags that every benchmark has.
type benchFlags struct {
	redis string
	flush bool
}

func benchCmd(env *Env) *cobra.Command {
	f := &benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure Beadle on your Redis, and plain asynq beside it",
		Long: `Bench measures on the Redis that --redis names, or on a redis-server that it
starts for itself. The database must be empty: it is emptied before, between and
after the rounds. Nobody else should use that Redis, or this machine, meanwhile.
With --vs-asynq plain asynq with its default settings takes turns in the same
run.`,
	}
	cmd.PersistentFlags().StringVar(&f.redis, "redis", "", "redis:// URL with an empty database (default: a redis-server of its own)")
	cmd.PersistentFlags().BoolVar(&f.flush, "flush", false, "the database may be emptied, whatever it holds")
	cmd.AddCommand(
		benchDrainCmd(env, f), benchEnqueueCmd(env, f), benchPickupCmd(env, f), benchLocksCmd(env, f),
		benchRecoverCmd(env, f), benchAbortCmd(env, f), benchMemoryCmd(env, f), benchSoakCmd(env, f),
		benchTimetableCmd(env, f), benchSeedCmd(env), benchWorkerCmd(env, f),
	)
	return group(cmd)
}

// A benchmark is one of them, with its options filled in.
type benchmark func(ctx context.Context, b *bench.Bed) (bench.Report, error)

// bencher makes a command out of a benchmark. Numbers must be at least 1.
func (env *Env) bencher(f *benchFlags, use, short string, run benchmark, flags func(*pflag.FlagSet)) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd.LocalNonPersistentFlags()); err != nil {
				return err
			}
			return env.bench(cmd.Context(), f, run)
		},
	}
	flags(cmd.Flags())
	return cmd
}

// positive refuses numbers below 1 and durations below zero.
func positive(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		switch n, wrong := strconv.Atoi(f.Value.String()); {
		case err != nil:
		case f.Value.Type() == "int" && wrong == nil && n < 1:
			err = fault.New(fault.Invalid, "--%s must be at least 1, not %d", f.Name, n).In(f.Name)
		case f.Value.Type() == "duration":
			if d, _ := time.ParseDuration(f.Value.String()); d < 0 {
				err = fault.New(fault.Invalid, "--%s must not be negative, but is %s", f.Name, d).In(f.Name)
			}
		}
	})
	return err
}

// bench runs a benchmark and prints what it found.
func (env *Env) bench(ctx context.Context, f *benchFlags, run benchmark) (err error) {
	steps := &stepWatcher{env: env}
	bed, err := bench.Open(ctx, bench.Options{
		Redis: f.redis, Flush: f.flush, Connect: connect, Progress: steps.show,
		Log: slog.New(slog.NewTextHandler(env.Err, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bed.Close()) }()
	report, err := run(ctx, bed)
	steps.end()
	if cmp.Or(ctx.Err(), err) != nil {
		return cmp.Or(ctx.Err(), err)
	}
	return env.print(report, func() { env.printReport(report) })
}

// quiet is how much of the processor time, in percent, may go to others without
// a word.
const quiet = 5

func (env *Env) printReport(r bench.Report) {
	env.say("%s: %s", r.Bench, r.Setting)
	env.say("%d CPUs, %s, Redis %s", r.Machine.CPUs, r.Machine.Go, r.Machine.Redis)
	if r.Machine.Others >= quiet {
		env.say("This machine was not quiet: %.0f %% of its processor time went to others. Trust ratios, not figures.", r.Machine.Others)
	}
	env.say("")
	t := env.table(append([]string{"figure", "unit"}, r.Sides...)...)
	for _, f := range r.Figures {
		cells := []string{f.Name, f.Unit}
		for _, side := range r.Sides {
			cells = append(cells, figure(f.Values, side))
		}
		t.row(cells...)
	}
	t.end()
	if len(r.Comparisons) > 0 {
		env.say("")
	}
	for _, c := range r.Comparisons {
		env.say("%s", c.Text)
	}
}

// figure prints a figure with as many digits as mean something.
func figure(values map[string]float64, side string) string {
	v, ok := values[side]
	switch {
	case !ok:
		return "-"
	case v >= 100 || v == float64(int64(v)):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// A stepWatcher shows to a person how far a benchmark has come.
type stepWatcher struct {
	env   *Env
	drawn bool
}

func (w *stepWatcher) show(s bench.Step) {
	if !w.env.Terminal {
		return
	}
	w.drawn = true
	line := s.Doing
	if s.Total > 1 {
		line = fmt.Sprintf("%3d%% %s", max(s.Number-1, 0)*100/s.Total, s.Doing)
	}
	fmt.Fprint(w.env.Err, clearLine+line)
}

// connect returns a client of the Redis at url once it answers.
func connect(ctx context.Context, url string, log *slog.Logger) (*redis.Client, error) {
	return app.Connect(ctx, config.Config{Redis: url}, log)
}

// end takes away what is drawn.
func (w *stepWatcher) end() {
	if w.drawn {
		fmt.Fprint(w.env.Err, clearLine)
	}
}

// benchWorkerCmd is what `bench recover` kills.
func benchWorkerCmd(env *Env, f *benchFlags) *cobra.Command {
	return &cobra.Command{
		Use: "worker-process", Short: "Be a worker that bench recover kills", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(env.Err, &slog.HandlerOptions{Level: slog.LevelError}))
			rdb, err := connect(cmd.Context(), f.redis, log)
			if err != nil {
				return err
			}
			defer rdb.Close()
			return bench.WorkerProcess(cmd.Context(), rdb, log, env.In, env.Out)
		},
	}
}

// spawnWorker returns the command that runs this program as such a worker.
func spawnWorker(url string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return exec.Command(self, "bench", "worker-process", "--redis", url)
}
