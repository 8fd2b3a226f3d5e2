package roster

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// AckArgs say of which sync messages are to be acknowledged.
type AckArgs struct {
	Sync string `json:"sync" doc:"the name of the sync"`
}

// Validate implements [tasks.Validator].
func (a AckArgs) Validate() error { return named("sync", a.Sync) }

// acknowledge tells the source which of its messages it can forget: those of
// which it is written down what became of them. An answer that is lost costs
// nothing: the message comes again, and is a duplicate.
func (r *roster) acknowledge() tasks.Task {
	return tasks.Spec[AckArgs]{
		Name:     Acknowledge,
		Summary:  "Tell the SIS which of its messages have arrived.",
		Attempts: attempts, Backoff: backoff,
		Writes: func(a AckArgs) []string { return []string{"sis-ack:" + a.Sync} },
		Run: func(ctx context.Context, job *tasks.Job[AckArgs]) error {
			s, err := r.sync(job.Args.Sync, job.Client)
			if err != nil {
				return err
			}
			source, ok := r.Sources[s.Source].(sis.Acknowledger)
			if !ok {
				job.Log.Info("nothing to acknowledge: the source wants no answers")
				return nil
			}
			return r.receipts(ctx, job, source)
		},
	}
}

func (r *roster) receipts(ctx context.Context, job *tasks.Job[AckArgs], source sis.Acknowledger) error {
	told := tasks.Progress{Stage: "acknowledgements"}
	for {
		messages, err := r.Store.SISMessagesToAck(ctx, job.Args.Sync, batch)
		if err != nil {
			return err
		}
		if len(messages) == 0 {
			return nil
		}
		written, down := source.Acknowledge(ctx, receipts(messages))
		accepted := acceptedReceipts(job, messages, written)
		if err := r.Store.AckSISMessages(ctx, accepted, time.Now().UTC()); err != nil {
			return err
		}
		told.Done += int64(len(accepted))
		job.Progress(told)
		if down != nil {
			return unreachable("The SIS could not be told", down)
		}
		if len(accepted) < len(messages) {
			return nil // the others are tried with the next run
		}
	}
}

func receipts(messages []sync.Message) []sis.Receipt {
	all := make([]sis.Receipt, len(messages))
	for i, m := range messages {
		all[i] = sis.Receipt{
			Stream: m.Stream, ID: m.Receipt, Refused: m.State == sync.Rejected, Code: m.Code, Message: m.Reason,
		}
	}
	return all
}

// acceptedReceipts returns the ids of the messages that the source has taken
// note of, and reports the others.
func acceptedReceipts(job *tasks.Job[AckArgs], messages []sync.Message, written []sis.Written) (ids []string) {
	for i, w := range written[:min(len(written), len(messages))] {
		if w.Err == nil {
			ids = append(ids, messages[i].ID)
			continue
		}
		code, message := said(w.Err, "SRC_REFUSED")
		job.Error(messages[i].Receipt, code, message)
	}
	return ids
}
