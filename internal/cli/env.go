// Package cli is jobctl: one file for each command.
//
// A command speaks to the server through pkg/client and to people through
// [Env]. What a command found goes to standard output, as a table, JSON or
// YAML; everything said beside it, progress and hints, goes to standard error,
// so that scripts can read the one and people the other. A mistake is one line
// and an exit code by the kind of mistake.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/propagation"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/dev"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// Env is the world as commands see it. Tests make their own.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Terminal bool // a person watches Err: progress bars may be drawn
	Now      func() time.Time
	Getenv   func(string) string
	Poll     time.Duration // how often --wait and --follow ask
	Version  string
	Environ  []string // for dev, which reads settings from it
	Folder   string   // of this person's settings of jobctl; empty: there is none

	// Dev runs everything in one process until ctx is done.
	Dev func(ctx context.Context, o dev.Options, out io.Writer) error

	server, context, format string // the global flags

	lost  error // why it cannot be told which server to speak to
	begun bool  // arguments were understood; what fails from here on is no mistake of usage
}

// Main runs jobctl with the arguments of this process and returns its exit
// code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.ListenToRedis(app.Logger(os.Stderr, slog.LevelWarn))
	env := &Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Terminal: isTerminal(os.Stderr),
		Now:      time.Now,
		Getenv:   os.Getenv,
		Poll:     300 * time.Millisecond,
		Version:  app.Version(),
		Environ:  os.Environ(),
		Folder:   folder(),
		Dev:      dev.Run,
	}
	return Run(ctx, env, os.Args[1:])
}

// Run runs one command line in env and returns its exit code.
func Run(ctx context.Context, env *Env, args []string) int {
	root := newRoot(env)
	root.SetArgs(args)
	err := root.ExecuteContext(traced(ctx, env.Getenv("TRACEPARENT")))
	if env.lost != nil {
		err = env.lost
	}
	for _, one := range each(err) {
		fmt.Fprintf(env.Err, "jobctl: %s\n", env.sentence(one))
	}
	return env.exitCode(err)
}

// traced returns a context in the trace of whoever runs jobctl, if the
// environment says so.
func traced(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "jobctl",
		Short: "Run, watch and mend background jobs",
		Long: `Jobctl speaks to the server at --server, which is BEADLE_SERVER, or else that of
the context, or http://127.0.0.1:8080. Where the server asks for a token, “jobctl
login” gets one and keeps it in a context; BEADLE_TOKEN goes before it.

Exit codes: 0 done; 1 it failed; 2 the request makes no sense; 3 there is no
such thing; 4 not in its present state; 5 not allowed; 6 try again later;
130 interrupted.`,
		SilenceUsage:      true, // usage is for mistakes in usage, not for failures
		SilenceErrors:     true, // Run prints them, once
		PersistentPreRunE: env.begin,
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	flags := root.PersistentFlags()
	flags.StringVarP(&env.format, "output", "o", "table", "how to print: table, json or yaml")
	flags.StringVar(&env.server, "server", "", "URL of the server (BEADLE_SERVER, or that of the context)")
	flags.StringVar(&env.context, "context", "", "the context to use for this command")
	_ = root.RegisterFlagCompletionFunc("context", env.completeContexts) // fails only for a flag that is not there
	root.AddCommand(
		enqueueCmd(env), jobsCmd(env), jobCmd(env), abortCmd(env), retryCmd(env), logsCmd(env), errorsCmd(env),
		tasksCmd(env), schedulesCmd(env), scheduleCmd(env), slotsCmd(env), forecastCmd(env), recoveryCmd(env),
		calendarsCmd(env), calendarCmd(env), clientsCmd(env), clientCmd(env), workersCmd(env), workerCmd(env), logLevelCmd(env), profileCmd(env), queuesCmd(env), queueCmd(env), scaleCmd(env), topCmd(env),
		locksCmd(env), limitsCmd(env), notifyCmd(env), retentionCmd(env), holdCmd(env), auditCmd(env),
		peopleCmd(env), tokensCmd(env), sessionsCmd(env), whoamiCmd(env), loginCmd(env), logoutCmd(env), contextsCmd(env),
		cronCmd(env), sisCmd(env), campusCmd(env), benchCmd(env), backupCmd(env), restoreCmd(env), doctorCmd(env), bundleCmd(env), systemCmd(env), versionCmd(env), manCmd(env), devCmd(env),
		proveCmd(env),
	)
	return plain(root)
}

// folder is where this person's settings of jobctl are.
func folder() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "beadle")
}

// each takes errors that were joined apart.
func each(err error) (all []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, each(one)...)
		}
		return all
	}
	if err != nil {
		all = append(all, err)
	}
	return all
}

// exitInterrupted is what shells expect after Ctrl-C.
const exitInterrupted = 130

// exitCode is what the shell sees: 0, or by the kind of failure, as
// [fault.Kind.ExitCode] has it. Scripts rely on it.
func (env *Env) exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case !env.begun:
		return fault.Invalid.ExitCode()
	}
	if refused, ok := errors.AsType[*client.Error](err); ok {
		return fault.FromCode(refused.Code).ExitCode()
	}
	return fault.KindOf(err).ExitCode()
}

// sentence is what a person reads about err.
func (env *Env) sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	if away, ok := errors.AsType[*client.Error](err); ok && away.Code == fault.Unavailable.Code() && !away.Reached() {
		return away.Message + " Start a server with “jobctl dev”, or say where it is with --server or BEADLE_SERVER."
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Msg
	}
	return err.Error()
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
