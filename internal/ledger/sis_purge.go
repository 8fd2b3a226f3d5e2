package ledger

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// PurgeSIS deletes messages of a sync that came to their end before that time,
// and plans that were made before it and have ended. What the source was not
// told yet stays, and so do the newest plan, plans with effects in doubt, and
// those that an override or an undo goes back to.
func (l *Ledger) PurgeSIS(ctx context.Context, name string, before time.Time) (gone sync.Purged, err error) {
	const old = `SELECT id FROM sis_plans WHERE sync = $1 AND created_at < $2
		AND state IN ('draft', 'done', 'rejected', 'aborted', 'expired')
		AND id <> (SELECT id FROM sis_plans WHERE sync = $1 AND kind NOT IN ('undo', 'teachers') ORDER BY created_at DESC, id DESC LIMIT 1)
		AND id NOT IN (SELECT plan FROM sis_effects WHERE sync = $1 AND state IN ('sent', 'unknown'))
		AND id NOT IN (SELECT plan FROM sis_overrides WHERE sync = $1)
		AND id NOT IN (SELECT undoes FROM sis_plans WHERE sync = $1 AND created_at >= $2)`
	err = l.writing(ctx, func(w writer) error {
		for _, step := range []struct {
			rows  *int64
			query string
		}{
			{&gone.Messages, `DELETE FROM sis_messages WHERE sync = $1 AND changed_at < $2
				AND state IN ('applied', 'superseded', 'duplicate') AND (receipt = '' OR acked_at > 0)`},
			{&gone.Effects, `DELETE FROM sis_effects WHERE plan IN (` + old + `)`},
			{new(int64), `DELETE FROM sis_decisions WHERE plan IN (` + old + `)`},
			{&gone.Plans, `DELETE FROM sis_plans WHERE id IN (` + old + `)`},
		} {
			done, err := w.ExecContext(ctx, step.query, name, millis(before))
			if err != nil {
				return err
			}
			if *step.rows, err = done.RowsAffected(); err != nil {
				return err
			}
		}
		return nil
	})
	return gone, wrap(err, "purge sync %s", name)
}

// ForgetSISApplied forgets that places were written, so that the next plan
// writes them again, and who was in them into the groups of the course.
func (l *Ledger) ForgetSISApplied(ctx context.Context, name string, places []sync.Place) error {
	err := l.writing(ctx, func(w writer) error {
		for _, at := range places {
			_, err := w.ExecContext(ctx, `DELETE FROM sis_applied WHERE sync = $1 AND person = $2 AND course = $3 AND role = $4`,
				name, at.Person, at.Course, string(at.Role))
			if err != nil {
				return err
			}
			if _, err := w.ExecContext(ctx, `DELETE FROM sis_members WHERE sync = $1 AND person = $2 AND course = $3`, name, at.Person, at.Course); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "forget enrolments of sync %s", name)
}
