package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/job"
)

// completeFilter offers the words of the filter language, and what some of them
// can be.
func (env *Env) completeFilter(cmd *cobra.Command, _ []string, begun string) (offers []string, _ cobra.ShellCompDirective) {
	before, last := begun[:lastWord(begun)], begun[lastWord(begun):]
	for _, word := range env.filterWords(cmd.Context(), last) {
		if strings.HasPrefix(word, last) {
			offers = append(offers, before+word)
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// lastWord is where the word begins that is being typed.
func lastWord(text string) int { return strings.LastIndexByte(text, ' ') + 1 }

// filterWords returns what may stand where a word has begun so.
func (env *Env) filterWords(ctx context.Context, begun string) (words []string) {
	word, _, named := strings.Cut(begun, ":")
	switch {
	case !named:
		for _, w := range job.FilterWords {
			words = append(words, w.Word+"\t"+w.Asks)
		}
		return words
	case word == "state":
		return prefixed("state:", namesOf(job.States, func(s job.State) string { return string(s) }), nil)
	case word == "task":
		names, err := taskNames(ctx, env.client())
		return prefixed("task:", names, err)
	case word == "client":
		names, err := clientNames(ctx, env.client())
		return prefixed("client:", names, err)
	case word == "schedule":
		names, err := scheduleNames(ctx, env.client())
		return prefixed("schedule:", names, err)
	case word == "queue":
		names, err := queueNames(ctx, env.client())
		return prefixed("queue:", names, err)
	}
	return nil
}

// prefixed returns names with what stands before them; none where they could not
// be asked for: a shell has nowhere to show an error.
func prefixed(word string, names []string, err error) []string {
	if err != nil {
		return nil
	}
	names = slices.Clone(names)
	for i := range names {
		names[i] = word + names[i]
	}
	return names
}
