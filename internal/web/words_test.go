package web

import (
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestNumbersHaveThousandsApart(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 4200: "4,200", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDurationsReadWell(t *testing.T) {
	for d, want := range map[time.Duration]string{
		300 * time.Millisecond:                "under 1 s",
		12 * time.Second:                      "12 s",
		95 * time.Second:                      "1 min 35 s",
		time.Hour + 5*time.Minute:             "1 h 05 min",
		49 * time.Hour:                        "2 d 1 h",
		59*time.Second + 400*time.Millisecond: "59 s",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestTimesAreSeenFromNow(t *testing.T) {
	now := time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0:                      "just now",
		500 * time.Millisecond: "just now",
		-5 * time.Second:       "5 s ago",
		-61 * time.Second:      "1 min ago",
		-26 * time.Hour:        "26 h ago",
		-72 * time.Hour:        "3 days ago",
		-30 * 24 * time.Hour:   "4 Aug 2026",
		48 * time.Second:       "in 48 s",
		90 * time.Minute:       "in 1 h",
	} {
		if got := relative(now.Add(d), now); got != want {
			t.Errorf("relative(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestTheTimeLeftIsNotGuessedTooEarly(t *testing.T) {
	now := time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)
	running := func(since time.Duration, done, total int64) job.Job {
		return job.Job{State: job.Running, Started: new(now.Add(-since)), Progress: job.Progress{Stage: "users", Done: done, Total: total}}
	}
	for name, tt := range map[string]struct {
		job  job.Job
		want meter
	}{
		"half way":      {running(time.Minute, 50, 100), meter{Bar: true, Percent: 50, Text: "users · 1 min left"}},
		"just begun":    {running(time.Second, 50, 100), meter{Bar: true, Percent: 50, Text: "users"}},
		"nothing done":  {running(time.Minute, 0, 100), meter{Bar: true, Text: "users"}},
		"all done":      {running(time.Minute, 100, 100), meter{Bar: true, Percent: 100, Text: "users"}},
		"total unknown": {running(time.Minute, 1500, 0), meter{Count: "1,500", Text: "users"}},
	} {
		if got := meterOf(tt.job, now); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestAnEndedJobSaysHowFarItCame(t *testing.T) {
	for want, j := range map[string]job.Job{
		"84 created, 3 changed": {State: job.Succeeded, Progress: job.Progress{Done: 87, Total: 87, Created: 84, Changed: 3}},
		"1,880 done":            {State: job.Succeeded, Progress: job.Progress{Stage: "registrations", Done: 1880, Total: 1880}},
		"12 done":               {State: job.Aborted, Progress: job.Progress{Done: 12}},
		"12 of 84 done":         {State: job.Failed, Progress: job.Progress{Done: 12, Total: 84}},
		"":                      {State: job.Succeeded, Progress: job.Progress{Stage: "plan"}},
	} {
		if got := result(j.Progress); got != want {
			t.Errorf("%s %+v reads %q, want %q", j.State, j.Progress, got, want)
		}
	}
}

func TestEveryStateHasASentenceAndAChip(t *testing.T) {
	for _, state := range job.States {
		if s := sentence(job.Job{State: state}, time.Now()); s == "" || s[len(s)-1] != '.' {
			t.Errorf("%s: %q is no sentence", state, s)
		}
		if c := chipOf(state); c.Word == "" || c.Icon == "" || c.Colour == "" {
			t.Errorf("%s has no chip", state)
		}
	}
	if got := reasonOr(job.Job{Reason: "élan vital is missing"}, ""); got != "Élan vital is missing." {
		t.Errorf("a reason reads %q", got)
	}
}
