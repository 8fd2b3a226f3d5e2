package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Calls returns what makes a span of each call to a system, by the operation: a
// [github.com/beadle-jobs/beadle/pkg/sis.Watch]. The kind is source, target or
// sink, and the name that of the settings. Calls of who is not traced have none.
func Calls(kind, name string) func(ctx context.Context, operation string) (ended func(error)) {
	return func(ctx context.Context, operation string) func(error) {
		above := trace.SpanFromContext(ctx)
		if !above.IsRecording() {
			return func(error) {}
		}
		_, span := above.TracerProvider().Tracer(scope).Start(ctx, "call "+operation,
			trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("beadle."+kind, name)))
		return func(err error) {
			if err != nil {
				span.SetStatus(codes.Error, "failed")
			}
			span.End()
		}
	}
}
