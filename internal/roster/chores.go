package roster

import (
	"context"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// ReconcileArgs say which sync is to be compared in full.
type ReconcileArgs struct {
	Sync string `json:"sync" doc:"the name of the sync"`
}

// Validate implements [tasks.Validator].
func (a ReconcileArgs) Validate() error { return named("sync", a.Sync) }

// ReplayArgs say which messages are to be looked at again.
type ReplayArgs struct {
	Sync  string            `json:"sync" doc:"the name of the sync"`
	State sync.MessageState `json:"state,omitempty" doc:"only messages in this state; none: all that are open"`
	Code  string            `json:"code,omitempty" doc:"only messages with this code"`
}

// Validate implements [tasks.Validator].
func (a ReplayArgs) Validate() error { return named("sync", a.Sync) }

// PurgeArgs say how long what a sync has done is kept.
type PurgeArgs struct {
	Sync string `json:"sync" doc:"the name of the sync"`
	Days int    `json:"days" doc:"keep messages and plans that ended within so many days"`
}

// Validate implements [tasks.Validator].
func (a PurgeArgs) Validate() error {
	if a.Days < 1 {
		return errors.New("argument days must be 1 or more")
	}
	return named("sync", a.Sync)
}

// reconcile runs a sync that asks the source for everything, so that what
// deltas have missed comes to light.
func (r *roster) reconcile() tasks.Task {
	spec := tasks.Spec[ReconcileArgs]{
		Name:     Reconcile,
		Summary:  "Run a sync that asks the SIS for everything, not only for what has changed.",
		Attempts: attempts, Backoff: backoff,
		Run: func(ctx context.Context, job *tasks.Job[ReconcileArgs]) error {
			if _, err := r.sync(job.Args.Sync, job.Client); err != nil {
				return err
			}
			_, err := job.Enqueue(ctx, tasks.Request{Task: TermsPull, Args: Args{Sync: job.Args.Sync, Full: true}, Key: "full"})
			return err
		},
	}
	for _, s := range r.Syncs {
		if s.Reconcile != "" {
			spec.Schedules = append(spec.Schedules, tasks.Schedule[ReconcileArgs]{
				Name: Reconcile + ":" + s.Name, Cron: s.Reconcile, Zone: s.Location().String(), Client: s.Client, Args: ReconcileArgs{s.Name},
			})
		}
	}
	return spec
}

// replay plans anew what open messages ask for. A plan judges all that are
// open; the arguments say which ones somebody hopes for.
func (r *roster) replay() tasks.Task {
	return tasks.Spec[ReplayArgs]{
		Name:     Replay,
		Summary:  "Look at messages again that wait, are held or were refused, and plan what can be done now.",
		Attempts: attempts, Backoff: backoff,
		Reads: func(a ReplayArgs) []string { return resource(a.Sync) },
		Run: func(ctx context.Context, job *tasks.Job[ReplayArgs]) error {
			a := job.Args
			if _, err := r.sync(a.Sync, job.Client); err != nil {
				return err
			}
			counts, err := r.Store.SISMessageCounts(ctx, a.Sync)
			if err != nil {
				return err
			}
			meant := tasks.Progress{Stage: "messages"}
			for _, c := range counts {
				if !c.State.Final() && (a.State == "" || c.State == a.State) && (a.Code == "" || c.Code == a.Code) {
					meant.Done += c.Count
				}
			}
			job.Progress(meant)
			job.Log.Info("messages to look at again", "messages", meant.Done)
			if meant.Done == 0 {
				return nil
			}
			return wake(ctx, job, a.Sync)
		},
	}
}

// purge forgets what ended long ago and is needed no more.
func (r *roster) purge() tasks.Task {
	return tasks.Spec[PurgeArgs]{
		Name:     Purge,
		Summary:  "Delete messages and plans of a sync that ended long ago; what is still open stays.",
		Attempts: attempts, Backoff: backoff,
		Writes: func(a PurgeArgs) []string { return resource(a.Sync) },
		Reads:  func(a PurgeArgs) []string { return everySlot(Args{Sync: a.Sync}) },
		Run: func(ctx context.Context, job *tasks.Job[PurgeArgs]) error {
			if _, err := r.sync(job.Args.Sync, job.Client); err != nil {
				return err
			}
			gone, err := r.Store.PurgeSIS(ctx, job.Args.Sync, time.Now().AddDate(0, 0, -job.Args.Days))
			if err != nil {
				return err
			}
			job.Progress(tasks.Progress{Stage: "purge", Done: gone.Messages + gone.Plans + gone.Effects, Removed: gone.Messages + gone.Plans + gone.Effects})
			job.Log.Info("purged", "messages", gone.Messages, "plans", gone.Plans, "effects", gone.Effects)
			return nil
		},
	}
}

// orphan unlinks a section from a course that is gone, until a person links it
// to another one.
func orphan(section, course string) sync.Link {
	return sync.Link{
		Section: section, Course: course, How: sync.Orphaned, Reason: "Its course is gone from the LMS.", Changed: time.Now().UTC(),
	}
}

func courseGone(err error) bool {
	gone, ok := errors.AsType[*sis.Error](err)
	return ok && gone.Code == "COURSE_GONE"
}
