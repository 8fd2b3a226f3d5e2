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

// Jobs returns the jobs that f chooses, newest first.
func (l *Ledger) Jobs(ctx context.Context, f job.Filter) ([]job.Job, error) {
	if f.Within != nil {
		return l.jobsWithin(ctx, f)
	}
	w, err := l.walk(ctx, f)
	if err != nil {
		return nil, err
	}
	query, args := w.query()
	jobs, err := list(ctx, l.read, scanJob, query, args...)
	return jobs, wrap(err, "list jobs")
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
	before  string // a condition; empty at the newest job
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
	w.equal("task", f.Task)
	w.equal("client", f.Client)
	if f.Before == "" {
		return w, nil
	}
	last, err := l.Job(ctx, f.Before)
	if err != nil {
		return nil, err
	}
	w.before = fmt.Sprintf("(created_at, id) < (%s, %s)", w.arg(millis(last.Created)), w.arg(last.ID))
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
		where += w.narrow(state)
	}
	return [][]string{append([]string{where}, rest...)}
}

// narrow returns what else the index of the first filter can be asked for: that
// jobs are troubled, or the client beside the task.
func (w *walk) narrow(state job.State) string {
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
	if w.before != "" {
		where = append(where, w.before)
	}
	return where
}

// aside writes a condition so that no index of its column is taken.
func aside(f filter) string { return "(" + f.column + " || '') = " + f.arg }
