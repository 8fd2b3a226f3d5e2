package check_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// slot is that of a schedule which is due every two seconds, at its nth time.
func slot(n int, job string) journal.Slot {
	outcome := "missed"
	if job != "" {
		outcome = "ran"
	}
	return journal.Slot{Due: began.Add(time.Duration(n) * 2 * time.Second), Outcome: outcome, Job: job}
}

func TestEverySlotHasOneOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		slots []journal.Slot
		want  []check.Kind
	}{
		"each has one":                       {[]journal.Slot{slot(1, ""), slot(3, ""), slot(2, "")}, nil},
		"the first is missing":               {[]journal.Slot{slot(2, ""), slot(3, "")}, []check.Kind{check.SlotMissing}},
		"one between is missing":             {[]journal.Slot{slot(1, ""), slot(3, "")}, []check.Kind{check.SlotMissing}},
		"the last is missing":                {[]journal.Slot{slot(1, ""), slot(2, "")}, []check.Kind{check.SlotMissing}},
		"none is there":                      {nil, []check.Kind{check.SlotMissing, check.SlotMissing, check.SlotMissing}},
		"one has two":                        {[]journal.Slot{slot(1, ""), slot(2, ""), slot(2, ""), slot(3, "")}, []check.Kind{check.SlotDoubled}},
		"the job of one that ran is unknown": {[]journal.Slot{slot(1, ""), slot(2, "gone"), slot(3, "")}, []check.Kind{check.Lost}},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell()
			s.Slots = []journal.Due{{Schedule: "s", Every: 2 * time.Second, From: began.Add(time.Second), To: began.Add(8 * time.Second), Slots: tt.slots}}
			var got []check.Kind
			for _, f := range check.Judge(s.Evidence).Findings {
				got = append(got, f.Kind)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTwoJobsOfOneSlotAreOneTooMany(t *testing.T) {
	for name, tt := range map[string]struct {
		second *time.Time
		want   int
	}{"two slots": {at(2 * second), 0}, "one slot": {at(0), 1}} {
		s := tell().attempt(good("a", 1, 1, 10)).recorded("a", "succeeded", "succeeded").
			attempt(good("b", 2, 20, 30)).recorded("b", "succeeded", "succeeded")
		for i, due := range []*time.Time{at(0), tt.second} {
			s.Ledger[i].Job.Schedule, s.Ledger[i].Job.Slot = "s", due
			s.Ledger[i].Job.Args = errand.Errand{Name: "always the same"}
		}
		if got := check.Judge(s.Evidence).Counts[check.Doubled]; got != tt.want {
			t.Errorf("%s: %d jobs doubled, want %d", name, got, tt.want)
		}
	}
}

func TestWaitsAreOfThoseAcceptedInThatTime(t *testing.T) {
	var ledger []check.Detail
	for i := range 300 {
		created := began.Add(time.Duration(i) * time.Second)
		ledger = append(ledger, check.Detail{Job: check.Job{Created: created, Started: new(created.Add(time.Duration(i) * time.Millisecond))}})
	}
	ledger = append(ledger, check.Detail{Job: check.Job{Created: began.Add(150 * time.Second)}}) // never started
	got := check.WaitsOf(ledger, began.Add(100*time.Second), began.Add(200*time.Second))
	want := check.Waits{Jobs: 100, P50: 149 * time.Millisecond, P99: 198 * time.Millisecond, Max: 199 * time.Millisecond}
	if got != want {
		t.Errorf("waits = %+v, want %+v", got, want)
	}
}
