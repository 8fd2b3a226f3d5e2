package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// perEnqueue is how many jobs of a batch are given to the engine at a time.
const perEnqueue = 1000

// enqueueBatch serves POST /api/v1/jobs:batch: a job in each line, and what
// became of it in a line of the answer. The whole body is read before anything
// is enqueued, so that a body that breaks off starts nothing.
func (a *API) enqueueBatch(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Idempotency-Key") != "" {
		return fault.New(fault.Invalid, "A batch takes no header Idempotency-Key: give each line a key of its own, and all of them may be sent again.").In("key")
	}
	if err := a.checkBacklog(r.Context()); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, client.MaxBatchBytes))
	if err != nil {
		return unreadableBatch(err)
	}
	lines := linesOf(body)
	if len(lines) > client.MaxBatchLines {
		return fault.New(fault.Invalid, "The body has %d lines; %d is the most that is accepted at a time.", len(lines), client.MaxBatchLines)
	}
	b := &batch{in: a.intake(), trace: traceOf(r)}
	if err := b.enqueue(r.Context(), lines); err != nil {
		return err
	}
	noteFacts(r.Context(), b.facts())
	return replyLines(w, b.answers)
}

// facts are what the audit keeps of a batch.
func (b *batch) facts() map[string]any {
	refused := 0
	for _, answer := range b.answers {
		if answer.Error != nil {
			refused++
		}
	}
	return map[string]any{"lines": len(b.answers), "refused": refused}
}

// checkBacklog refuses batches while events are not recorded as fast as they
// come: what is in flight must fit into Redis.
func (a *API) checkBacklog(ctx context.Context) error {
	n, err := a.Engine.Backlog(ctx)
	if err != nil {
		return err
	}
	if a.MaxBacklog <= 0 || n < a.MaxBacklog {
		return nil
	}
	f := fault.New(fault.Unavailable, "%d events wait to be recorded, so that no batches are taken for now; is the ledger away?", n)
	f.After = 10 * time.Second
	return f
}

func unreadableBatch(err error) error {
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return fault.New(fault.Invalid, "The body is longer than %d MiB, the most that is accepted at a time.", client.MaxBatchBytes>>20)
	}
	return unreadable(err)
}

// A line is one of a body, by its number.
type line struct {
	number int
	text   []byte
}

// linesOf returns the lines that are not empty.
func linesOf(body []byte) (lines []line) {
	number := 0
	for text := range bytes.Lines(body) {
		number++
		if text = bytes.TrimSpace(text); len(text) > 0 {
			lines = append(lines, line{number, text})
		}
	}
	return lines
}

// A batch is one body on its way into the engine.
type batch struct {
	in      *intake
	trace   string
	answers []client.BatchLine
}

// enqueue answers every line. It fails only if nothing could be tried; where
// the engine goes away later, the lines that are left say so.
func (b *batch) enqueue(ctx context.Context, lines []line) error {
	b.answers = make([]client.BatchLine, len(lines))
	for begin := 0; begin < len(lines); begin += perEnqueue {
		end := min(begin+perEnqueue, len(lines))
		err := b.some(ctx, lines[begin:end], b.answers[begin:end])
		if err != nil && begin == 0 {
			return err
		}
		if err != nil {
			b.skip(lines[begin:], b.answers[begin:], err)
			return nil
		}
	}
	return nil
}

// some answers some lines, unless they cannot be tried.
func (b *batch) some(ctx context.Context, lines []line, answers []client.BatchLine) error {
	var requests []job.Request
	var asked []*client.BatchLine
	for i, l := range lines {
		answers[i].Line = l.number
		r, err := b.read(ctx, l.text)
		switch {
		case fault.KindOf(err) == fault.Unavailable:
			return err
		case err != nil:
			answers[i].Error = b.problem(ctx, err)
		default:
			requests, asked = append(requests, r), append(asked, &answers[i])
		}
	}
	results, err := b.in.api.Engine.EnqueueBatch(ctx, requests)
	if err != nil {
		return err
	}
	for i, result := range results {
		b.settle(ctx, asked[i], requests[i].ID, result)
	}
	return nil
}

// skip says of lines that they were not tried.
func (b *batch) skip(lines []line, answers []client.BatchLine, err error) {
	for i, l := range lines {
		answers[i] = client.BatchLine{Line: l.number, Error: new(problem(err))}
	}
}

// problem is what the answer says of err; what is our own fault is logged.
func (b *batch) problem(ctx context.Context, err error) *client.Problem {
	if fault.KindOf(err) == fault.Internal {
		b.in.api.Log.ErrorContext(ctx, "job of a batch failed", "err", err)
	}
	return new(problem(err))
}

// read returns what a line asks for.
func (b *batch) read(ctx context.Context, text []byte) (job.Request, error) {
	var n client.NewJob
	if len(text) > maxBody {
		return job.Request{}, fault.New(fault.Invalid, "The line is longer than 1 MiB, the most that is accepted.")
	}
	if err := parse(text, &n); err != nil {
		return job.Request{}, err
	}
	n.Trace = firstOf(n.Trace, b.trace)
	return b.in.request(ctx, n)
}

// settle says what became of the job that was to be made under that id.
func (b *batch) settle(ctx context.Context, answer *client.BatchLine, id string, a Accepted) {
	if a.Err != nil {
		answer.Error = b.problem(ctx, a.Err)
		return
	}
	answer.ID, answer.State, answer.Existing = a.Job.ID, a.Job.State, a.Job.ID != id
}

// replyLines writes one JSON object in a line for each answer.
func replyLines(w http.ResponseWriter, answers []client.BatchLine) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for _, answer := range answers {
		if err := enc.Encode(answer); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	_, _ = buf.WriteTo(w) // the caller has gone, and cannot be told
	return nil
}
