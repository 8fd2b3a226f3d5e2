package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisSectionsCmd(env *Env) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:               "sections SYNC",
		Short:             "List the sections of the SIS and the courses they are linked to",
		Example:           `  jobctl sis sections main --state available`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			all, err := env.client().Sections(cmd.Context(), names[0], state)
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printSections(all) })
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only linked, available, unlinked or gone ones")
	return cmd
}

func (env *Env) printSections(all []client.Section) {
	if len(all) == 0 {
		env.hint("There are no such sections.")
		return
	}
	t := env.table("section", "title", "code", "terms", "course", "link")
	for _, s := range all {
		course, link := linked(s)
		t.row(s.Key, s.Title, s.Code, strings.Join(s.Terms, ","), course, link)
	}
	t.end()
}

// linked says which course a section is linked to, and how.
func linked(s client.Section) (course, link string) {
	switch {
	case s.Gone:
		link = "gone"
	case s.Link == nil:
		link = "available"
	case !s.Link.Linked:
		link = "unlinked"
	default:
		link = string(s.Link.How)
	}
	if s.Link == nil {
		return "", link
	}
	if s.Link.Reason != "" {
		link += ": " + s.Link.Reason
	}
	return s.Link.Shortname, link
}
