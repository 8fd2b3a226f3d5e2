package roster

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// pull reads a stream of the run's snapshot and keeps what is different. A
// repetition in the same run does nothing.
func pull(stream sis.Stream) func(context.Context, *step) error {
	return func(ctx context.Context, s *step) error {
		last, err := s.store.SISPull(ctx, s.sync.Name, stream)
		if err != nil {
			return err
		}
		if last.Run == s.Args.Run {
			s.Args.Snapshot = last.Snapshot
			return nil
		}
		if err := s.takeSnapshot(ctx, stream); err != nil {
			return s.failed(ctx, stream, err)
		}
		if s.Args.Full {
			last.Cursor = ""
		}
		got, err := s.harvest(ctx, stream, last.Cursor)
		if err != nil {
			return s.failed(ctx, stream, err)
		}
		return s.absorb(ctx, got)
	}
}

// takeSnapshot decides which state of the SIS is read: the newest one at the
// head of the chain, and in the other steps the one that the head has read
// last. A step that is tried again after a later run does not go back behind
// it.
func (s *step) takeSnapshot(ctx context.Context, stream sis.Stream) (err error) {
	if s.Args.Snapshot == "" {
		s.Args.Snapshot, err = s.source.Snapshot(ctx)
		return s.sourceError(err)
	}
	if stream == sis.Terms {
		return nil
	}
	head, err := s.store.SISPull(ctx, s.sync.Name, sis.Terms)
	s.Args.Snapshot = cmp.Or(head.Snapshot, s.Args.Snapshot)
	return err
}

// harvest reads a stream to its end. Of one that has too many bad rows it is not
// believed that what it lacks is gone, and the next pull asks for the same again.
func (s *step) harvest(ctx context.Context, stream sis.Stream, cursor string) (*harvest, error) {
	h := newHarvest(stream)
	result, err := s.source.Pull(ctx, sis.Request{Snapshot: s.Args.Snapshot, Stream: stream, Cursor: cursor, Terms: s.sync.Terms}, func(r sis.Record) error {
		h.add(r)
		s.Progress(tasks.Progress{Stage: string(stream), Done: int64(h.records)})
		return ctx.Err()
	})
	if err != nil {
		return nil, s.sourceError(err)
	}
	h.complete, h.cursor = result.Complete, result.Cursor
	if result.Warning != "" {
		s.Log.Warn("odd source", "stream", stream, "why", result.Warning)
	}
	if h.tooBad(s.sync.Brakes) {
		h.complete, h.cursor = false, cursor
		h.doubt = fmt.Sprintf("%d of %d rows of %s cannot be read, which is unusually many. Nothing was changed in the LMS, and nothing taken for gone. "+
			"Correct the rows in the SIS, or approve what the others ask for.", h.bad(), h.records, stream)
	}
	return h, nil
}

// absorb compares what was read with what is known, and keeps the difference.
func (s *step) absorb(ctx context.Context, h *harvest) error {
	known, err := s.store.SISRows(ctx, s.sync.Name, h.stream)
	if err != nil {
		return err
	}
	var open []sync.Message
	err = s.store.EachSISOpenMessage(ctx, s.sync.Name, h.stream, func(m sync.Message) { open = append(open, m) })
	if err != nil {
		return err
	}
	received, err := s.store.SISReceived(ctx, s.sync.Name, h.stream, h.receipts())
	if err != nil {
		return err
	}
	c := compare(h, known, open, received)
	d := c.delta(s.sync.Name, sync.Pull{
		Stream: h.stream, Snapshot: s.Args.Snapshot, Run: s.Args.Run, Rows: h.records, Problems: len(h.problems), At: time.Now().UTC(),
	})
	if h.doubt != "" {
		d.Pull.Code, d.Pull.Reason = sync.BrakeErrorsCode, h.doubt
	}
	if err := s.store.AbsorbSIS(ctx, d); err != nil {
		return err
	}
	s.report(h, c, d)
	return nil
}

// complain reports the rows that cannot be taken.
func (s *step) complain(h *harvest) {
	for _, p := range h.problems {
		s.Error(cmp.Or(p.where, p.key), p.code, p.message)
	}
}

func (s *step) report(h *harvest, c *comparison, d sync.Delta) {
	s.complain(h)
	for _, w := range h.warnings {
		s.Log.Warn("odd row", "where", w.Where, "why", w.Warning)
	}
	if d.Pull.Code != "" {
		s.Error(string(h.stream), d.Pull.Code, d.Pull.Reason)
	}
	s.Progress(tasks.Progress{
		Stage: string(h.stream), Done: int64(h.records), Total: int64(h.records),
		Created: c.created, Changed: c.changed, Removed: c.gone,
	})
	s.Log.Info("stream pulled", "stream", h.stream, "rows", h.records, "new", c.created, "changed", c.changed,
		"gone", c.gone, "problems", len(h.problems))
}
