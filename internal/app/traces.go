package app

import (
	"context"
	"log/slog"
	"os"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/trace"
)

// StartTraces returns what makes the spans of a process, or nil if the settings
// say nowhere to send them, and what sends the last ones.
func StartTraces(ctx context.Context, c config.Config, service string, log *slog.Logger) (*trace.Tracer, func(), error) {
	host, _ := os.Hostname()
	tracer, err := trace.Start(ctx, trace.Settings{
		Endpoint: c.Traces.Endpoint, Ratio: c.Traces.Ratio, Service: service, Version: Version(), Instance: host + ":" + strconv.Itoa(os.Getpid()),
	}, log)
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "traces.endpoint: %s is not where traces can be sent.", c.Traces.Endpoint).Because(err)
	}
	return tracer, func() {
		if err := tracer.Close(); err != nil {
			log.Warn("the last traces are not sent", "err", err)
		}
	}, nil
}
