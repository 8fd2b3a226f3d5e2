package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// What is kept of a job's own words. What is beyond it is counted.
const (
	maxErrors  = 1_000
	maxLines   = 10_000
	maxText    = 4 << 10 // bytes of one line or message
	batchSize  = 200     // errors or lines in one event
	flushEvery = 250 * time.Millisecond
)

// A report collects what an attempt says about itself and writes it down four
// times a second: progress, record errors, log lines.
//
// Record errors and log lines are numbered through all attempts of a job, and
// each says which attempt it is from. A job's count of errors is that of all
// its attempts: a second attempt that meets the same bad row counts it again,
// one that skips it does not hide it. Of each job the first 1,000 errors and
// 10,000 lines are kept; a line at the end of an attempt says how many of its
// lines were dropped.
type report struct {
	worker *Worker
	hold   *hold
	hush   *hush
	wake   context.Context
	stop   context.CancelFunc
	begun  sync.Once
	done   chan struct{} // closed when the writing has ended; nil if it never began

	mu       sync.Mutex
	job      record // what is written of the job
	progress job.Progress
	errors   int64 // numbers given so far
	lines    int64
	dropped  int64
	failed   []job.RecordError // not written yet
	logged   []job.LogLine
	dirty    bool // progress not written yet
}

func newReport(w *Worker, h *hold) *report {
	r := &report{worker: w, hold: h, job: h.record, errors: h.Errors, lines: h.lines}
	r.job.Progress = job.Progress{}
	if s, ok := w.secrets[h.Task]; ok {
		r.hush = newHush(s, h.Args)
	}
	return r
}

// begin begins the writing, when there is something to write: most jobs are
// over before.
func (r *report) begin() {
	r.begun.Do(func() {
		r.wake, r.stop = context.WithCancel(r.hold.session.lease)
		r.done = make(chan struct{})
		go r.run()
	})
}

// run writes down what is new until the report is closed or the lease lost.
func (r *report) run() {
	defer close(r.done)
	for sleep(r.wake, flushEvery) {
		if err := r.flush(); err != nil && r.wake.Err() == nil {
			r.worker.logOf(&r.hold.record).Warn("progress not written", "err", err)
		}
	}
}

// close ends the writing. What is left is written with the outcome.
func (r *report) close() {
	r.begun.Do(func() {}) // nothing begins any more
	if r.done != nil {
		r.stop()
		<-r.done
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dropped > 0 {
		r.lines++
		text := fmt.Sprintf("%d more lines were dropped: a job keeps %d.", r.dropped, maxLines)
		r.logged = append(r.logged, job.LogLine{Seq: r.lines, Attempt: r.hold.Attempt, Level: "warn", Text: text, At: r.now()})
	}
}

func (r *report) now() time.Time { return r.worker.engine.now() }

// record is the job as far as it is written.
func (r *report) record() record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.job
}

// Progress implements [tasks.Sink].
func (r *report) Progress(p tasks.Progress) {
	r.begin()
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Stage = r.hush.text(p.Stage)
	r.progress, r.dirty = job.Progress(p), true
}

// Error implements [tasks.Sink].
func (r *report) Error(e tasks.RecordError) {
	r.begin()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors++
	r.dirty = true
	if r.errors <= maxErrors {
		r.failed = append(r.failed, job.RecordError{
			Seq: r.errors, Attempt: r.hold.Attempt, At: r.now(),
			Key: clip(r.hush.text(e.Key), maxText), Code: clip(r.hush.text(e.Code), maxText), Message: clip(r.hush.text(e.Message), maxText),
		})
	}
}

