package worker_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/worker"
)

// Args say which report to send.
type Args struct {
	Report string `json:"report" doc:"the report's name"`
}

// Report is a task: a value with a name, typed arguments and a function.
var Report = tasks.Spec[Args]{
	Name:      "report.send",
	Summary:   "Send a report to the people who subscribed to it.",
	Schedules: []tasks.Schedule[Args]{{Cron: "0 6 * * 1-5", Zone: "Europe/Madrid", Args: Args{Report: "absences"}}},
	Timeout:   10 * time.Minute,
	Reads:     func(Args) []string { return []string{"enrolments"} },
	Run: func(ctx context.Context, job *tasks.Job[Args]) error {
		for address := range tasks.Track(job, "mails", subscribers(job.Args.Report)) {
			if err := send(ctx, address); err != nil {
				job.Error(address, "MAIL_REFUSED", err.Error())
			}
		}
		return nil
	},
}

func subscribers(string) []string { return []string{"dean", "registrar"} }

func send(_ context.Context, to string) error {
	fmt.Println("sent to", to)
	return nil
}

// A worker of your own: its main function is one line.
func ExampleMain() {
	main := func() { os.Exit(worker.Main(Report)) }
	_ = main
	// This example is compiled, and not run: a worker runs until it is told to stop.
}
