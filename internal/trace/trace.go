// Package trace tells a tracing system what became of a job, as OpenTelemetry
// has it: its acceptance, its wait, its attempts, and the calls that each of
// them made are the spans of one trace.
//
//	enqueue sis.registrations.pull      where it was accepted: the API, or a slot
//	├─ wait                             from when it could run until it did
//	│  ├─ parked                        for a lock, a limit, …
//	│  └─ queued                        in its queue
//	├─ attempt sis.registrations.pull   as often as it took
//	│  └─ call core_user_create_users   each call to the SIS or the LMS, by its operation
//	└─ attempt …
//
// The traceparent of the first span goes with the job; one that has none costs
// nothing. A job that another one enqueued, and one that repeats another, has a
// trace of its own, with a link to that of the other.
//
// Spans have the names of tasks, queues, clients and systems and the ids of
// jobs, and nothing else of a job: no arguments, no errors, no names of people.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Settings say where spans go.
type Settings struct {
	Endpoint string  // of OTLP over HTTP: http://collector:4318; empty: nothing is traced
	Ratio    float64 // of the traces that begin here which are kept, from 0 to 1
	Service  string  // what this process is
	Version  string  // of its build
	Instance string  // tells it from others of the service
}

// scope names what makes spans.
const scope = "github.com/beadle-jobs/beadle"

// patience is how long spans may take on their way when the process ends.
const patience = 5 * time.Second

// tracesPath is where a collector takes spans, unless the endpoint has a path.
const tracesPath = "/v1/traces"

// A Tracer makes spans. A nil one makes none. It may be used from several
// goroutines.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Start returns a tracer that sends spans in the background, or nil if there is
// no endpoint. Spans that cannot be sent are a warning in the log.
func Start(ctx context.Context, s Settings, log *slog.Logger) (*Tracer, error) {
	if s.Endpoint == "" {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(withPath(s.Endpoint)))
	if err != nil {
		return nil, fmt.Errorf("send traces to %s: %w", s.Endpoint, err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces are not sent", "err", err) }))
	return New(sdk.NewBatchSpanProcessor(exporter), s), nil
}

func withPath(endpoint string) string {
	_, rest, _ := strings.Cut(endpoint, "://")
	if _, path, _ := strings.Cut(rest, "/"); path != "" {
		return endpoint
	}
	return strings.TrimSuffix(endpoint, "/") + tracesPath
}

// New returns a tracer whose spans go to a processor.
func New(to sdk.SpanProcessor, s Settings) *Tracer {
	provider := sdk.NewTracerProvider(
		sdk.WithSpanProcessor(to),
		sdk.WithSampler(sampler{sdk.ParentBased(sdk.TraceIDRatioBased(s.Ratio))}),
		sdk.WithResource(about(s)),
	)
	return &Tracer{provider, provider.Tracer(scope)}
}

// about says which process makes spans; what OTEL_RESOURCE_ATTRIBUTES says of it
// is added.
func about(s Settings) *resource.Resource {
	own := resource.NewSchemaless(
		attribute.String("service.name", s.Service), attribute.String("service.namespace", "beadle"),
		attribute.String("service.version", s.Version), attribute.String("service.instance.id", s.Instance),
	)
	all, err := resource.Merge(own, resource.Environment())
	if err != nil {
		return own
	}
	return all
}

// Close sends what is left, for up to five seconds.
func (t *Tracer) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// A sampler keeps a trace that is linked to one that is kept, and otherwise
// decides as the other one does.
type sampler struct{ sdk.Sampler }

// ShouldSample implements [sdk.Sampler].
func (s sampler) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	if !trace.SpanContextFromContext(p.ParentContext).IsValid() && len(p.Links) > 0 {
		if p.Links[0].SpanContext.IsSampled() {
			return sdk.AlwaysSample().ShouldSample(p)
		}
		return sdk.NeverSample().ShouldSample(p)
	}
	return s.Sampler.ShouldSample(p)
}

// LogAttrs are what a log says of the span in its context: nothing, if there is
// none. The trace is that of the job, which the line says itself.
func LogAttrs(ctx context.Context) []slog.Attr {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		return []slog.Attr{slog.String("span_id", span.SpanID().String())}
	}
	return nil
}
