package apitest

import (
	"bytes"
	"context"
	"time"

	"github.com/google/pprof/profile"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Processes implements api.Engine.
func (e Engine) Processes(context.Context) ([]job.Process, error) {
	all := []job.Process{
		{Name: "host-a:11", Kind: job.KindScheduler, LogLevel: "info", Seen: Now},
		{Name: "worker@host-b:12", Kind: job.KindWorker, LogLevel: "info", Seen: Now},
	}
	for i, p := range all {
		wish, ok := e.levels[p.Name]
		if !ok {
			wish, ok = e.levels[""]
		}
		if ok && wish.Level != job.DefaultLevel {
			all[i].LogLevel, all[i].Until, all[i].By = wish.Level, &wish.Until, wish.By
		}
	}
	return all, e.check()
}

// SetLogLevel implements api.Engine.
func (e Engine) SetLogLevel(ctx context.Context, process, level string, lasts time.Duration, by string) error {
	if process != "" && process != "host-a:11" && process != "worker@host-b:12" {
		return fault.New(fault.NotFound, "There is no process %s.", process).In("process")
	}
	if process == "" || e.levels == nil {
		e.levels = map[string]job.LevelWish{}
	}
	e.levels[process] = job.LevelWish{Level: level, Until: Now.Add(lasts), By: by}
	return e.check()
}

// Profile implements api.Engine: each task is busy for a second.
func (e Engine) Profile(_ context.Context, task, worker string, _ time.Duration) ([]byte, error) {
	if worker != "" && worker != "w-1" {
		return nil, fault.New(fault.NotFound, "There is no worker %s.", worker).In("worker")
	}
	var out bytes.Buffer
	err := (&profile.Profile{
		SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}},
		Sample:     []*profile.Sample{{Value: []int64{int64(time.Second)}, Label: map[string][]string{"task": {task}}}},
	}).Write(&out)
	if err != nil {
		return nil, err
	}
	return out.Bytes(), e.check()
}
