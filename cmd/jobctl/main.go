// Command jobctl runs, watches and mends background jobs from a terminal.
package main

import (
	"context"
	"io"
	"os"

	"github.com/beadle-jobs/beadle/internal/app/dev"
	"github.com/beadle-jobs/beadle/internal/cli"
)

func main() {
	os.Exit(cli.Main(func(ctx context.Context, o cli.DevOptions, out io.Writer) error {
		return dev.Run(ctx, dev.Options{
			Listen: o.Listen, Data: o.Data, Config: o.Config, Demo: o.Demo, Redis: o.Redis, Ledger: o.Ledger, Environ: os.Environ(),
		}, out)
	}))
}
