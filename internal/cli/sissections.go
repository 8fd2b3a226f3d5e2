package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisSectionsCmd(env *Env) *cobra.Command {
	var (
		f     client.SectionFilter
		state string
	)
	cmd := &cobra.Command{
		Use:   "sections SYNC",
		Short: "List the sections of the SIS and the courses they are linked to",
		Example: `  jobctl sis sections main --state available
  jobctl sis sections main --term 2026FA --search algebra`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			f.Sync, f.State = names[0], sync.SectionState(state)
			list, err := env.client().Sections(cmd.Context(), f)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printSections(list) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&state, "state", "", "only linked, available, suspected, waiting, unlinked or gone ones")
	flags.StringVar(&f.Term, "term", "", "only sections of the term with this id")
	flags.StringVar(&f.Text, "search", "", "only sections whose id, title or class code contains this")
	flags.IntVar(&f.Limit, "limit", 0, "how many at most (default 50)")
	flags.StringVar(&f.After, "after", "", "go on after the section with this id")
	return cmd
}

func (env *Env) printSections(list client.SectionList) {
	if len(list.Sections) > 0 {
		t := env.table("section", "title", "code", "terms", "course", "state", "why")
		for _, s := range list.Sections {
			t.row(s.Key, s.Title, s.Code, strings.Join(s.Terms, ","), courseOf(s), string(s.State), whyOf(s))
		}
		t.end()
	} else {
		env.hint("There are no such sections.")
	}
	if list.Next != "" {
		env.hint("There may be more: --after %s", list.Next)
	}
	if n := list.Counts[sync.SectionSuspected]; n > 0 {
		env.hint("%s may be ones that are gone, under new ids; see: jobctl sis rekeys", count(n, "section", "sections"))
	}
}

func courseOf(s client.Section) string {
	if s.Link == nil {
		return ""
	}
	return s.Link.Shortname
}

// whyOf says how a section came by its course, or why it has none.
func whyOf(s client.Section) string {
	switch {
	case s.Reason != "":
		return s.Reason
	case s.Link == nil:
		return ""
	case s.Link.Reason != "":
		return string(s.Link.How) + ": " + s.Link.Reason
	}
	return string(s.Link.How)
}
