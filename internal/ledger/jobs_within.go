package ledger

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// searchWithin searches for the jobs that f chooses among those of its reaches.
// Each reach becomes plain filters, which all have an index to walk; what they
// find is merged, as far as each of them has looked.
func (l *Ledger) searchWithin(ctx context.Context, f job.Filter) (merged job.Found, err error) {
	parts, err := l.narrowed(ctx, f)
	if err != nil {
		return merged, wrap(err, "list jobs")
	}
	var end job.Place
	for _, part := range parts {
		found, err := l.Search(ctx, part)
		if err != nil {
			return merged, err
		}
		merged.Jobs, merged.Searched = append(merged.Jobs, found.Jobs...), max(merged.Searched, found.Searched)
		if p, ok, _ := job.ParseCursor(found.Next); ok && behind(end, p) {
			end = p
		}
	}
	if end.ID != "" {
		merged.Next = end.Cursor()
		merged.Jobs = slices.DeleteFunc(merged.Jobs, func(j job.Job) bool { return behind(job.PlaceOf(j), end) })
	}
	limit := min(cmp.Or(max(f.Limit, 0), defaultLimit), maxLimit)
	if merged.Jobs = newestOf(merged.Jobs, limit); len(merged.Jobs) == limit {
		merged.Next, merged.Searched = job.PlaceOf(merged.Jobs[limit-1]).Cursor(), 0
	}
	return merged, nil
}

// behind reports whether p comes behind q in a list.
func behind(p, q job.Place) bool {
	return cmp.Or(p.Created.Compare(q.Created), cmp.Compare(p.ID, q.ID)) < 0
}

// newestOf returns the newest jobs, each of them once.
func newestOf(all []job.Job, most int) []job.Job {
	slices.SortFunc(all, func(a, b job.Job) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	all = slices.CompactFunc(all, func(a, b job.Job) bool { return a.ID == b.ID })
	return all[:min(len(all), most)]
}

// narrowed returns filters without reaches that choose together what f does.
func (l *Ledger) narrowed(ctx context.Context, f job.Filter) ([]job.Filter, error) {
	var known []string
	if slices.ContainsFunc(f.Within, func(r job.Reach) bool { return strings.HasSuffix(r.Tasks, "*") }) {
		var err error
		if known, err = l.knownTasks(ctx); err != nil {
			return nil, err
		}
	}
	var parts []job.Filter
	for _, r := range f.Within {
		for _, task := range tasksOf(r, known) {
			part, ok := narrow(f, job.Reach{Client: r.Client, Tasks: task, Owner: r.Owner})
			if ok && !slices.ContainsFunc(parts, func(p job.Filter) bool { return sameScope(p, part) }) {
				parts = append(parts, part)
			}
		}
	}
	return parts, nil
}

func sameScope(a, b job.Filter) bool {
	return a.Client == b.Client && a.Task == b.Task && a.Owner == b.Owner
}

// tasksOf returns the tasks of a reach by name; an empty name is all of them.
func tasksOf(r job.Reach, known []string) (names []string) {
	if r.Tasks == "" || r.Tasks == "*" {
		return []string{""}
	}
	if !strings.HasSuffix(r.Tasks, "*") {
		return []string{r.Tasks}
	}
	for _, name := range known {
		if r.Fits(r.Client, name, r.Owner) {
			names = append(names, name)
		}
	}
	return names
}

// narrow returns f for the jobs of a reach only; false if there can be none.
func narrow(f job.Filter, r job.Reach) (job.Filter, bool) {
	f.Within = nil
	for _, pair := range [][2]*string{{&f.Client, &r.Client}, {&f.Task, &r.Tasks}, {&f.Owner, &r.Owner}} {
		asked, allowed := pair[0], *pair[1]
		if open := asked == &f.Task && strings.HasSuffix(*asked, "*"); open && (job.Reach{Tasks: *asked}).Fits("", allowed, "") {
			*asked = allowed
		}
		if *asked != "" && allowed != "" && *asked != allowed {
			return f, false
		}
		*asked = cmp.Or(*asked, allowed)
	}
	return f, true
}

// knownTasks returns the names of the tasks that there are jobs of. They are
// few, so that going from one to the next takes no time.
func (l *Ledger) knownTasks(ctx context.Context) ([]string, error) {
	return list(ctx, l.read, scanText, `WITH RECURSIVE known (task) AS (
			SELECT MIN(task) FROM jobs
			UNION ALL SELECT (SELECT MIN(task) FROM jobs WHERE task > known.task) FROM known WHERE known.task IS NOT NULL)
		SELECT task FROM known WHERE task IS NOT NULL`)
}

// countedUpTo is how many jobs of a person are counted exactly.
const countedUpTo = 10000

// CountsWithin is Counts of the jobs of some reaches. Jobs of a client or of
// tasks are counted exactly, those of an owner up to 10,000 and one more, which
// says that there are more. What two reaches have in common is counted once.
func (l *Ledger) CountsWithin(ctx context.Context, client string, within []job.Reach) (map[job.State]int64, error) {
	counts := map[job.State]int64{}
	var shared, owned []job.Reach
	for _, r := range within {
		if client != "" && r.Client != "" && r.Client != client {
			continue
		}
		r.Client = cmp.Or(client, r.Client)
		if r.Owner == "" {
			shared = append(shared, r)
		} else {
			owned = append(owned, r)
		}
	}
	err := l.countShared(ctx, counts, shared)
	for i := range owned {
		if err == nil {
			err = l.countOwned(ctx, counts, owned[i], slices.Concat(shared, owned[:i]))
		}
	}
	return counts, wrap(err, "count jobs")
}

func (l *Ledger) countShared(ctx context.Context, counts map[job.State]int64, reaches []job.Reach) error {
	var c choice
	c.within(reaches)
	if len(reaches) == 0 {
		return nil
	}
	return l.addCounts(ctx, counts, `SELECT state, CAST(SUM(jobs) AS BIGINT) FROM job_counts WHERE `+c.all()+` GROUP BY state`, c.args)
}

// countOwned counts the jobs of an owner that none of the other reaches has.
func (l *Ledger) countOwned(ctx context.Context, counts map[job.State]int64, r job.Reach, others []job.Reach) error {
	c := choice{}
	c.conditions = append(c.conditions, "owner = "+c.arg(key(r.Owner)), c.reach(r))
	for _, other := range others {
		condition := c.reach(other)
		if other.Owner != "" {
			condition += " AND owner = " + c.arg(key(other.Owner))
		}
		c.conditions = append(c.conditions, "NOT ("+condition+")")
	}
	return l.addCounts(ctx, counts, `SELECT state, COUNT(*) FROM (SELECT state FROM jobs WHERE `+c.all()+
		` LIMIT `+strconv.Itoa(countedUpTo+1)+`) AS own GROUP BY state`, c.args)
}
