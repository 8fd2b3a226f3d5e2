package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/doctor"
	"github.com/beadle-jobs/beadle/internal/job"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// healthy are the facts of an installation with which nothing is wrong.
func healthy() doctor.Facts {
	return doctor.Facts{
		Now: noon, Server: noon, Version: "v1",
		System: job.System{
			Version:    "v1",
			Redis:      job.RedisFacts{Answers: true, Version: "8.0.2", Role: "master", Memory: new(int64(1 << 20)), MaxMemory: new(int64(1 << 30)), Eviction: "noeviction", Persistence: "aof"},
			Ledger:     job.LedgerFacts{Answers: true, Kind: "SQLite", Version: "3.50", Size: new(int64(1 << 20)), Migration: new(int64(31)), Free: new(int64(1 << 40))},
			Schedulers: []job.Scheduler{{Name: "ada:1", Leads: true}, {Name: "bob:2"}},
			Builds:     []job.Build{{Build: "v1", Workers: 1}},
			Zones:      job.ZoneFacts{Source: "/usr/share/zoneinfo", Edition: "2026a"},
		},
		Workers:   []job.Worker{{ID: "w1", Name: "worker", Host: "ada", Seen: noon.Add(-2 * time.Second)}},
		Queues:    []job.Queue{{Name: "worker", Counts: map[job.State]int64{job.Queued: 3}, Workers: []string{"w1"}}},
		Schedules: []job.Schedule{{Name: "nightly", Rule: job.Rule{Enabled: true}}},
		Slots:     []job.Slot{{Schedule: "nightly", Outcome: job.SlotRan}},
		Locks:     []job.Lock{{Resource: "north/grades", Holders: []job.Holder{{JobID: "j1", Worker: "w1"}}}},
		Files:     []doctor.File{{Path: "token"}},
	}
}

