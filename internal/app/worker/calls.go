package worker

import (
	"context"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Watch returns what is told of the calls to one system: a "source", "target"
// or "sink", by the name that the settings give it.
type Watch func(kind, name string) sis.Watch

// counting returns a watch that counts calls.
func counting(m *metric.Metrics) Watch {
	of := map[string]*metric.Calls{"source": m.Sources(), "target": m.Targets(), "sink": m.Sinks()}
	return func(kind, name string) sis.Watch {
		return func(_ context.Context, operation string) func(error) {
			began := time.Now()
			return func(err error) { of[kind].Called(name, operation, outcomeOf(err), time.Since(began)) }
		}
	}
}

// outcomeOf says how a call ended. One is refused if the system works, and does
// not take what it was sent.
func outcomeOf(err error) metric.CallOutcome {
	said, ok := errors.AsType[*sis.Error](err)
	switch {
	case err == nil:
		return metric.CallOK
	case errors.Is(err, context.Canceled):
		return metric.CallStopped
	case ok && (said.Code == "TGT_REFUSED" || said.Code == "ROW_MALFORMED"):
		return metric.CallRefused
	}
	return metric.CallFailed
}
