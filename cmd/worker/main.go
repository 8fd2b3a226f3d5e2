// Worker runs the jobs of the tasks that come with Beadle, as many at a time
// as it is told to. Start as many workers as there is work.
package main

import (
	"os"

	"github.com/beadle-jobs/beadle/internal/app/builtin"
	"github.com/beadle-jobs/beadle/internal/app/worker"
)

func main() { os.Exit(worker.Main(builtin.Provide)) }
