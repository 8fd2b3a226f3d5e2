package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func jobsCmd(env *Env) *cobra.Command {
	var (
		f      client.Filter
		states []string
		filter string
		quiet  bool
	)
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "List jobs, newest first",
		Example: `  jobctl jobs --state running,retrying
  jobctl jobs --filter 'state:failed task:sis.* run>5m "no course"'
  jobctl jobs --state queued -q`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, s := range states {
				f.States = append(f.States, client.State(s))
			}
			f, err := alsoFilter(f, filter)
			if err != nil {
				return err
			}
			list, err := env.client().Jobs(cmd.Context(), f)
			if err != nil {
				return err
			}
			if quiet {
				env.printIDs(list.Jobs)
				return nil
			}
			return env.print(list, func() { env.printJobs(list) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&filter, "filter", "", "a filter as on the pages: state:failed run>5m, and words to search for")
	_ = cmd.RegisterFlagCompletionFunc("filter", env.completeFilter) // fails only for a flag that is not there
	flags.StringSliceVar(&states, "state", nil, "only these states, separated by commas")
	flags.StringVar(&f.Task, "task", "", "only jobs of this task")
	flags.StringVar(&f.Client, "client", "", "only jobs of this client")
	flags.StringVar(&f.Owner, "owner", "", "only jobs that this one started: “operator”, “schedule NAME”, “job ID”")
	flags.StringVar(&f.Root, "root", "", "only the lineage that began with this job")
	flags.StringVar(&f.Schedule, "schedule", "", "only jobs of this schedule")
	flags.BoolVar(&f.Errors, "errors", false, "only jobs with record errors, or that failed")
	flags.IntVar(&f.Limit, "limit", 0, "how many at most (default 50)")
	flags.StringVar(&f.Before, "before", "", "go on after the job with this id")
	flags.BoolVarP(&quiet, "quiet", "q", false, "print ids only")
	return cmd
}

// alsoFilter adds what a filter says to what the other flags do.
func alsoFilter(f client.Filter, text string) (client.Filter, error) {
	if text == "" {
		return f, nil
	}
	both, err := job.ParseFilter(f.String() + " " + text)
	both.Before, both.Limit = f.Before, f.Limit
	return both, err
}

func (env *Env) printIDs(jobs []client.Job) {
	for _, j := range jobs {
		fmt.Fprintln(env.Out, j.ID)
	}
}

func (env *Env) printJobs(list client.JobList) {
	if list.Notice != "" {
		env.hint("%s", list.Notice)
	}
	if len(list.Jobs) == 0 {
		env.hint("There are no such jobs.")
		return
	}
	remarks := slices.ContainsFunc(list.Jobs, func(j client.Job) bool { return standing(j) != "" })
	tags := slices.ContainsFunc(list.Jobs, func(j client.Job) bool { return len(j.Tags) > 0 })
	head := []string{"job", "task", "state", "progress", "errors", "created", "description"}
	if tags {
		head = append(head, "tags")
	}
	if remarks {
		head = append(head, "remark")
	}
	t := env.table(head...)
	for _, j := range list.Jobs {
		row := []string{j.ID, j.Task, stateWord(j), progress(j), number(j.Errors), env.ago(j.Created), j.Description}
		if tags {
			row = append(row, strings.Join(j.Tags, " "))
		}
		if remarks {
			row = append(row, standing(j))
		}
		t.row(row...)
	}
	t.end()
	if list.Next != "" {
		env.hint("There may be more: --before %s", list.Next)
	}
}

func stateWord(j client.Job) string {
	switch {
	case j.Stuck:
		return "stuck"
	case j.Aborting:
		return "aborting"
	}
	return string(j.State)
}

// number leaves zeros out: what is there stands out.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
