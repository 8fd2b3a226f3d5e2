package moodle

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A writer writes items of one kind, in batches.
type writer[T any] struct {
	*Target

	// function is the one that send calls, and fields how many variables it takes
	// for an item at most.
	function string
	fields   int

	// keys name what writing an item must have to itself.
	keys func(T) []string

	// check refuses an item without a call; nil if it may be sent.
	check func(T) error

	// send writes a batch and answers for each item. An item without an answer
	// (neither id nor error, where ids are given) is sent again. A *refusal says
	// that none of the batch can be taken for done.
	send func(ctx context.Context, items []T) ([]sis.Written, error)

	// explain looks up why Moodle refused a batch, as far as looking helps. It
	// answers for the items that are settled thereby.
	explain func(ctx context.Context, items []T, why *refusal) (map[int]sis.Written, error)

	// counted says that send answers with an id for each item.
	counted bool
}

// rowsPerCall returns how many rows of that many fields stay below PHP's
// limit, beside the three variables that every call has.
func (t *Target) rowsPerCall(fields int) int {
	return max(1, min(t.cfg.Batch, (t.cfg.MaxInputVars-4)/fields))
}

// size returns how many items the next call may have.
func (w writer[T]) size() int { return w.pace.size(w.function, w.rowsPerCall(w.fields)) }

// countOff gives each item of a batch the id that Moodle answered. The answer
// is in the order of the batch; if it is shorter, only the names tell what is
// missing.
func countOff[T any](answer []byte, items []T, name func(T) string) ([]sis.Written, error) {
	var made []struct {
		ID, Courseid                  int
		Username, Shortname, Idnumber string // what it is known by
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		return nil, odd(err)
	}
	written, ids := make([]sis.Written, len(items)), map[string]string{}
	for i, m := range made {
		id := strconv.Itoa(m.ID)
		known := cmp.Or(m.Username, m.Shortname, m.Idnumber)
		if m.Courseid != 0 {
			known = strconv.Itoa(m.Courseid) + " " + known // a group's number is its course's own
		}
		ids[known] = id
		if len(made) == len(items) {
			written[i].ID = id
		}
	}
	for i, item := range items {
		written[i].ID = cmp.Or(written[i].ID, ids[name(item)])
	}
	return written, nil
}

// write writes all items and answers for each, in order. After an outage the
// items that are left are not tried.
func (w writer[T]) write(ctx context.Context, items []T) ([]sis.Written, error) {
	run := &writing[T]{writer: w, items: items, written: make([]sis.Written, len(items))}
	var ready []int
	for i, item := range items {
		if err := w.check(item); err != nil {
			run.written[i].Err = err
		} else {
			ready = append(ready, i)
		}
	}
	var down error
	for len(ready) > 0 {
		batch := ready[:min(w.size(), len(ready))]
		ready = ready[len(batch):]
		if down == nil {
			down = run.batch(ctx, batch)
		} else {
			down = run.fail(batch, down)
		}
	}
	return run.written, down
}

// A writing is the state of one write: what became of which item.
type writing[T any] struct {
	writer[T]
	items   []T
	written []sis.Written
}

// batch writes the items with these numbers. Its error is an outage, with
// which those that are not done are marked.
func (run *writing[T]) batch(ctx context.Context, batch []int) error {
	answers, err := run.alone(ctx, run.pick(batch))
	if refused, ok := errors.AsType[*refusal](err); ok {
		return run.refused(ctx, batch, refused)
	}
	if err != nil {
		return run.fail(batch, plain(err))
	}
	var unanswered []int
	for i, answer := range answers {
		if run.counted && answer == (sis.Written{}) {
			unanswered = append(unanswered, batch[i])
		}
		run.written[batch[i]] = answer
	}
	return run.again(ctx, batch, unanswered)
}

// alone sends a batch while nobody else writes what it writes, and learns from
// the time that it takes.
func (run *writing[T]) alone(ctx context.Context, items []T) ([]sis.Written, error) {
	var keys []string
	for _, item := range items {
		keys = append(keys, run.keys(item)...)
	}
	leave, err := run.flights.enter(ctx, keys)
	if err != nil {
		return nil, err
	}
	defer leave()
	start := time.Now()
	answers, err := run.send(ctx, items)
	if _, refused := errors.AsType[*refusal](err); !refused && (err == nil || isLost(err)) && ctx.Err() == nil {
		run.pace.learn(run.function, len(items), run.rowsPerCall(run.fields), time.Since(start), err != nil)
	}
	return answers, err
}

// again sends the items that a batch was not answered for: Moodle's PHP cut
// the batch off.
func (run *writing[T]) again(ctx context.Context, batch, unanswered []int) error {
	switch {
	case len(unanswered) == 0:
		return nil
	case len(unanswered) == len(batch):
		return run.fail(unanswered, &sis.Error{Code: "TGT_REFUSED", Message: "Moodle answered for other records than it was asked to write."})
	default:
		return run.batch(ctx, unanswered)
	}
}

// refused finds the items that a batch was refused for: by looking up, and for
// the rest by halving it until they stand alone.
func (run *writing[T]) refused(ctx context.Context, batch []int, why *refusal) error {
	settled, err := run.explain(ctx, run.pick(batch), why)
	if err != nil {
		return run.fail(batch, plain(err))
	}
	var rest []int
	for i, number := range batch {
		if written, ok := settled[i]; ok {
			run.written[number] = written
		} else {
			rest = append(rest, number)
		}
	}
	switch {
	case len(rest) == 0:
		return nil
	case len(rest) < len(batch):
		return run.batch(ctx, rest)
	case len(rest) == 1:
		run.written[rest[0]].Err = why.words()
		return nil
	default:
		return run.halves(ctx, rest)
	}
}

func (run *writing[T]) halves(ctx context.Context, batch []int) error {
	middle := len(batch) / 2
	if err := run.batch(ctx, batch[:middle]); err != nil {
		return run.fail(batch[middle:], err)
	}
	return run.batch(ctx, batch[middle:])
}

// fail marks items with an outage, and returns it.
func (run *writing[T]) fail(batch []int, err error) error {
	for _, number := range batch {
		run.written[number].Err = err
	}
	return err
}

func (run *writing[T]) pick(batch []int) []T {
	items := make([]T, len(batch))
	for i, number := range batch {
		items[i] = run.items[number]
	}
	return items
}
