package ledger

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// step notes what happened to a job, for who counts.
func (b *batch) step(r *record, s job.Step) {
	s.Task, s.Client, s.Queue, s.Took = r.Task, r.Client, job.BaseQueue(r.Queue), max(s.Took, 0)
	b.steps = append(b.steps, s)
}

// began notes the first attempt of a job. One that was started before it was
// due has not waited.
func (b *batch) began(r *record, at time.Time) {
	if !r.Due.IsZero() {
		b.step(r, job.Step{Kind: job.StepBegan, Took: at.Sub(r.Due)})
	}
}

// tried notes how an attempt ended, and where that leaves the job.
func (b *batch) tried(r *record, a *attempt, began time.Time, state job.State) {
	took := time.Duration(0)
	if !began.IsZero() {
		took = a.Ended.Sub(began)
	}
	b.step(r, job.Step{Kind: job.StepTried, Outcome: a.Outcome, State: state, Took: took})
}

// waited notes that a wait of a job is over.
func (b *batch) waited(r *record, w job.Waited, at time.Time) {
	b.step(r, job.Step{Kind: job.StepWaited, Wait: w.Kind, Took: at.Sub(*w.Since)})
}
