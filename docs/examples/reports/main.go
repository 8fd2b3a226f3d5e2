// Reports is a worker with tasks of a school's own, in a repository of its own.
// Its jobs wait in the queue "reports", named after the program.
package main

import (
	"os"

	"github.com/beadle-jobs/beadle/pkg/worker"
)

func main() { os.Exit(worker.Main(Absences)) }
