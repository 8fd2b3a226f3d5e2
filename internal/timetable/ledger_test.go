package timetable_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// The walker and the real ledger understand each other.
func TestWalksWithTheRealLedger(t *testing.T) {
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	start := time.Date(2026, 9, 7, 8, 0, 0, 0, time.UTC)
	began := time.Now()
	now := func() time.Time { return start.Add(150*time.Minute + time.Since(began)) }
	s := every("0 * * * *")
	s.Client, s.Created, s.Decided = "default", start, start
	if err := l.PutSchedules(t.Context(), []job.Schedule{s}); err != nil {
		t.Fatal(err)
	}
	q := &fakeQueue{now: now}
	walkWith(t, &timetable.Walker{Ledger: l, Queue: q, Now: now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}, 500*time.Millisecond)

	slots, err := l.Slots(t.Context(), s.Name, start, time.Time{}, 10)
	if err != nil || len(slots) != 2 {
		t.Fatalf("%d slots, %v", len(slots), err)
	}
	if latest := slots[0]; latest.Outcome != job.SlotCaughtUp || latest.JobID != timetable.SlotID(s.Name, start.Add(2*time.Hour)) || latest.Lag < 30*time.Minute {
		t.Errorf("the latest slot: %+v", latest)
	}
	if slots[1].Outcome != job.SlotMissed || slots[1].Reason != "the scheduler was down" {
		t.Errorf("the slot before it: %+v", slots[1])
	}
	after, err := l.Schedule(t.Context(), s.Name)
	if err != nil || !after.Decided.Equal(start.Add(2*time.Hour)) {
		t.Errorf("decided until %s, %v", after.Decided, err)
	}
}
