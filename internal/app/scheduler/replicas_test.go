package scheduler

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A meeting is a ledger in which another scheduler has noted itself.
type meeting struct {
	mu    sync.Mutex
	other job.Replica
	noted []job.Replica
}

// change changes the other one.
func (m *meeting) change(change func(other *job.Replica)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.other.Zones = maps.Clone(m.other.Zones)
	change(&m.other)
}

func (m *meeting) MeetReplicas(_ context.Context, r job.Replica, _ time.Time) ([]job.Replica, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noted = append(m.noted, r)
	return []job.Replica{m.other}, nil
}

func (m *meeting) ScheduleVersion(context.Context) (int64, error) { return 1, nil }

func (m *meeting) Schedules(context.Context) ([]job.Schedule, error) {
	return []job.Schedule{{Rule: job.Rule{Zone: "Europe/Berlin"}}, {Rule: job.Rule{Zone: "UTC"}}, {Rule: job.Rule{Zone: "UTC"}}}, nil
}

func TestSaysWhenAnotherSchedulerWouldPlanDifferently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		m := &meeting{other: job.Replica{Name: "b:7", Zones: fingerprints([]string{"Europe/Berlin", "Asia/Tokyo"}, time.Now().Year())}}
		r := &replicas{ledger: m, name: "a:1", clocks: &clocks{}, now: time.Now, log: slog.New(slog.NewTextHandler(&said, nil))}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.run(ctx) }()
		time.Sleep(replicasEvery / 2)
		for _, change := range []func(other *job.Replica){
			func(other *job.Replica) { other.Ahead = 5 * time.Second },
			func(*job.Replica) {},
			func(other *job.Replica) { other.Ahead, other.Zones["2000 Europe/Berlin"] = 0, "other" },
			func(other *job.Replica) { other.Zones = fingerprints([]string{"Europe/Berlin"}, 2000) },
		} {
			m.change(change)
			time.Sleep(replicasEvery)
		}
		stop()
		<-ended
		var got []string
		for line := range strings.Lines(said.String()) {
			_, rest, _ := strings.Cut(line, "level=")
			got = append(got, strings.TrimSpace(rest))
		}
		want := []string{"the clocks are 5s apart", "the rules of Europe/Berlin differ", "agree again"}
		for i, part := range want {
			if i >= len(got) || !strings.Contains(got[i], part) {
				t.Fatalf("said\n%s\nwant %q", said.String(), want)
			}
		}
		if len(got) != len(want) || len(m.noted[0].Zones) != 2 {
			t.Errorf("said %d times\n%s, noted %+v", len(got), said.String(), m.noted[0])
		}
	})
}

func TestAFingerprintTellsZonesApart(t *testing.T) {
	prints := fingerprints([]string{"Europe/Berlin", "Europe/Paris", "Europe/London", "Mars/Olympus"}, 2026)
	if prints["2026 Europe/Berlin"] != prints["2026 Europe/Paris"] || prints["2026 Europe/Berlin"] == prints["2026 Europe/London"] || prints["2026 Mars/Olympus"] != "" {
		t.Errorf("%v", prints)
	}
}
