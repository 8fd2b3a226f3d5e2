// Package app holds what the processes of Beadle have in common: their command
// line, their settings, their connections, and an HTTP server that stops
// gracefully.
//
// Each process is a package below, and one function there that blocks until
// its context is done: scheduler.Run, worker.Run, dev.Run. They and this one
// are the only packages that know all the parts.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/logs"
	"github.com/beadle-jobs/beadle/internal/trace"
)

// A Process is one of the long-running programs, as its main function names it.
type Process struct {
	Name  string // of the binary
	Short string // one line for --help
	Long  string

	// Flags defines flags that override settings. It may be nil.
	Flags func(cmd *cobra.Command, c *config.Config)

	// Run works until ctx is done.
	Run func(ctx context.Context, c config.Config, log *slog.Logger) error
}

// Main runs p with the command line and the environment of this process, until
// it ends or is told to stop by SIGINT or SIGTERM. It returns the exit code.
func (p Process) Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := p.command().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", p.Name, Sentence(err))
		return fault.KindOf(err).ExitCode()
	}
	return 0
}

func (p Process) command() *cobra.Command {
	var file string
	flags := config.Config{}
	cmd := &cobra.Command{
		Use: p.Name, Short: p.Short, Long: p.Long, Version: Version(),
		Args: usage(cobra.NoArgs), SilenceUsage: true, SilenceErrors: true,
	}
	cmd.Flags().StringVar(&file, "config", "", "settings file (default beadle.yaml, if it exists)")
	if p.Flags != nil {
		p.Flags(cmd, &flags)
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fault.New(fault.Invalid, "%v.", err) })
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := settings(file, cmd, flags)
		if err != nil {
			return err
		}
		log := Logger(os.Stderr, c.Level())
		ListenToRedis(log)
		return ended(p.Run(cmd.Context(), c, log))
	}
	return cmd
}

// settings loads the settings, and lets the flags that were given override.
func settings(file string, cmd *cobra.Command, flags config.Config) (config.Config, error) {
	if file == "" {
		file = config.File()
	}
	c, err := config.Load(config.Default(), file, os.Environ())
	if err != nil {
		return c, err
	}
	changed := cmd.Flags().Changed
	if changed("listen") {
		c.Listen = flags.Listen
	}
	if changed("token-file") {
		c.TokenFile = flags.TokenFile
	}
	if changed("metrics") {
		c.Worker.Metrics = flags.Worker.Metrics
	}
	if changed("concurrency") {
		c.Worker.Concurrency = flags.Worker.Concurrency
	}
	return c, c.Validate()
}

func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fault.New(fault.Invalid, "%v.", err)
		}
		return nil
	}
}

// ended is err, or nil if it only says that the process was told to stop.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Sentence returns what is printed of an error that ends a process, with its
// cause: who starts a process may see it all.
func Sentence(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok:
		return err.Error()
	case f.Err == nil:
		return f.Msg
	}
	return strings.TrimSuffix(f.Msg, ".") + ": " + f.Err.Error()
}

// Logger returns the logger of a process. Its level can be changed.
func Logger(w io.Writer, level slog.Level) *slog.Logger { return logs.New(w, level, trace.LogAttrs) }

// version is set by the linker where a build cannot see the repository, as in an
// image.
var version string

// Version returns the version of this binary, from its build info: a module
// version, or the commit.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

// BuiltAt returns when this binary was built: the time of its commit, else
// that of its file. Of two builds of one worker the newer is believed.
func BuiltAt() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return t
			}
		}
	}
	if path, err := os.Executable(); err == nil {
		if stat, err := os.Stat(path); err == nil {
			return stat.ModTime().UTC()
		}
	}
	return time.Time{}
}
