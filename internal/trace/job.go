package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Enqueue begins the span of a job's acceptance, and returns the traceparent
// that goes with the job. If the trace is not kept that is what the job came
// with.
func (t *Tracer) Enqueue(ctx context.Context, r job.Request) (traceparent string, end func(job.Job, error)) {
	ctx, links := lineage(ctx, r)
	_, span := t.tracer.Start(ctx, "enqueue "+r.Task, trace.WithSpanKind(trace.SpanKindProducer), links)
	if !span.IsRecording() {
		return r.Trace, func(job.Job, error) {}
	}
	return textOf(span.SpanContext()), func(j job.Job, err error) {
		span.SetAttributes(of(j)...)
		if r.Schedule != "" {
			span.SetAttributes(attribute.String("beadle.schedule", r.Schedule))
		}
		if err != nil {
			span.SetStatus(codes.Error, "refused")
		}
		span.End()
	}
}

// lineage says which span a job's first one is below, and which it is linked to:
// a job that repeats another, or that another one enqueued, is linked to that,
// and is below what the request came with, if that is not the other one.
func lineage(ctx context.Context, r job.Request) (context.Context, trace.SpanStartOption) {
	here := trace.SpanContextFromContext(ctx)
	switch {
	case r.RetryOf != "":
		return under(ctx, r.Trace), linked(r.Follows)
	case r.Parent == "":
		return under(ctx, r.Trace), trace.WithLinks()
	case here.IsValid(): // the attempt that enqueues it
		return trace.ContextWithSpanContext(ctx, trace.SpanContext{}), trace.WithLinks(trace.Link{SpanContext: here})
	}
	return ctx, linked(r.Trace)
}

// under returns a context with that parent, if there is one.
func under(ctx context.Context, traceparent string) context.Context {
	if parent := parse(traceparent); parent.IsValid() {
		return trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	return ctx
}

func linked(traceparent string) trace.SpanStartOption {
	if other := parse(traceparent); other.IsValid() {
		return trace.WithLinks(trace.Link{SpanContext: other})
	}
	return trace.WithLinks()
}

// Attempt begins the span of an attempt, and tells of the wait before it.
func (t *Tracer) Attempt(ctx context.Context, b job.Beginning) (context.Context, func(job.Outcome)) {
	ctx = under(ctx, b.Job.Trace)
	t.wait(ctx, b)
	ctx, span := t.tracer.Start(ctx, "attempt "+b.Job.Task, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(b.Began))
	if !span.IsRecording() {
		return ctx, func(job.Outcome) {}
	}
	span.SetAttributes(append(of(b.Job), attribute.Int("beadle.attempt", b.Job.Attempt))...)
	return ctx, func(o job.Outcome) {
		span.SetAttributes(attribute.String("beadle.outcome", string(o)))
		if o == job.AttemptFailed || o == job.AttemptLost {
			span.SetStatus(codes.Error, string(o))
		}
		span.End()
	}
}

// wait tells of the time from when a job could run until it did: where it was
// parked, and between that, in its queue.
func (t *Tracer) wait(ctx context.Context, b job.Beginning) {
	if !b.Began.After(b.Ready) {
		return
	}
	ctx, span := t.tracer.Start(ctx, "wait", trace.WithTimestamp(b.Ready))
	defer span.End(trace.WithTimestamp(b.Began))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(of(b.Job)...)
	at := b.Ready
	for _, p := range b.Parked {
		t.stretch(ctx, "queued", at, p.From)
		t.stretch(ctx, "parked", p.From, p.To, attribute.String("beadle.waits_for", string(p.Kind)))
		at = p.To
	}
	t.stretch(ctx, "queued", at, b.Began)
}

// stretch tells of a part of a wait, unless it took no time.
func (t *Tracer) stretch(ctx context.Context, name string, from, to time.Time, more ...attribute.KeyValue) {
	if to.After(from) {
		_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(from), trace.WithAttributes(more...))
		span.End(trace.WithTimestamp(to))
	}
}

// of is what spans say of a job.
func of(j job.Job) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("beadle.job", j.ID), attribute.String("beadle.task", j.Task),
		attribute.String("beadle.client", j.Client), attribute.String("beadle.queue", j.Queue),
	}
}

// traceparent is the header of the W3C.
const traceparent = "traceparent"

var w3c propagation.TraceContext

// textOf returns a span as a traceparent.
func textOf(s trace.SpanContext) string {
	header := propagation.MapCarrier{}
	w3c.Inject(trace.ContextWithSpanContext(context.Background(), s), header)
	return header[traceparent]
}

// parse reads a traceparent. One that is none is not valid.
func parse(text string) trace.SpanContext {
	if text == "" {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(w3c.Extract(context.Background(), propagation.MapCarrier{traceparent: text}))
}
