package ledger

import (
	"context"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// PutSchedules writes what follows for schedules from what workers announce:
// new ones, whose revision is zero, and known ones, whose revision is the one
// that they were read with. What people set stays. A revision grows if the
// declaration has changed, so that nobody overwrites it unseen.
//
// Schedules that were changed since they were read are left as they are. That
// is a fault.Conflict which names them; all others are written.
func (l *Ledger) PutSchedules(ctx context.Context, schedules []job.Schedule) error {
	if len(schedules) == 0 {
		return nil
	}
	var skipped []string
	err := l.changeTimetable(ctx, nil, func(w writer) error {
		var err error
		skipped, err = putSchedules(ctx, w, schedules)
		return err
	})
	if err == nil && len(skipped) > 0 {
		return fault.New(fault.Conflict, "Schedules were changed while they were registered: %s.", strings.Join(skipped, ", "))
	}
	return wrap(err, "put %d schedules", len(schedules))
}

// declaredSchedules changes what a declaration decides of the schedules that
// have those revisions.
var declaredSchedules = joining(`task TEXT, client TEXT, base TEXT, rule TEXT, declared BIGINT, notices TEXT, missing BIGINT,
	problem TEXT, name TEXT, revision BIGINT`,
	`UPDATE schedules SET
		task = r.task, client = r.client, base = r.base, rule = r.rule, declared = r.declared, notices = r.notices,
		missing = r.missing, problem = r.problem,
		revision = schedules.revision
			+ CASE WHEN schedules.base <> r.base OR schedules.task <> r.task OR schedules.client <> r.client THEN 1 ELSE 0 END
	FROM rows AS r WHERE schedules.name = r.name AND schedules.revision = r.revision`).returning("schedules.name")

func declaredSchedule(s job.Schedule) ([]any, error) {
	d, err := documentsOf(s)
	return []any{
		key(s.Task), key(s.Client), d.base, d.rule, flag(s.Declared), d.notices, flag(s.Missing), prose(s.Problem),
		key(s.Name), s.Revision,
	}, err
}

// putSchedules returns the names of those that it did not write.
func putSchedules(ctx context.Context, w writer, schedules []job.Schedule) (skipped []string, err error) {
	added, known, err := declaredRows(schedules)
	if err != nil {
		return nil, err
	}
	if err := w.takeTurn(ctx); err != nil {
		return nil, err
	}
	fresh, err := w.putReturning(ctx, newSchedules, added)
	if err != nil {
		return nil, err
	}
	changed, err := w.putReturning(ctx, declaredSchedules, known)
	if err != nil {
		return nil, err
	}
	written, skipped := parted(schedules, append(fresh, changed...))
	return skipped, w.put(ctx, progress, written)
}

// declaredRows returns the values of new schedules and of known ones.
func declaredRows(schedules []job.Schedule) (added, known [][]any, err error) {
	for _, s := range schedules {
		values, to := declaredSchedule, &known
		if s.Revision == 0 {
			values, to = newSchedule, &added
		}
		row, err := values(s)
		if err != nil {
			return nil, nil, err
		}
		*to = append(*to, row)
	}
	return added, known, nil
}

// parted returns the progress of the schedules that are among the names, and
// the names of the others.
func parted(schedules []job.Schedule, names []string) (among [][]any, others []string) {
	left := map[string]bool{}
	for _, name := range names {
		left[name] = true
	}
	for _, s := range schedules {
		if !left[key(s.Name)] {
			others = append(others, s.Name)
			continue
		}
		left[key(s.Name)] = false
		among = append(among, progressOf(s))
	}
	return among, others
}
