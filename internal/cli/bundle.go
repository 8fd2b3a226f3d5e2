package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/app/backup"
	"github.com/beadle-jobs/beadle/internal/bundle"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func bundleCmd(env *Env) *cobra.Command {
	var file string
	var logs []string
	cmd := &cobra.Command{
		Use:   "support-bundle FILE.zip",
		Short: "Collect what helpers need to know, without secrets and people",
		Long: `Support-bundle writes a zip that you can send to whoever helps you: versions,
settings, what the doctor finds, metrics, queues, workers, schedules, groups of
errors and how often people did what.

It shows no secrets, no arguments of jobs and nothing about people. Of settings it
shows numbers and hosts; of messages only words that every message may have. Logs
are in it if you name them, cut down in the same way. Look into it before you send
it: it has the names of your clients, tasks, schedules and machines.`,
		Example: `  jobctl support-bundle beadle.zip
  jobctl support-bundle beadle.zip --log /var/log/beadle/scheduler.log`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			contents, err := env.collected(cmd.Context(), file)
			if err != nil {
				return err
			}
			for _, path := range logs {
				log, err := os.Open(path)
				if err != nil {
					return fault.New(fault.Invalid, "The log %s cannot be read.", path).Because(err).In("log")
				}
				defer log.Close()
				contents.Logs = append(contents.Logs, log)
			}
			var names []string
			err = backup.Whole(args[0], func(w io.Writer) (err error) {
				names, err = bundle.Write(w, contents)
				return err
			})
			if err != nil {
				return err
			}
			return env.print(names, func() { env.say("%s has %s.", args[0], strings.Join(names, ", ")) })
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "settings file (default beadle.yaml, if there is one)")
	cmd.Flags().StringArrayVar(&logs, "log", nil, "log of a scheduler or worker; may be repeated")
	return cmd
}

// collected asks for all that a bundle holds. What cannot be had is missing: a
// bundle is wanted above all where something does not work.
func (env *Env) collected(ctx context.Context, file string) (b bundle.Contents, err error) {
	b.Missing = map[string]string{}
	ask := func(what string, err error) {
		if err != nil {
			b.Missing[what] = env.sentence(err)
		}
	}
	b.Facts, err = env.examined(ctx, file)
	ask("system", err)
	c := env.client()
	groups, err := c.ErrorGroups(ctx, client.ErrorFilter{Limit: bundle.Newest})
	b.Errors = groups.Groups
	ask("errors", err)
	audit, err := c.Audit(ctx, client.AuditFilter{Limit: bundle.Newest})
	b.Audit = audit.Entries
	ask("audit", err)
	b.Metrics, err = c.Metrics(ctx)
	ask("metrics", err)
	if file == "" {
		file = config.File()
	}
	b.Settings, err = config.Load(config.Default(), file, env.Environ)
	ask("settings", err)
	return b, ctx.Err()
}
