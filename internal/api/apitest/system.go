package apitest

import (
	"context"
	"runtime"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// System is what a platform of two schedulers runs on. Its Redis does not tell
// what it does when memory is short.
func System(context.Context) job.System {
	return job.System{
		Version: "v1.2.3", Go: runtime.Version(),
		Redis: job.RedisFacts{
			Answers: true, Version: "8.0.2", Role: "master", Replicas: new(int64(1)),
			Memory: new(int64(25 << 19)), MaxMemory: new(int64(0)), Keys: new(int64(1204)), Persistence: "aof",
		},
		Ledger:   job.LedgerFacts{Answers: true, Kind: "SQLite", Version: "3.50.1", Size: new(int64(48 << 20)), Migration: new(int64(16))},
		Recorder: job.Recorder{Behind: job.Seconds(40 * time.Millisecond), Stream: new(int64(3))},
		Schedulers: []job.Scheduler{
			{Name: "ada:17", Leads: true, Asked: true, Seen: Now.Add(-20 * time.Second), Zones: 2},
			{Name: "bob:9", Ahead: job.Seconds(-3 * time.Second), Seen: Now.Add(-40 * time.Second), Zones: 2, Remark: "the clocks are 3s apart: keep both right with NTP"},
		},
		Builds:   []job.Build{{Build: "v1.2.3", Workers: 2}},
		Zones:    job.ZoneFacts{Source: "/usr/share/zoneinfo", Edition: "2026a"},
		Viewers:  4,
		Troubles: []string{"Redis may drop jobs when its memory is short. Set maxmemory-policy noeviction."},
	}
}
