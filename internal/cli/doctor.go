package cli

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/doctor"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func doctorCmd(env *Env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that can be wrong, and say how to cure it",
		Long: `Doctor looks at Redis (what it keeps, drops and holds), the ledger, the clocks,
time zones and versions, and at what does not move: workers that went silent,
queues that nobody reads, schedules whose tasks no worker brings, slots that were
missed, locks of nobody. Each line is ok, warn or fail, and says what to do.

The exit code is 1 if anything fails.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			facts, err := env.examined(cmd.Context(), file)
			if err != nil {
				return err
			}
			found := doctor.Examine(facts)
			if err := env.print(found, func() { env.printFindings(found) }); err != nil {
				return err
			}
			if doctor.Worst(found) == doctor.Fail {
				return fault.New(fault.Internal, "Something is wrong: see the lines that say fail.")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "settings file whose secrets are looked at (default beadle.yaml, if there is one)")
	return cmd
}

func (env *Env) printFindings(all []doctor.Finding) {
	t := env.table("", "check", "finding")
	for _, f := range all {
		t.row(string(f.Level), f.Check, f.Sentence)
	}
	t.end()
}

// dayOfSlots is how many slots of a schedule are looked at, the newest; the
// finding says so.
const dayOfSlots = 500

// examined asks the server for all that the doctor wants to know. What it does
// not tell is unknown; that it does not answer is an error.
func (env *Env) examined(ctx context.Context, file string) (f doctor.Facts, err error) {
	c := env.client()
	f.Version, f.Now, f.Unknown = env.Version, env.Now(), map[string]string{}
	if f.System, err = c.System(ctx); err != nil {
		return f, err
	}
	f.Server = env.serverTime(ctx)
	ask := func(check string, err error) {
		if err != nil {
			f.Unknown[check] = env.sentence(err)
		}
	}
	f.Workers, err = c.Workers(ctx)
	ask("workers", err)
	f.Queues, err = c.Queues(ctx)
	ask("queues", err)
	f.Schedules, err = c.Schedules(ctx)
	ask("schedules", err)
	f.Slots, err = env.lateSlots(ctx, f)
	ask("slots", err)
	f.Locks, err = c.Locks(ctx)
	ask("locks", err)
	f.Files, err = env.secretFiles(file)
	ask("secrets", err)
	return f, ctx.Err()
}

// lateSlots returns the slots of the last day, of schedules that are on.
func (env *Env) lateSlots(ctx context.Context, f doctor.Facts) (all []client.Slot, err error) {
	for _, s := range f.Schedules {
		if !s.Enabled {
			continue
		}
		some, err := env.client().Slots(ctx, s.Name, f.Now.Add(-24*time.Hour), f.Now, dayOfSlots)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// serverTime is what the server's clock says, and zero if it does not tell.
func (env *Env) serverTime(ctx context.Context) time.Time {
	at, err := env.locate()
	if err != nil {
		return time.Time{}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Server+"/healthz", nil)
	if err != nil {
		return time.Time{}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return time.Time{}
	}
	answer.Body.Close()
	date, _ := http.ParseTime(answer.Header.Get("Date"))
	return date
}

// secretFiles looks at the files of this machine that hold secrets.
func (env *Env) secretFiles(file string) (all []doctor.File, err error) {
	if file == "" {
		file = config.File()
	}
	c, err := config.Load(config.Default(), file, env.Environ)
	if err != nil {
		return nil, err
	}
	for _, path := range c.SecretFiles() {
		if info, err := os.Stat(path); err == nil {
			all = append(all, doctor.File{Path: path, Open: info.Mode().Perm()&0o004 != 0 && reached(path)})
		}
	}
	return all, nil
}

// reached reports whether everybody may pass the folders above a file. Where it
// cannot be told, they may.
func reached(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return true
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		if info, err := os.Stat(folder); err == nil && info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if folder == filepath.Dir(folder) {
			return true
		}
	}
}