// Enqueue implements [tasks.Sink]. It returns as soon as ctx ends: the client
// of Redis would wait for an answer as long as for any, and the attempt is to
// end before another begins. The job may be accepted then all the same; the
// next attempt gets the same one.
func (r *report) Enqueue(ctx context.Context, q tasks.SinkRequest) (string, error) {
	request := job.Request{
		ID: childID(r.hold.ID, q.Task, q.Key), Task: q.Task, Args: q.Args, Description: q.Description,
		Client: r.hold.Client, Owner: "job " + r.hold.ID, Parent: r.hold.ID, Root: r.hold.Root, Trace: r.hold.Trace, Tags: q.Tags,
	}
	type answer struct {
		id  string
		err error
	}
	answered := make(chan answer, 1)
	go func() {
		child, err := r.worker.engine.Enqueue(ctx, request)
		answered <- answer{child.ID, err}
	}()
	select {
	case a := <-answered:
		return a.id, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// line adds a line to the job's log.
func (r *report) line(level, text string, at time.Time) {
	r.begin()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines >= maxLines {
		r.dropped++
		return
	}
	r.lines++
	r.logged = append(r.logged, job.LogLine{Seq: r.lines, Attempt: r.hold.Attempt, Level: level, Text: clip(text, maxText), At: at})
}

// A saying is what an attempt has said up to some moment, and the events that
// carry what has not been written.
type saying struct {
	progress      job.Progress
	errors, lines int64
	events        []events.Event
}

// rest returns all that is not written yet.
func (r *report) rest() saying {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(r.job.Errors, r.job.lines)
	s := saying{progress: r.progress, errors: r.errors, lines: r.lines}
	for rest := r.failed; len(rest) > 0; rest = rest[min(batchSize, len(rest)):] {
		s.events = append(s.events, events.JobErrors{ID: r.hold.ID, Errors: rest[:min(batchSize, len(rest))]})
	}
	for rest := r.logged; len(rest) > 0; rest = rest[min(batchSize, len(rest)):] {
		s.events = append(s.events, events.JobLogged{ID: r.hold.ID, Lines: rest[:min(batchSize, len(rest))]})
	}
	return s
}

// forget drops what has been written: all up to those numbers.
func (r *report) forget(errors, lines int64) {
	for len(r.failed) > 0 && r.failed[0].Seq <= errors {
		r.failed = r.failed[1:]
	}
	for len(r.logged) > 0 && r.logged[0].Seq <= lines {
		r.logged = r.logged[1:]
	}
}

// reportScript writes what an open attempt says, unless it was written by a
// try whose reply got lost. It answers how many errors and lines are written,
// or nothing if the attempt is not open any more. Workers that died under the
// job are forgotten: it gets on.
//
// ARGV: queue, id, fence, errors before, lines before, errors after, lines
// after, progress, kind, body, …
var reportScript = script(`
local key = recordKey(ARGV[1], ARGV[2])
local was = redis.call('HMGET', key, 'live', 'errors', 'lines', 'crashes')
if not was[1] or readLive(was[1]).fence ~= ARGV[3] then return {} end
local errors, lines = was[2] or '0', was[3] or '0'
if errors == ARGV[4] and lines == ARGV[5] then
  for i = 9, #ARGV, 2 do say(ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', key, 'errors', ARGV[6], 'lines', ARGV[7], 'progress', ARGV[8])
  errors, lines = ARGV[6], ARGV[7]
  if was[4] and was[4] ~= '0' then redis.call('HSET', key, 'crashes', '0') end
  done()
end
return {errors, lines}
`)

// flush writes down what is new.
func (r *report) flush() error {
	r.mu.Lock()
	fresh := r.dirty || len(r.logged) > 0 || len(r.failed) > 0
	r.dirty = false
	r.mu.Unlock()
	if !fresh {
		return nil
	}
	err := r.write(r.record(), r.rest())
	if err != nil {
		r.mu.Lock()
		r.dirty = true
		r.mu.Unlock()
	}
	return err
}

func (r *report) write(before record, s saying) error {
	args := []any{before.Queue, before.ID, before.fence, before.Errors, before.lines, s.errors, s.lines, encode(s.progress)}
	args, err := appendEvents(args, s.events)
	if err != nil {
		return err
	}
	counts, err := runScript(r.hold.session.lease, r.worker.engine, reportScript, args...).Int64Slice()
	if err != nil {
		return wrap(err, "write the progress of job %s", before.ID)
	}
	if len(counts) != 2 {
		return nil // the attempt is over
	}
	r.mu.Lock()
	r.job.Errors, r.job.lines, r.job.Progress, r.job.Crashes = counts[0], counts[1], s.progress, 0
	r.mu.Unlock()
	if s.errors != counts[0] || s.lines != counts[1] {
		return fmt.Errorf("write the progress of job %s: an earlier try counts", before.ID)
	}
	return nil
}

// clip shortens a text that is too long to keep, and says by how much.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	kept := text[:limit]
	for len(kept) > 0 && kept[len(kept)-1]&0xC0 == 0x80 {
		kept = kept[:len(kept)-1] // not in the middle of a character
	}
	if len(kept) > 0 && kept[len(kept)-1] >= 0xC0 {
		kept = kept[:len(kept)-1]
	}
	return fmt.Sprintf("%s… (%d bytes more)", kept, len(text)-len(kept))
}
