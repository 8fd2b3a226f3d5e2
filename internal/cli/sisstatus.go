package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisStatusCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "status [SYNC]",
		Short: "Show how syncs stand, in numbers",
		Long: `Status counts, for each sync, people, sections, links, registrations and
messages by state, and the changes made in the LMS so far. In JSON and YAML it
is one object for a sync that is named, and a list of all otherwise.`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx, c := cmd.Context(), env.client()
			if len(names) == 1 {
				d, err := c.Sync(ctx, names[0])
				if err != nil {
					return err
				}
				return env.print(d.Status, func() { env.printStatus(d.Status) })
			}
			all, err := statuses(ctx, c)
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printStatuses(all) })
		},
	}
}

func statuses(ctx context.Context, c *client.Client) ([]client.Status, error) {
	syncs, err := c.Syncs(ctx)
	if err != nil {
		return nil, err
	}
	all := []client.Status{}
	for _, s := range syncs {
		d, err := c.Sync(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, d.Status)
	}
	return all, nil
}

func (env *Env) printStatuses(all []client.Status) {
	if len(all) == 0 {
		env.hint("The settings of the server name no syncs.")
	}
	for i, s := range all {
		if i > 0 {
			env.say("")
		}
		env.printStatus(s)
	}
}

func (env *Env) printStatus(s client.Status) {
	env.facts(
		"sync", s.Sync,
		"pulled", env.pulled(s.Pulls),
		"terms", fmt.Sprint(s.Terms),
		"people", fmt.Sprintf("%d known, %d gone, %d with an account", s.People.Known, s.People.Gone, s.People.Linked),
		"sections", fmt.Sprintf("%d known, %d gone, %d linked, %d to be linked", s.Sections.Known, s.Sections.Gone, s.Sections.Linked, s.Sections.Available),
		"links", counted(s.Links),
		"registrations", fmt.Sprintf("%d active, %d gone, %d waiting, %d held", s.Registrations.Active, s.Registrations.Gone, s.Registrations.Waiting, s.Registrations.Held),
		"enrolments", fmt.Sprintf("%d active, %d suspended", s.Enrolments.Active, s.Enrolments.Suspended),
		"changes made", counted(s.Effects),
		"messages", counted(s.Messages),
		"reasons", counted(s.Codes),
		"plan", env.planned(s.Plan),
	)
}

// counted lists what was counted, by name.
func counted[K ~string](counts map[K]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
		}
	}
	return strings.Join(parts, ", ")
}

// pulled says when the streams were read last, and what was odd.
func (env *Env) pulled(pulls []sync.Pull) string {
	var parts []string
	for _, p := range pulls {
		part := fmt.Sprintf("%s %s", p.Stream, env.ago(p.At))
		if p.Reason != "" {
			part += " (" + p.Reason + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func (env *Env) planned(p *client.Plan) string {
	if p == nil {
		return ""
	}
	parts := []string{fmt.Sprintf("%s, %s, made %s", p.State, count(p.Effects(), "change", "changes"), env.ago(p.Created))}
	for _, h := range p.Held {
		parts = append(parts, "held: "+h.Message)
	}
	return strings.Join(parts, "; ")
}