func TestAHealthyInstallationHasNothingToCure(t *testing.T) {
	for _, f := range doctor.Examine(healthy()) {
		if f.Level != doctor.OK || !strings.HasSuffix(f.Sentence, ".") {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatIsWrongIsSaidWithItsCure(t *testing.T) {
	for name, tt := range map[string]struct {
		harm  func(f *doctor.Facts)
		check string
		level doctor.Level
		cure  string
	}{
		"Redis is away":              {func(f *doctor.Facts) { f.System.Redis = job.RedisFacts{} }, "redis", doctor.Fail, "Start it"},
		"Redis is a replica":         {func(f *doctor.Facts) { f.System.Redis.Role = "replica" }, "redis", doctor.Fail, "name the master"},
		"Redis keeps nothing":        {func(f *doctor.Facts) { f.System.Redis.Persistence = "none" }, "redis persistence", doctor.Fail, "Set appendonly yes"},
		"Redis drops keys":           {func(f *doctor.Facts) { f.System.Redis.Eviction = "allkeys-lru" }, "redis eviction", doctor.Fail, "noeviction"},
		"Redis does not tell":        {func(f *doctor.Facts) { f.System.Redis.Eviction = "" }, "redis eviction", doctor.Warn, "noeviction"},
		"Redis is nearly full":       {func(f *doctor.Facts) { f.System.Redis.Memory = new(int64(1020 << 20)) }, "redis memory", doctor.Fail, "Raise maxmemory"},
		"Redis fills up":             {func(f *doctor.Facts) { f.System.Redis.Memory = new(int64(850 << 20)) }, "redis memory", doctor.Warn, "raise maxmemory"},
		"the ledger is away":         {func(f *doctor.Facts) { f.System.Ledger = job.LedgerFacts{} }, "ledger", doctor.Fail, "Start its database"},
		"the disk is full":           {func(f *doctor.Facts) { f.System.Ledger.Free = new(int64(1 << 20)) }, "ledger disk", doctor.Fail, "Make room"},
		"the disk fills up":          {func(f *doctor.Facts) { f.System.Ledger.Free = new(int64(500 << 20)) }, "ledger disk", doctor.Warn, "make room"},
		"the recorder is far behind": {func(f *doctor.Facts) { f.System.Recorder.Behind = job.Seconds(5 * time.Minute) }, "recorder", doctor.Fail, "fast enough"},
		"the recorder is behind":     {func(f *doctor.Facts) { f.System.Recorder.Behind = job.Seconds(5 * time.Second) }, "recorder", doctor.Warn, "behind"},
		"nobody leads":               {func(f *doctor.Facts) { f.System.Schedulers[0].Leads = false }, "leader", doctor.Fail, "See the log"},
		"a scheduler's clock":        {func(f *doctor.Facts) { f.System.Schedulers[1].Ahead = job.Seconds(-4 * time.Second) }, "clocks", doctor.Fail, "NTP"},
		"the clock of this machine":  {func(f *doctor.Facts) { f.Now = noon.Add(time.Minute) }, "clocks", doctor.Warn, "NTP"},
		"zones that differ": {func(f *doctor.Facts) {
			f.System.Schedulers[1].Remark = "the rules of Europe/Madrid differ: bring the time zone databases of both machines to the same edition"
		}, "time zones", doctor.Fail, "same edition"},
		"builds that differ":          {func(f *doctor.Facts) { f.System.Builds = append(f.System.Builds, job.Build{Build: "v0"}) }, "versions", doctor.Warn, "finish the upgrade"},
		"another jobctl":              {func(f *doctor.Facts) { f.Version = "v0" }, "versions", doctor.Warn, "same version"},
		"a silent worker":             {func(f *doctor.Facts) { f.Workers[0].Seen = noon.Add(-time.Minute) }, "workers", doctor.Fail, "machine lives"},
		"no worker":                   {func(f *doctor.Facts) { f.Workers = nil }, "workers", doctor.Fail, "Start one"},
		"jobs that do not stop":       {func(f *doctor.Facts) { f.Workers[0].Stuck = []string{"j1"} }, "workers", doctor.Warn, "restart it"},
		"a queue without a reader":    {func(f *doctor.Facts) { f.Queues[0].Workers = nil }, "queues", doctor.Fail, "worker.queues"},
		"a paused queue":              {func(f *doctor.Facts) { f.Queues[0].Pause = &job.Pause{} }, "pauses", doctor.Warn, "jobctl queue resume worker"},
		"a schedule without a worker": {func(f *doctor.Facts) { f.Schedules[0].Missing = true }, "schedules", doctor.Fail, "start one that does"},
		"a schedule with a mistake":   {func(f *doctor.Facts) { f.Schedules[0].Problem = "It cannot be read." }, "schedules", doctor.Fail, "jobctl schedule edit"},
		"missed slots":                {func(f *doctor.Facts) { f.Slots[0].Outcome = job.SlotMissed }, "slots", doctor.Warn, "jobctl slots"},
		"a lock of nobody":            {func(f *doctor.Facts) { f.Locks[0].Holders[0].Worker = "w9" }, "locks", doctor.Warn, "jobctl locks break j1"},
		"a token that is open":        {func(f *doctor.Facts) { f.Files[0].Open = true }, "secrets", doctor.Fail, "chmod"},
		"what could not be asked":     {func(f *doctor.Facts) { f.Unknown = map[string]string{"locks": "Redis is away."} }, "locks", doctor.Warn, "Redis is away."},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy()
			tt.harm(&f)
			all := doctor.Examine(f)
			if !slices.ContainsFunc(all, func(got doctor.Finding) bool {
				return got.Check == tt.check && got.Level == tt.level && strings.Contains(got.Sentence, tt.cure)
			}) {
				t.Errorf("want %s of %s with %q, got %+v", tt.level, tt.check, tt.cure, all)
			}
			if doctor.Worst(all) != tt.level {
				t.Errorf("the worst is %s, want %s", doctor.Worst(all), tt.level)
			}
		})
	}
}
