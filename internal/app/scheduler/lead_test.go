package scheduler

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestNoTaskOfASlotIsUnknownBeforeWorkersHaveSpoken(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	q := clientQueue{engine.New(rdb, log), records}
	refusal := func() fault.Kind {
		accepted, err := q.EnqueueBatch(t.Context(), []job.Request{{Task: "nightly"}})
		if err != nil {
			t.Fatal(err)
		}
		return fault.KindOf(accepted[0].Err)
	}

	if got := refusal(); got != fault.Unavailable {
		t.Errorf("without workers: %v, want to be asked again", got)
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	other := tasks.Spec[struct{}]{Name: "other", Run: func(context.Context, *tasks.Job[struct{}]) error { return nil }}
	go func() {
		ended <- worker.Run(ctx, worker.Options{Redis: rdb, Queue: "worker", Settings: config.Default().Worker, Log: log}, other)
	}()
	t.Cleanup(func() { stop(); <-ended })
	for deadline := time.Now().Add(30 * time.Second); refusal() == fault.Unavailable && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := refusal(); got != fault.Invalid {
		t.Errorf("with a worker that does not know it: %v, want a refusal", got)
	}
}

func TestASlotThatIsMissedRaisesAnAlarm(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	due := time.Now().UTC().Add(-12 * time.Hour) // once since the schedule was made, whatever the hour is now
	rule := job.NewRule(fmt.Sprintf("0 %d * * *", due.Hour()), "UTC", nil)
	rule.CatchUp = job.CatchUpNone
	nightly := job.Schedule{Name: "nightly", Task: "nightly", Rule: rule, Base: rule, Created: due.Add(-12 * time.Hour)}
	if err := records.PutSchedules(t.Context(), []job.Schedule{nightly}); err != nil {
		t.Fatal(err)
	}

	var said bytes.Buffer // read once the walker has ended
	s, err := newScheduler(Options{Redis: rdb, Ledger: records, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.walker(nil, nil).Run(ctx) }()
	raised := func() bool {
		scrape := httptest.NewRecorder()
		s.metrics.Handler().ServeHTTP(scrape, httptest.NewRequest("GET", "/metrics", nil))
		for line := range strings.Lines(scrape.Body.String()) {
			if n, ok := strings.CutPrefix(line, `beadle_slot_alarms_total{outcome="missed"} `); ok {
				return n != "0\n"
			}
		}
		return false
	}
	ok := raised()
	for deadline := time.Now().Add(30 * time.Second); !ok && time.Now().Before(deadline); ok = raised() {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	<-ended
	if !ok || !strings.Contains(said.String(), `msg="a slot was missed" schedule=nightly`) {
		t.Errorf("an alarm in the metrics: %t; in the log: %s", ok, said.String())
	}
}

func TestTheLeaderSaysHowLongThingsAreKept(t *testing.T) {
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	c := config.Default()
	c.Retention.Logs = 7
	s := &scheduler{Options: Options{Ledger: records, Settings: c, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}}
	if err := s.sayRetention(t.Context()); err != nil {
		t.Fatal(err)
	}
	if base, known, err := records.RetentionBase(t.Context()); base != (job.Retention{Logs: 7}) || !known || err != nil {
		t.Errorf("kept are %+v, %t, %v", base, known, err)
	}
}
