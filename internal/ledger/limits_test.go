package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestKeepsTheLimitsOfOperators(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		for _, limit := range []job.Limit{
			{Task: "grades.push", Max: 3},
			{Task: "grades.push", Client: "*", Max: 1},
			{Client: "north", Max: 5},
			{Task: "grades.push", Max: 2, InUse: 7, From: "task"},
		} {
			if err := l.PutLimit(t.Context(), limit); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.DeleteLimit(t.Context(), "", "north"); err != nil {
			t.Fatal(err)
		}
		got, err := l.Limits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []job.Limit{
			{Task: "grades.push", Max: 2, From: "operator"},
			{Task: "grades.push", Client: "*", Max: 1, From: "operator"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limits (-want +got):\n%s", diff)
		}
	})
}

func TestRefusesLimitsThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		if err := l.PutLimit(t.Context(), job.Limit{Task: "grades.push"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a limit of none: error = %v, want a refusal", err)
		}
		err := l.DeleteLimit(t.Context(), "grades.push", "*")
		if fault.KindOf(err) != fault.NotFound || fault.Message(err) != "There is no limit of task grades.push for each client." {
			t.Errorf("delete: error = %v", err)
		}
	})
}
