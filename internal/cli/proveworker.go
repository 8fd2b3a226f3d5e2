package cli

import (
	"context"
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/prove"
)

// redisVariable hands what --redis says, which may hold a password, to a sandbox
// worker.
const redisVariable = "JOBCTL_PROVE_REDIS"

// proveWorkerCmd is what `jobctl prove` hurts. It ends when its input does, which
// is when its parent is gone.
func proveWorkerCmd(env *Env) *cobra.Command {
	d, file := prove.Desk{}, ""
	cmd := &cobra.Command{
		Use: "worker-process", Short: "Be a worker that jobctl prove hurts", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			go func() {
				defer cancel()
				_, _ = io.Copy(io.Discard, env.In) // nothing comes but the end
			}()
			return env.beProver(ctx, file, d)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "settings file")
	flags.StringVar(&d.Name, "name", "", "of this process")
	flags.StringVar(&d.Sink, "sink", "", "URL of the sink")
	flags.StringVar(&d.Handlers, "handlers", "", "file that handlers write to")
	return cmd
}

func (env *Env) beProver(ctx context.Context, file string, d prove.Desk) error {
	c, err := env.installation(file, env.Getenv(redisVariable))
	if err != nil {
		return err
	}
	all, err := prove.Tasks(d)
	if err != nil {
		return err
	}
	log := app.Logger(env.Err, c.Level())
	rdb, err := app.Connect(ctx, c, log)
	if err != nil {
		return err
	}
	defer rdb.Close()
	settings := config.Worker{Concurrency: prove.Concurrency, Drain: prove.Drain}
	return worker.Run(ctx, worker.Options{Redis: rdb, Queue: prove.Queue, Settings: settings, Log: log}, all...)
}

// spawn returns the command that runs this program as such a worker.
func (f *proveFlags) spawn(d prove.Desk) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self, "prove", "worker-process", "--config", f.config, "--name", d.Name, "--sink", d.Sink, "--handlers", d.Handlers)
	cmd.Env = append(os.Environ(), redisVariable+"="+f.redis)
	_, _ = cmd.StdinPipe() // closed with this process; without it the worker ends at once, and is missed
	return cmd
}
