package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestTopFitsTheTerminal(t *testing.T) {
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	v := topView{
		Counts:  map[client.State]int64{"running": 30},
		Queues:  []client.Queue{{Name: "worker", Pause: &job.Pause{Queue: "worker", By: "anna", Note: "upgrade", Since: now}}},
		Workers: []client.Worker{{Name: "evil\x1b[2J\u202e", Concurrency: 4, Running: []string{"a"}}},
	}
	for range 30 {
		v.Running = append(v.Running, client.Job{ID: "0198f3c2-7d10-7025-8a4e-5b1c9d20e6f7", Task: "sis.registrations.process", Started: new(now.Add(-time.Minute)), Progress: job.Progress{Done: 1, Total: 2}})
	}
	lines := v.lines(now, 40, 20)
	if len(lines) != 20 || !strings.HasPrefix(lines[19], "… 20 more") {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 40 || strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("line %q", line)
		}
	}
	all := strings.Join(v.lines(now, 0, 0), "\n")
	for _, want := range []string{"30 running, 0 queued", "Queue worker is paused by anna since 08:00 UTC: upgrade.", "[###.......] 1 of 4", "[#####.....]  50 %  1m0s"} {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %q in\n%s", want, all)
		}
	}
}
