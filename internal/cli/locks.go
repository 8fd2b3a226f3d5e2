package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func locksCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "locks",
		Short: "List the resources that jobs hold, and who stands in line for them",
		Long: `Locks lists every resource that a job holds or waits for: first the jobs that
hold it, then those in line, in the order in which they will get it. A resource
is written client/name; client/* is everything of a client, and /name belongs to
the whole platform.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Locks(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printLocks(all) })
		},
	}
	cmd.AddCommand(locksBreakCmd(env))
	return cmd
}

// fewWaiters is how many of those in line a table shows for each resource.
const fewWaiters = 20

func (env *Env) printLocks(all []client.Lock) {
	if len(all) == 0 {
		env.hint("Nothing is locked.")
		return
	}
	t := env.table("resource", "state", "mode", "job", "task", "since")
	for _, l := range all {
		for _, h := range l.Holders {
			t.row(l.Resource, "holds", h.Mode, h.JobID, h.Task, env.ago(h.Since))
		}
		for _, w := range l.Waiters[:min(len(l.Waiters), fewWaiters)] {
			t.row(l.Resource, "waits", w.Mode, w.JobID, w.Task, env.ago(w.Since))
		}
		if more := len(l.Waiters) - fewWaiters; more > 0 {
			t.row(l.Resource, fmt.Sprintf("… and %d more", more))
		}
	}
	t.end()
}

func locksBreakCmd(env *Env) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "break JOB",
		Short: "Take the locks of a running job away",
		Long: `Break takes away what a running job holds: those in line get it, and the job
begins again. Its code may still run; what it writes through Beadle from then on
is refused, what it does elsewhere is not. The reason is kept in the job's
history.`,
		Example:           `  jobctl locks break 019a0000-0000-7000-8000-000000000001 --reason "the LMS was restored from a backup"`,
		ValidArgsFunction: env.complete(runningJobs),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if strings.TrimSpace(reason) == "" {
				return fault.New(fault.Invalid, "--reason is required: the job's history keeps it").In("reason")
			}
			if !yes && !env.agrees("Break the locks of job %s?", ids[0]) {
				return fault.New(fault.Conflict, "nothing was changed")
			}
			j, err := env.client().BreakLocks(cmd.Context(), ids[0], reason)
			if err != nil {
				return err
			}
			return env.print(j, func() { env.say("The locks of job %s are broken; it is %s.", j.ID, j.State) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; required")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// agrees asks whoever sits at the terminal. A script is not asked: it has said
// what it wants.
func (env *Env) agrees(format string, args ...any) bool {
	if !env.Terminal {
		return true
	}
	fmt.Fprintf(env.Err, format+" [y/N] ", args...)
	answer, _ := bufio.NewReader(env.In).ReadString('\n') // no answer is a no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// waitsFor says what a job waits for and where to look, for the facts of it.
func waitsFor(j client.Job) string {
	if j.Waiting == nil || j.State.Final() {
		return ""
	}
	text := j.Waiting.For
	if j.Waiting.Holder != "" {
		text = strings.TrimSpace(text + " held by " + j.Waiting.Holder + " " + j.Waiting.Task)
	}
	return text
}

// troubles are what is wrong with a job that runs, in words.
func troubles(j client.Job) string {
	var all []string
	if j.Stuck {
		all = append(all, "stuck: told to stop more than 30 s ago, its code still runs")
	}
	if j.Crashes > 0 && !j.State.Final() {
		all = append(all, count(int64(j.Crashes), "worker", "workers")+" died under it in a row")
	}
	return strings.Join(all, "; ")
}

// standing is the remark on a job in a list: why it waits, what is wrong.
func standing(j client.Job) string {
	if t := troubles(j); t != "" {
		return t
	}
	if j.State == job.Waiting {
		return j.Reason
	}
	return ""
}
