// Scheduler is the control plane of Beadle: it walks the timetable, keeps the
// ledger, and serves the API and the dashboard.
package main

import (
	"os"

	"github.com/beadle-jobs/beadle/internal/app/scheduler"
)

func main() { os.Exit(scheduler.Main()) }
