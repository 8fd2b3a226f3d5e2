package auth

import (
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// MayGive reports whether w has every right that g gives, over all that g is
// over. Nobody gives more than they have.
func (w Who) MayGive(g Grant) bool {
	all, known := rights[g.Role]
	for _, r := range all {
		if !slices.ContainsFunc(w.reach(r), func(own Grant) bool { return own.covers(g) }) {
			return false
		}
	}
	return known
}

// covers reports whether all that other is over is in g too, whatever the roles.
func (g Grant) covers(other Grant) bool {
	if g.Client != "" && g.Client != other.Client {
		return false
	}
	begin, open := strings.CutSuffix(other.Tasks, "*")
	switch {
	case g.Tasks == "" || g.Tasks == "*" || g.Tasks == other.Tasks:
		return true
	case other.Tasks == "":
		return false
	case open:
		return strings.HasSuffix(g.Tasks, "*") && strings.HasPrefix(begin, strings.TrimSuffix(g.Tasks, "*"))
	}
	return job.Reach{Tasks: g.Tasks}.Fits("", other.Tasks, "")
}

// ParseGrant reads what [Grant.String] writes, so that people type a grant as
// they read it.
func ParseGrant(text string) (Grant, error) {
	head, tasks, _ := strings.Cut(text, ", tasks ")
	role, client, _ := strings.Cut(head, " of ")
	g := Grant{Role: Role(strings.TrimSpace(role)), Client: strings.TrimSpace(client), Tasks: strings.TrimSpace(tasks)}
	return g, ValidGrants([]Grant{g})
}

// Words are grants as people read them, one after the other.
func Words(grants []Grant) []string {
	words := make([]string, len(grants))
	for i, g := range grants {
		words[i] = g.String()
	}
	return words
}
