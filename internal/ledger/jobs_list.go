package ledger

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The sizes of a list of jobs.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// Jobs returns the jobs that f chooses, newest first, as far as [Ledger.Search]
// looks.
func (l *Ledger) Jobs(ctx context.Context, f job.Filter) ([]job.Job, error) {
	found, err := l.Search(ctx, f)
	return found.Jobs, err
}

// A walk is what a list of jobs reads: the newest jobs along an index, until
// there are enough. Which index is told to the database, because it cannot know
// that few jobs are waiting or failed and nearly all have succeeded:
//
//   - jobs in one state walk the index of states, several states are walked
//     apart and merged;
//   - jobs that succeeded, and jobs in any state, walk the index of the filter
//     that chooses the fewest;
//   - jobs with errors and jobs that failed walk the index of troubled jobs, and
//     that of the troubled jobs of a filter if there is one.
type walk struct {
	states  []job.State
	filters []filter
	errors  bool
	bounds  []string // conditions of when jobs were created, which every index knows
	narrows []string // conditions that no index knows: one walk looks at each job
	found   string   // the condition that a search came up with the job; empty: none was made
	args    []any
	limit   int
}

// A filter asks for a value of a column.
type filter struct{ column, arg string }

func (l *Ledger) walk(ctx context.Context, f job.Filter) (*walk, error) {
	w := &walk{states: f.States, errors: f.Errors, limit: min(cmp.Or(max(f.Limit, 0), defaultLimit), maxLimit)}
	w.equal("root", f.Root) // the first filter is the one that chooses the fewest
	w.equal("schedule", f.Schedule)
	w.equal("owner", f.Owner)
	if !strings.HasSuffix(f.Task, "*") {
		w.equal("task", f.Task)
	}
	w.equal("client", f.Client)
	before, err := l.place(ctx, f.Before)
	if err != nil {
		return nil, err
	}
	w.bound(f.Created, before)
	w.narrow(f, l.dialect)
	return w, nil
}

func (w *walk) equal(column, value string) {
	if value != "" {
		w.filters = append(w.filters, filter{column, w.arg(key(value))})
	}
}

func (w *walk) arg(value any) string {
	w.args = append(w.args, value)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *walk) query() (string, []any) {
	newest := fmt.Sprintf("ORDER BY created_at DESC, id DESC LIMIT %d", w.limit)
	var parts []string
	for _, where := range w.parts() {
		parts = append(parts, "SELECT id FROM (SELECT id FROM jobs WHERE "+strings.Join(where, " AND ")+" "+newest+") AS part")
	}
	return "SELECT " + jobColumns + " FROM jobs WHERE id IN (" + strings.Join(parts, " UNION ALL ") + ") " + newest, w.args
}

// parts returns the conditions of each walk.
func (w *walk) parts() (parts [][]string) {
	if w.found != "" || len(w.narrows) > 0 {
		return w.one()
	}
	filtered := len(w.filters) > 0
	if len(w.states) == 0 && filtered {
		return w.alongFilter("")
	}
	states := w.states
	if len(states) == 0 {
		states = job.States
	}
	for _, state := range states {
		if filtered && (state == job.Succeeded || w.troubled(state)) {
			parts = append(parts, w.alongFilter(state)...)
		} else {
			parts = append(parts, w.alongState(state))
		}
	}
	return parts
}

// troubled reports whether all jobs that are looked for in a state are troubled.
func (w *walk) troubled(state job.State) bool { return w.errors || state == job.Failed }

// alongState walks the index of states.
func (w *walk) alongState(state job.State) []string {
	where := []string{"state = " + w.arg(string(state))}
	if w.troubled(state) {
		where = append(where, "troubled = 1")
	}
	return append(where, w.aside(w.filters)...)
}

// alongFilter walks the index of the first filter, or that of its troubled jobs.
func (w *walk) alongFilter(state job.State) [][]string {
	first := w.filters[0]
	rest := w.aside(w.filters[1:])
	if state != "" {
		rest = append(rest, aside(filter{"state", w.arg(string(state))}))
	}
	where := first.column + " = " + first.arg
	switch first.column {
	case "root": // its index leaves out those that are their own root
		rest = append(rest, w.troubledAside(state)...)
		return [][]string{append([]string{where, "root <> id"}, rest...), append([]string{"id = " + first.arg, "root = id"}, rest...)}
	case "schedule":
		where += " AND schedule <> ''"
		rest = append(rest, w.troubledAside(state)...)
	default:
		where += w.beside(state)
	}
	return [][]string{append([]string{where}, rest...)}
}

// beside returns what else the index of the first filter can be asked for: that
// jobs are troubled, or the client beside the task.
func (w *walk) beside(state job.State) string {
	if w.troubled(state) {
		return " AND troubled = 1"
	}
	if w.filters[0].column == "task" && len(w.filters) > 1 {
		return " AND client = " + w.filters[1].arg
	}
	return ""
}

// troubledAside returns the condition that jobs are troubled, if they have to
// be, for a walk along an index that does not know.
func (w *walk) troubledAside(state job.State) []string {
	if w.troubled(state) {
		return []string{"troubled + 0 = 1"}
	}
	return nil
}

// aside returns the conditions that are looked at along the way.
func (w *walk) aside(filters []filter) []string {
	var where []string
	for _, f := range filters {
		where = append(where, aside(f))
	}
	return append(append(where, w.bounds...), w.narrows...)
}

// aside writes a condition so that no index of its column is taken.
func aside(f filter) string { return "(" + f.column + " || '') = " + f.arg }
