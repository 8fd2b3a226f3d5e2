package cli

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/prove"
)

// proveFlags are what `jobctl prove` was asked for.
type proveFlags struct {
	redis, config string
	only, skip    []string
	report        string
	options       prove.Options
}

func proveCmd(env *Env) *cobra.Command {
	f := &proveFlags{}
	cmd := &cobra.Command{
		Use:   "prove",
		Short: "Prove on this installation that nothing is lost, doubled or overlapping when things break",
		Long: `Prove breaks things on the installation that it is pointed at, and judges: in a
sandbox of its own, with worker processes that it starts here. It kills them,
freezes one past its lease, tells them to stop, and takes the lead away from the
scheduler that has it; Redis is restarted only by the command that is given.
Jobs, workers, queues and clients of others are not touched. While there is no
leader, for up to 4 s, no schedule starts jobs.

It needs the rights of a superadmin, and the Redis of the installation: that of
--redis, or else of the settings. At the end it removes what it made; the client
“prove” stays, switched off, and its jobs are deleted after a day.

The exit code is 1 if a promise was broken.`,
		Example: `  jobctl prove
  jobctl prove --only kill,drain --jobs 200 --span 40s
  jobctl prove --allow-redis-restart "systemctl restart redis" --report proof.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return env.prove(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.redis, "redis", "", "URL of the installation's Redis (default: that of the settings)")
	flags.StringVar(&f.config, "config", "", "settings file of the installation (default beadle.yaml, if there is one)")
	flags.StringSliceVar(&f.only, "only", nil, "do only these steps: "+strings.Join(prove.Steps(), ", "))
	flags.StringSliceVar(&f.skip, "skip", nil, "leave these steps out")
	flags.IntVar(&f.options.Jobs, "jobs", 500, "jobs of all steps together")
	flags.DurationVar(&f.options.Span, "span", 90*time.Second, "how long all steps together enqueue and break things, about")
	flags.Uint64Var(&f.options.Seed, "seed", 0, "of the load; 0: by chance")
	flags.StringVar(&f.options.Restart, "allow-redis-restart", "", "shell command that restarts Redis; without it Redis is left alone")
	flags.StringVar(&f.report, "report", "", "write the signed report to this file")
	cmd.AddCommand(proveVerifyCmd(env), proveWorkerCmd(env))
	return cmd
}

// check says which steps are wanted, and refuses what makes no sense.
func (f *proveFlags) check() error {
	for name, list := range map[string][]string{"only": f.only, "skip": f.skip} {
		for _, step := range list {
			if !slices.Contains(prove.Steps(), step) {
				return fault.New(fault.Invalid, "--%s: there is no step %q; there are %s", name, step, strings.Join(prove.Steps(), ", ")).In(name)
			}
		}
	}
	if f.options.Jobs < 1 || f.options.Jobs > 100_000 {
		return fault.New(fault.Invalid, "--jobs must be 1 to 100000, not %d", f.options.Jobs).In("jobs")
	}
	if f.options.Span < 10*time.Second || f.options.Span > 12*time.Hour {
		return fault.New(fault.Invalid, "--span must be 10s to 12h, not %s", f.options.Span).In("span")
	}
	f.options.Steps = slices.DeleteFunc(prove.Steps(), func(step string) bool {
		return len(f.only) > 0 && !slices.Contains(f.only, step) || slices.Contains(f.skip, step)
	})
	if len(f.options.Steps) == 0 {
		return fault.New(fault.Invalid, "--only and --skip leave no step").In("skip")
	}
	return nil
}

// prove makes the proof and prints what it found.
func (env *Env) prove(ctx context.Context, f *proveFlags) (err error) {
	key, err := env.proofKey()
	if err != nil {
		return err
	}
	o := f.options
	c, err := env.installation(f.config, f.redis)
	if err != nil {
		return err
	}
	if o.Redis, err = app.Dial(c); err != nil {
		return err
	}
	defer o.Redis.Close()
	if o.Seed == 0 {
		o.Seed = uint64(env.Now().UnixNano() % 1_000_000)
	}
	o.API, o.Version, o.Say, o.Worker = env.client(), env.Version, env.hint, f.spawn
	o.Log = slog.New(slog.NewTextHandler(env.Err, &slog.HandlerOptions{Level: slog.LevelError}))
	report, err := prove.Run(ctx, o)
	for _, left := range report.Left {
		env.hint("Left behind: %s", left)
	}
	if err != nil {
		return err
	}
	return env.answerProof(report, key, f.report)
}

// answerProof prints the report, and writes it down signed.
func (env *Env) answerProof(r prove.Report, key ed25519.PrivateKey, file string) error {
	signed, err := prove.Sign(r, key)
	if err != nil {
		return err
	}
	if file != "" {
		raw, err := json.MarshalIndent(signed, "", "  ")
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
			return fault.New(fault.Invalid, "The report cannot be written to %s.", file).In("report").Because(err)
		}
	}
	if err := env.print(signed, func() { env.printProof(r, signed.Signature) }); err != nil || r.Kept {
		return err
	}
	return errors.New("a promise was broken; the report says which")
}

// installation is the settings of the installation, with another Redis if one is
// named.
func (env *Env) installation(file, redis string) (config.Config, error) {
	if file == "" {
		file = config.File()
	}
	c, err := config.Load(config.Default(), file, env.Environ)
	if redis != "" {
		c.Redis, c.RedisFile = redis, ""
	}
	return c, err
}

// proofKey is the key of this person, made when it is needed first.
func (env *Env) proofKey() (ed25519.PrivateKey, error) {
	if env.Folder == "" {
		return nil, fault.New(fault.Invalid, "there is no folder for the key that signs reports; set HOME or XDG_CONFIG_HOME")
	}
	return prove.Key(env.proofKeyFile())
}

func (env *Env) proofKeyFile() string { return filepath.Join(env.Folder, "prove.key") }

// isOwnKey reports whether this person has the key of that fingerprint.
func (env *Env) isOwnKey(fingerprint string) bool {
	if _, err := os.Stat(env.proofKeyFile()); env.Folder == "" || errors.Is(err, fs.ErrNotExist) {
		return false
	}
	key, err := prove.Key(env.proofKeyFile())
	return err == nil && prove.Fingerprint(key.Public().(ed25519.PublicKey)) == fingerprint
}
