package engine

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/beadle-jobs/beadle/internal/logs"
)

// A jobLog is a slog.Handler that writes to the job's log and to the worker's.
// The job's log takes what is at least Info, and what the worker's log takes.
type jobLog struct {
	worker slog.Handler
	report *report
	text   *lineWriter
	attrs  slog.Handler // writes a record's attributes to text
}

// LogAttrs implements [logs.Subject]: each line about an attempt says these.
func (r *record) LogAttrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("job", r.ID), slog.String("task", r.Task), slog.String("client", r.Client), slog.Int("attempt", r.Attempt),
	}
	if parts := strings.Split(r.Trace, "-"); len(parts) > 1 {
		attrs = append(attrs, slog.String("trace_id", parts[1]))
	}
	return attrs
}

// logOf returns a logger whose lines are about a job.
func (w *Worker) logOf(r *record) *slog.Logger {
	return slog.New(w.log.Handler().WithAttrs(r.LogAttrs()))
}

// logger returns a logger for the job's code.
func (r *report) logger() *slog.Logger { return slog.New(&lazyLog{report: r}) }

// A lazyLog becomes a jobLog when something is logged: most jobs never do.
type lazyLog struct {
	report *report
	once   sync.Once
	log    slog.Handler
}

func (l *lazyLog) handler() slog.Handler {
	l.once.Do(func() {
		h := l.report.hold
		worker := l.report.worker.logOf(&h.record)
		text := &lineWriter{}
		attrs := slog.NewTextHandler(&text.buf, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: onlyAttrs})
		l.log = &jobLog{worker.Handler(), l.report, text, attrs}
	})
	return l.log
}

// Enabled implements [slog.Handler].
func (l *lazyLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.handler().Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (l *lazyLog) Handle(ctx context.Context, r slog.Record) error { return l.handler().Handle(ctx, r) }

// WithAttrs implements [slog.Handler].
func (l *lazyLog) WithAttrs(attrs []slog.Attr) slog.Handler { return l.handler().WithAttrs(attrs) }

// WithGroup implements [slog.Handler].
func (l *lazyLog) WithGroup(name string) slog.Handler { return l.handler().WithGroup(name) }

// A lineWriter holds the attributes of one line at a time.
type lineWriter struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// onlyAttrs leaves out what a line of a job's log has a place of its own for.
func onlyAttrs(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// Enabled implements [slog.Handler].
func (l *jobLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || l.worker.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (l *jobLog) Handle(ctx context.Context, r slog.Record) error {
	r = l.report.hush.record(r)
	text, err := l.line(ctx, r)
	l.report.line(strings.ToLower(r.Level.String()), text, r.Time.UTC())
	ctx = logs.About(ctx, nil) // the worker's handler says it already
	if l.worker.Enabled(ctx, r.Level) {
		return l.worker.Handle(ctx, r)
	}
	return err
}

// line returns the record as one line of text: message, then attributes.
func (l *jobLog) line(ctx context.Context, r slog.Record) (string, error) {
	l.text.mu.Lock()
	defer l.text.mu.Unlock()
	l.text.buf.Reset()
	err := l.attrs.Handle(ctx, r)
	return strings.TrimSpace(r.Message + " " + l.text.buf.String()), err
}

// WithAttrs implements [slog.Handler].
func (l *jobLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs = l.report.hush.attrs(attrs)
	return &jobLog{l.worker.WithAttrs(attrs), l.report, l.text, l.attrs.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (l *jobLog) WithGroup(name string) slog.Handler {
	return &jobLog{l.worker.WithGroup(name), l.report, l.text, l.attrs.WithGroup(name)}
}
