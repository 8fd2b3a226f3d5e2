package bench_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/bench"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestASeedMakesTheSameJobsEachTime(t *testing.T) {
	first, second := seeded(t, 1), seeded(t, 1)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same seed again (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, seeded(t, 2)) {
		t.Error("another seed makes the same jobs")
	}
}

func TestASeedIsOfAllKinds(t *testing.T) {
	kinds := map[string]map[string]bool{"state": {}, "task": {}, "client": {}, "owner": {}, "schedule": {}}
	for _, j := range seeded(t, 1) {
		if !j.State.Final() {
			t.Errorf("job %s is %s, want one that has ended", j.ID, j.State)
		}
		kinds["state"][string(j.State)] = true
		kinds["task"][j.Task] = true
		kinds["client"][j.Client] = true
		kinds["owner"][j.Owner] = true
		kinds["schedule"][j.Schedule] = true
	}
	for kind, least := range map[string]int{"state": 4, "task": 30, "client": 20, "owner": 100, "schedule": 30} {
		if n := len(kinds[kind]); n < least {
			t.Errorf("%s: %d different ones, want %d at least", kind, n, least)
		}
	}
}

func TestASeedGoesIntoPostgresToo(t *testing.T) {
	location := testservers.Postgres(t)
	got, err := bench.Seed{Ledger: location, Jobs: 500, Seed: 1}.Run(t.Context())
	if err != nil || got.Jobs != 500 || got.RecordErrors == 0 || got.LogLines == 0 {
		t.Errorf("got %+v, %v; want 500 jobs with errors and lines", got, err)
	}
	if _, err := (bench.Seed{Ledger: location, Jobs: 500, Seed: 1}).Run(t.Context()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a ledger in use: %v, want a refusal", err)
	}
}

// seeded returns the newest jobs of a ledger that was filled with 600.
func seeded(t *testing.T, seed int) []job.Job {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, err := (bench.Seed{Ledger: path, Jobs: 600, Seed: seed}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	jobs, err := l.Jobs(t.Context(), job.Filter{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}
