// Jobctl runs, watches and mends background jobs from a terminal, and with
// `jobctl dev` runs the whole of Beadle in one process.
package main

import (
	"os"

	"github.com/beadle-jobs/beadle/internal/cli"
)

func main() { os.Exit(cli.Main()) }
