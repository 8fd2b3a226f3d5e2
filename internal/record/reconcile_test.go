package record_test

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/record"
)

type entry = events.Entry

// requests returns what it takes to put jobs back.
func requests(ids ...string) map[string]job.Request {
	all := map[string]job.Request{}
	for i, id := range ids {
		all[id] = job.Request{ID: id, Task: "roster.sync", Resume: &job.Resume{Attempt: i}}
	}
	return all
}

func TestPutsUnfinishedJobsBackIntoAnEmptyRedis(t *testing.T) {
	redis := &fakeRedis{epoch: "two"}
	ledger := &fakeLedger{epoch: "one", position: "99-0", unfinished: requests(names(1234)...)}

	n, err := record.Reconcile(t.Context(), redis, ledger, slog.New(slog.DiscardHandler))

	if n != 1234 || err != nil {
		t.Errorf("Reconcile = %d, %v; want 1234 jobs", n, err)
	}
	if diff := cmp.Diff(ledger.unfinished, redis.enqueued); diff != "" {
		t.Errorf("enqueued (-want +got):\n%s", diff)
	}
	if ledger.epoch != "two" || ledger.position != "" {
		t.Errorf("the ledger is at %q of %q, want the start of the new one", ledger.position, ledger.epoch)
	}
}

func TestLeavesARedisAloneThatKeptItsData(t *testing.T) {
	redis := &fakeRedis{epoch: "one"}
	ledger := &fakeLedger{epoch: "one", position: "99-0", unfinished: requests("a")}
	n, err := record.Reconcile(t.Context(), redis, ledger, slog.New(slog.DiscardHandler))
	if n != 0 || err != nil || len(redis.enqueued) != 0 || ledger.position != "99-0" {
		t.Errorf("Reconcile = %d, %v; enqueued %v; position %q", n, err, redis.enqueued, ledger.position)
	}
}

func TestReconcilesAgainAfterItFailedHalfWay(t *testing.T) {
	redis := &fakeRedis{epoch: "two", refuse: "b"}
	ledger := &fakeLedger{epoch: "one", unfinished: requests("a", "b", "c")}
	log := slog.New(slog.DiscardHandler)
	if _, err := record.Reconcile(t.Context(), redis, ledger, log); err == nil || !strings.Contains(err.Error(), "job b") {
		t.Errorf("error = %v, want one that names job b", err)
	}
	if ledger.epoch != "one" {
		t.Error("the new epoch is stored although a job is missing")
	}

	redis.refuse = ""
	if _, err := record.Reconcile(t.Context(), redis, ledger, log); err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(redis.enqueued))
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("enqueued (-want +got):\n%s", diff)
	}
}

func TestARunningRecorderNoticesThatRedisWasEmptied(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b")
		wait(2 * time.Second)
		b.ledger.set(func(l *fakeLedger) { l.unfinished = requests("b") })
		b.redis.set(func(f *fakeRedis) { f.epoch, f.stream = "two", nil })
		wait(5 * time.Second)
		b.redis.append("b", "c")
		wait(2 * time.Second)

		if _, back := b.redis.enqueued["b"]; !back {
			t.Error("job b was not enqueued again")
		}
		if diff := cmp.Diff([]string{"a", "b", "b", "c"}, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		if !strings.Contains(b.log.String(), "jobs=1") {
			t.Errorf("the log does not count the jobs:\n%s", b.log)
		}
	})
}
