package roster

import (
	"context"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// SkipArgs are a person's word on messages.
type SkipArgs struct {
	Sync     string   `json:"sync" doc:"the name of the sync"`
	Messages []string `json:"messages,omitempty" doc:"the ids of the messages; none with back: only make a plan again"`
	Hold     bool     `json:"hold,omitempty" doc:"hold them instead of skipping them"`
	Back     bool     `json:"back,omitempty" doc:"take that back, and try them again"`
	Reason   string   `json:"reason,omitempty" doc:"why, for whoever wonders later"`
}

// Validate implements [tasks.Validator].
func (a SkipArgs) Validate() error {
	switch {
	case a.Back && a.Hold:
		return errors.New("arguments hold and back cannot both be true")
	case !a.Back && len(a.Messages) == 0:
		return errors.New("argument messages must not be empty")
	case !a.Back && a.Reason == "":
		return errors.New("argument reason must not be empty")
	case len(a.Messages) > maxSkipped:
		return errors.New("argument messages must have at most 500 ids")
	}
	return named("sync", a.Sync)
}

// maxSkipped is how many messages one job sets aside at most.
const maxSkipped = 500

// skip keeps a person's word that messages are not to be applied, or takes it
// back. What was written because of earlier ones stays as it is.
func (r *roster) skip() tasks.Task {
	return tasks.Spec[SkipArgs]{
		Name:     Skip,
		Summary:  "Skip messages of the SIS, hold them, or try them again.",
		Attempts: attempts, Backoff: backoff,
		Writes: func(a SkipArgs) []string { return resource(a.Sync) },
		Run: func(ctx context.Context, job *tasks.Job[SkipArgs]) error {
			a, now := job.Args, time.Now().UTC()
			if _, err := r.sync(a.Sync, job.Client); err != nil {
				return err
			}
			err := r.Store.TakeSISBack(ctx, a.Sync, a.Messages, job.ID, now)
			if err == nil && !a.Back {
				err = r.Store.SetSISAside(ctx, a.Sync, a.Messages, sync.Aside{Hold: a.Hold, Reason: a.Reason, By: job.ID, At: now})
			}
			if _, told := errors.AsType[*fault.Error](err); told {
				return tasks.Permanent(err)
			}
			if err != nil {
				return err
			}
			job.Log.Info("messages judged", "messages", len(a.Messages), "hold", a.Hold, "back", a.Back)
			return wake(ctx, job, a.Sync)
		},
	}
}

// aside returns the verdict on a record that a person has set aside, and the
// zero verdict on others.
func (p *planner) aside(stream sis.Stream, key string) verdict {
	if p.asides == nil {
		p.asides = map[rekeyed]sync.Aside{}
		for _, a := range p.campus.Asides {
			p.asides[rekeyed{a.Stream, a.Record}] = a
		}
	}
	a, ok := p.asides[rekeyed{stream, key}]
	if !ok {
		return verdict{}
	}
	state, reason := a.Says()
	return verdict{state: state, code: "MANUAL_OVERRIDE", reason: reason}
}

// stay leaves the place of a registration as it is.
func (r *registration) stay(at *place, why verdict) {
	r.verdict = why
	if at != nil {
		at.active++
	}
}
