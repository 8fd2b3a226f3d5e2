package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func sisMessagesCmd(env *Env) *cobra.Command {
	var (
		f             client.MessageFilter
		stream, state string
	)
	cmd := &cobra.Command{
		Use:   "messages SYNC",
		Short: "List what the SIS sent and what became of it, newest first",
		Example: `  jobctl sis messages main --state rejected
  jobctl sis messages main --code SECTION_UNLINKED
  jobctl sis messages main --person 100234`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			f.Sync, f.Stream, f.State = names[0], sis.Stream(stream), sync.MessageState(state)
			list, err := env.client().Messages(cmd.Context(), f)
			if err != nil {
				return err
			}
			return env.print(list, func() { env.printMessages(list) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&stream, "stream", "", "only terms, persons, sections or registrations")
	flags.StringVar(&state, "state", "", "only messages in this state, such as waiting or rejected")
	flags.StringVar(&f.Code, "code", "", "only messages with this code, such as BAD_DATE")
	flags.StringVar(&f.Term, "term", "", "only sections and registrations of the term with this id")
	flags.StringVar(&f.Section, "section", "", "only what is about the section with this id")
	flags.StringVar(&f.Person, "person", "", "only what is about the person with this id")
	flags.StringVar(&f.Run, "run", "", "only what the run with this id received")
	flags.StringVar(&f.Text, "search", "", "only records whose id contains this")
	flags.IntVar(&f.Limit, "limit", 0, "how many at most (default 50)")
	flags.StringVar(&f.Before, "before", "", "go on after the message with this id")
	return cmd
}

func (env *Env) printMessages(list client.MessageList) {
	if len(list.Messages) > 0 {
		t := env.table("message", "where", "record", "stream", "says", "state", "code", "reason")
		for _, m := range list.Messages {
			t.row(m.ID, m.Where, m.Key, string(m.Stream), string(m.Op), string(m.State), m.Code, m.Reason)
		}
		t.end()
	} else {
		env.hint("There are no such messages.")
	}
	if list.Next != "" {
		env.hint("There may be more: --before %s", list.Next)
	}
	env.hint("In all: %s.", tally(list.Counts))
	if since, n := oldestStuck(list.Counts); n > 0 {
		env.hint("The oldest that waits, is held or was rejected came %s.", env.ago(since))
	}
}

// oldestStuck returns since when a message waits for something, and how many do.
func oldestStuck(counts []sync.MessageCount) (since time.Time, n int64) {
	for _, c := range counts {
		if c.State != sync.Waiting && c.State != sync.Held && c.State != sync.Rejected && c.State != sync.Dead {
			continue
		}
		if n += c.Count; since.IsZero() || c.Oldest.Before(since) {
			since = c.Oldest
		}
	}
	return since, n
}

// tally says how many messages there are in each state for each reason.
func tally(counts []sync.MessageCount) string {
	n := map[string]int64{}
	var order []string
	for _, c := range counts {
		word := strings.TrimSpace(string(c.State) + " " + c.Code)
		if n[word] == 0 {
			order = append(order, word)
		}
		n[word] += c.Count
	}
	for i, word := range order {
		order[i] = fmt.Sprintf("%d %s", n[word], word)
	}
	if len(order) == 0 {
		return "none"
	}
	return strings.Join(order, ", ")
}
