package roster

import (
	"context"

	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// SealAgain is the name of the task that seals messages again.
const SealAgain = "sis.seal"

// SealArgs are none: the keys are in the settings.
type SealArgs struct{}

// sealAgain seals with the newest key what older ones have sealed, and what was
// written before there was a key. Then the old key can be taken out.
func (r *roster) sealAgain() tasks.Task {
	return tasks.Spec[SealArgs]{
		Name:    SealAgain,
		Summary: "Seal the messages of the SIS with the newest key, so that older keys can be taken out.",
		Writes:  func(SealArgs) []string { return []string{"sis-seal"} },
		Run: func(ctx context.Context, job *tasks.Job[SealArgs]) error {
			done := tasks.Progress{Stage: "messages"}
			for {
				n, err := r.Store.SealSISMessagesAgain(ctx, batch)
				if err != nil || n == 0 {
					return err
				}
				done.Done += int64(n)
				done.Changed = done.Done
				job.Progress(done)
			}
		},
	}
}
