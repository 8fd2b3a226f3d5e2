package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestKeepsWhoPausedAQueueAndWhy(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
		anna := job.Pause{Queue: "worker", By: "anna", Note: "database upgrade", Since: now}
		soon := job.Pause{Queue: "mail", By: "paul", Since: now, Until: new(now.Add(time.Hour))}
		for _, p := range []job.Pause{{Queue: "worker", By: "paul", Note: "what for?", Since: now.Add(-time.Hour)}, anna, soon} {
			if err := l.PutPause(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		for at, want := range map[time.Time][]job.Pause{now: {soon, anna}, now.Add(time.Hour): {anna}} {
			got, err := l.Pauses(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pauses at %s (-want +got)\n%s", at, diff)
			}
		}
		if err := l.DeletePause(t.Context(), "worker"); err != nil {
			t.Fatal(err)
		}
		if err := l.DeletePause(t.Context(), "worker"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("resumed twice: %v", err)
		}
	})
}
