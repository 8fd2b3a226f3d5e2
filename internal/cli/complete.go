package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// A completion offers the names that a shell completes an argument with.
type completion = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// complete offers names for the first argument. A server that is away offers
// none: a shell has nowhere to show an error.
func (env *Env) complete(names func(context.Context, *client.Client) ([]string, error)) completion {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, err := names(cmd.Context(), env.client())
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

func taskNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Tasks(ctx)
	return namesOf(all, func(t client.Task) string { return t.Name + "\t" + t.Summary }), err
}

func scheduleNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Schedules(ctx)
	return namesOf(all, func(s client.Schedule) string { return s.Name }), err
}

func calendarNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Calendars(ctx)
	return namesOf(all, func(o client.Calendar) string { return o.Name + "\t" + o.Title }), err
}

func clientNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Clients(ctx)
	return namesOf(all, func(o client.Organisation) string { return o.Name + "\t" + o.Title }), err
}

func syncNames(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Syncs(ctx)
	return namesOf(all, func(s client.Sync) string { return s.Name }), err
}

// openJobs returns the ids of jobs that have not ended; recentJobs of any.
func openJobs(ctx context.Context, c *client.Client) ([]string, error) {
	return jobIDs(ctx, c, client.Filter{States: []client.State{"scheduled", "waiting", "queued", "running", "retrying", "held"}})
}

func runningJobs(ctx context.Context, c *client.Client) ([]string, error) {
	return jobIDs(ctx, c, client.Filter{States: []client.State{"running"}})
}

func recentJobs(ctx context.Context, c *client.Client) ([]string, error) {
	return jobIDs(ctx, c, client.Filter{})
}

func jobIDs(ctx context.Context, c *client.Client, f client.Filter) ([]string, error) {
	list, err := c.Jobs(ctx, f)
	return namesOf(list.Jobs, func(j client.Job) string { return j.ID + "\t" + j.Task + " " + string(j.State) }), err
}

func namesOf[T any](all []T, name func(T) string) (names []string) {
	for _, one := range all {
		names = append(names, name(one))
	}
	return names
}
