// Package logs is how processes log: in JSON, one object a line, or as text for
// a person who watches; with a level that can be changed while the process runs;
// and so that each line about a job says which.
//
// What a line is about comes from its context: [About] puts it there where an
// attempt begins, and whoever logs with that context or one below it, be it a
// connector that has never heard of jobs, has it in the line:
//
//	{"time":"…","level":"INFO","msg":"calling moodle again","target":"main","function":"core_user_create_users",
//	 "job":"0199…","task":"sis.persons.apply","client":"north","attempt":2,"trace_id":"4bf9…","span_id":"00f0…"}
package logs

import (
	"context"
	"io"
	"log/slog"
	"os"
)

// A Subject is what lines may be about.
type Subject interface {
	// LogAttrs says which it is. It is called only when a line is written.
	LogAttrs() []slog.Attr
}

type subjectKey struct{}

// About returns a context whose lines are about s. With nil they are about
// nothing, or say so themselves.
func About(ctx context.Context, s Subject) context.Context {
	return context.WithValue(ctx, subjectKey{}, s)
}

// New returns a logger that writes to w, with a level that [LevelOf] finds. What
// a line is about is in it, and what else is made of its context.
func New(w io.Writer, level slog.Level, more ...func(context.Context) []slog.Attr) *slog.Logger {
	l := NewLevel(level)
	return slog.New(handler{format(w, &slog.HandlerOptions{Level: l}), l, more})
}

// LevelOf returns the level of a logger that is one of [New] or comes from one.
// That of another changes nothing.
func LevelOf(log *slog.Logger) *Level {
	if h, ok := log.Handler().(handler); ok {
		return h.level
	}
	return NewLevel(slog.LevelInfo)
}

// format is text for a terminal and JSON for everything else.
func format(w io.Writer, o *slog.HandlerOptions) slog.Handler {
	if isTerminal(w) {
		return slog.NewTextHandler(w, o)
	}
	o.ReplaceAttr = plainTimes
	return slog.NewJSONHandler(w, o)
}

// plainTimes writes how long something took as text has it, "1.5s": a number
// would not say of what.
func plainTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// A handler adds to each line what its context says.
type handler struct {
	slog.Handler
	level *Level
	more  []func(context.Context) []slog.Attr
}

// Handle implements [slog.Handler].
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	if s, ok := ctx.Value(subjectKey{}).(Subject); ok {
		r.AddAttrs(s.LogAttrs()...)
	}
	for _, of := range h.more {
		r.AddAttrs(of(ctx)...)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup implements [slog.Handler].
func (h handler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
