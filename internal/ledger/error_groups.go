package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// An occurrence is one error, as it is grouped.
type occurrence struct {
	fingerprint, client string
	task, code, pattern string
	job, message        string
	at                  int64
}

func occurrenceOf(id, client, task, code, message string, at int64) occurrence {
	o := occurrence{client: key(client), task: key(task), code: key(code), job: id, message: prose(message), at: at}
	o.pattern = job.Pattern(clean(message))
	o.fingerprint = job.Fingerprint(o.task, o.code, o.pattern)
	return o
}

// groups are by how much groups of errors grow in one transaction.
type groups struct {
	grown map[inGroup]*growth
	jobs  map[jobInGroup]inGroup
}

type (
	inGroup    struct{ fingerprint, client string }
	jobInGroup struct{ job, fingerprint string }
)

type growth struct {
	occurrence         // the newest
	errors, jobs, from int64
}

// add counts an error that is new.
func (g *groups) add(o occurrence) {
	if g.grown == nil {
		g.grown, g.jobs = map[inGroup]*growth{}, map[jobInGroup]inGroup{}
	}
	in := inGroup{o.fingerprint, o.client}
	grown := g.grown[in]
	if grown == nil {
		grown = &growth{occurrence: o, from: o.at}
		g.grown[in] = grown
	}
	if o.at >= grown.at {
		grown.occurrence = o
	}
	grown.errors++
	grown.from = min(grown.from, o.at)
	g.jobs[jobInGroup{o.job, o.fingerprint}] = in
}

var (
	newErrorJobs = inserting("error_jobs", "job_id TEXT, fingerprint TEXT", "ON CONFLICT (job_id, fingerprint) DO NOTHING").
			returning("job_id || ' ' || fingerprint")
	putErrorGroups = inserting("error_groups", `fingerprint TEXT, client TEXT, task TEXT, code TEXT, pattern TEXT,
		errors BIGINT, jobs BIGINT, first_at BIGINT, last_at BIGINT, job_id TEXT, message TEXT`,
		`ON CONFLICT (fingerprint, client) DO UPDATE SET
			errors   = error_groups.errors + excluded.errors,
			jobs     = error_groups.jobs + excluded.jobs,
			first_at = CASE WHEN excluded.first_at < error_groups.first_at THEN excluded.first_at ELSE error_groups.first_at END,
			last_at  = CASE WHEN excluded.last_at >= error_groups.last_at THEN excluded.last_at ELSE error_groups.last_at END,
			job_id   = CASE WHEN excluded.last_at >= error_groups.last_at THEN excluded.job_id ELSE error_groups.job_id END,
			message  = CASE WHEN excluded.last_at >= error_groups.last_at THEN excluded.message ELSE error_groups.message END`)
)

// save writes what has grown. A batch without errors costs nothing here.
func (g *groups) save(ctx context.Context, w writer) error {
	if len(g.grown) == 0 {
		return nil
	}
	if err := g.saveJobs(ctx, w); err != nil {
		return err
	}
	// In one order for all, so that no two transactions wait for each other.
	order := slices.SortedFunc(maps.Values(g.grown), func(a, b *growth) int {
		return cmp.Or(cmp.Compare(a.fingerprint, b.fingerprint), cmp.Compare(a.client, b.client))
	})
	rows := make([][]any, len(order))
	for i, o := range order {
		rows[i] = []any{o.fingerprint, o.client, o.task, o.code, o.pattern, o.errors, o.jobs, o.from, o.at, o.job, o.message}
	}
	return w.put(ctx, putErrorGroups, rows)
}

// saveJobs counts the jobs that were not in their groups before.
func (g *groups) saveJobs(ctx context.Context, w writer) error {
	rows := make([][]any, 0, len(g.jobs))
	in := make(map[string]inGroup, len(g.jobs))
	for j, of := range g.jobs {
		rows = append(rows, []any{j.job, j.fingerprint})
		in[j.job+" "+j.fingerprint] = of
	}
	added, err := w.putReturning(ctx, newErrorJobs, rows)
	for _, one := range added {
		g.grown[in[one]].jobs++
	}
	return err
}
