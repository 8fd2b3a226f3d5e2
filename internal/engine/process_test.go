package engine

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/logs"
)

// attends lists a process until the test ends, and returns its level.
func (h *house) attends(name, kind string) *logs.Level {
	level := logs.NewLevel(slog.LevelInfo)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.Attend(ctx, job.Process{Name: name, Kind: kind}, level) })
	h.Cleanup(func() { stop(); running.Wait() })
	return level
}

func TestProcessesLogWhatPeopleWantForAWhile(t *testing.T) {
	inBoth(t, func(h *house) {
		scheduler, worker := h.attends("a:1", job.KindScheduler), h.attends("worker@b:2", job.KindWorker)
		are := func(s, w slog.Level) {
			h.Helper()
			h.until("the levels are "+s.String()+" and "+w.String(), func() bool { return scheduler.Level() == s && worker.Level() == w })
		}
		listed := func() []job.Process {
			all, err := h.Processes(h.Context())
			if err != nil {
				h.Fatal(err)
			}
			return all
		}
		want := func(process, level string, lasts time.Duration) {
			h.Helper()
			if err := h.SetLogLevel(h.Context(), process, level, lasts, "anna"); err != nil {
				h.Fatal(err)
			}
		}
		h.until("both are listed", func() bool { return len(listed()) == 2 })
		if p := listed()[1]; p.Name != "worker@b:2" || p.Kind != job.KindWorker || p.LogLevel != "info" || p.Until != nil {
			h.Errorf("the worker is listed as %+v", p)
		}
		want("worker@b:2", "debug", time.Hour)
		are(slog.LevelInfo, slog.LevelDebug)
		h.until("it says so", func() bool { p := listed()[1]; return p.LogLevel == "debug" && p.By == "anna" && p.Until != nil })
		want("", "warn", 4*time.Second) // for all, from now on
		are(slog.LevelWarn, slog.LevelWarn)
		are(slog.LevelInfo, slog.LevelInfo) // by itself
		want("", "error", time.Hour)
		are(slog.LevelError, slog.LevelError)
		want("a:1", job.DefaultLevel, time.Hour)
		are(slog.LevelInfo, slog.LevelError)
		if err := h.SetLogLevel(h.Context(), "nobody", "debug", time.Hour, "anna"); fault.KindOf(err) != fault.NotFound {
			h.Errorf("a process that is not there: %v", err)
		}
	})
}
