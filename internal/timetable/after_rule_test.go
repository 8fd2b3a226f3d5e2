package timetable

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestWhatBecomesOfASlotThatWaits(t *testing.T) {
	start := time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)
	after := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	done := prior{what: "users of 02:00", is: met, at: after(10)}
	early := prior{what: "terms of 01:00", is: met, at: after(-50)}
	open := prior{what: "groups of 02:00"}
	failed := prior{what: "mails of 02:00", is: lost, at: after(20), why: "failed"}
	for _, tt := range []struct {
		name      string
		otherwise job.AfterElse
		now       int // minutes after it was to start; the limit is 60
		priors    []prior
		want      ruling
	}{
		{"for nothing", "", 0, nil, ruling{ready: start}},
		{"for what is over", "", 0, []prior{early}, ruling{ready: start}},
		{"for what was later", "", 10, []prior{early, done}, ruling{ready: after(10), why: "it waited for users of 02:00"}},
		{"for one of three", "", 10, []prior{early, done, open}, ruling{ready: after(10), waits: "Waits for groups of 02:00."}},
		{"for two", "", 0, []prior{open, open}, ruling{ready: start, waits: "Waits for groups of 02:00 and groups of 02:00."}},
		{"for what has failed", "", 20, []prior{open, failed}, ruling{ready: after(20), doom: job.SlotBlocked, why: "mails of 02:00 failed"}},
		{"for what has failed, and is missed", job.ElseMiss, 20, []prior{failed}, ruling{ready: after(20), doom: job.SlotMissed, why: "mails of 02:00 failed"}},
		{"for what has failed, and runs", job.ElseRun, 20, []prior{failed}, ruling{ready: after(20), why: "it ran although mails of 02:00 failed"}},
		{"for another when one has failed", job.ElseRun, 20, []prior{failed, open}, ruling{ready: after(20), waits: "Waits for groups of 02:00."}},
		{"a moment less than its limit", "", 59, []prior{open}, ruling{ready: start, waits: "Waits for groups of 02:00."}},
		{"too long", job.ElseSkip, 60, []prior{open}, ruling{ready: after(60), doom: job.SlotBlocked, why: "groups of 02:00 had not succeeded within 1h0m0s"}},
		{"too long, and runs", job.ElseRun, 60, []prior{done, open}, ruling{ready: after(60), why: "it ran although groups of 02:00 had not succeeded within 1h0m0s"}},
	} {
		s := job.Schedule{Rule: job.Rule{AfterElse: tt.otherwise, AfterLimit: job.Seconds(time.Hour)}}
		got := ruleOn(s, start, start, after(tt.now), tt.priors)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(ruling{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
		if intended := after(90); tt.name == "too long" && ruleOn(s, start, intended, after(149), tt.priors).doom != "" {
			t.Error("a slot that is caught up on is given up before its limit")
		}
	}
}

func TestFindsTheLastDueTimeBeforeATime(t *testing.T) {
	for _, tt := range []struct{ dialect, cron, zone, before, want string }{
		{"unix", "0 2 * * *", "UTC", "2026-09-01T02:00:00Z", "2026-08-31T02:00:00Z"},
		{"unix", "0 2 * * *", "UTC", "2026-09-01T02:00:00.001Z", "2026-09-01T02:00:00Z"},
		{"quartz", "* * * * * ?", "UTC", "2026-09-01T02:00:00Z", "2026-09-01T01:59:59Z"},
		{"quartz", "* * * 1 1 ?", "UTC", "2026-09-01T02:00:00Z", "2026-01-01T23:59:59Z"},
		{"unix", "0 0 29 2 *", "UTC", "2027-01-01T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"unix", "*/5 9-16 * * 1-5", "America/New_York", "2026-09-07T09:00:00-04:00", "2026-09-04T16:55:00-04:00"},
		{"unix", "30 1 * * *", "America/New_York", "2026-11-01T12:00:00-05:00", "2026-11-01T01:30:00-04:00"},
		{"every", "90 minutes from 2026-01-05 08:00", "UTC", "2026-01-05T11:00:00Z", "2026-01-05T09:30:00Z"},
		{"every", "90 minutes from 2026-01-05 08:00", "UTC", "2026-01-05T08:00:00Z", ""},
	} {
		times, err := atlas{}.times(job.Schedule{Rule: job.Rule{Dialect: tt.dialect, Cron: tt.cron, Zone: tt.zone}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		before, err := time.Parse(time.RFC3339Nano, tt.before)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at := times.latest(before); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("%s before %s: %q, want %q", tt.cron, tt.before, got, tt.want)
		}
	}
}
