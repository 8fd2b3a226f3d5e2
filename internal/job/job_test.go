package job_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestEveryOpenStateLeadsToAnEnd(t *testing.T) {
	for _, s := range job.States {
		if !s.Final() && !reaches(s, map[job.State]bool{}) {
			t.Errorf("a job in state %s can never end", s)
		}
	}
}

func reaches(s job.State, seen map[job.State]bool) bool {
	if s.Final() {
		return true
	}
	if seen[s] {
		return false
	}
	seen[s] = true
	return slices.ContainsFunc(job.States, func(next job.State) bool { return s.Can(next) && reaches(next, seen) })
}

func TestNothingFollowsAFinalState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.SampledFrom(job.States).Draw(t, "from"), rapid.SampledFrom(job.States).Draw(t, "to")
		if from.Final() && from.Can(to) {
			t.Errorf("%s can become %s", from, to)
		}
	})
}

func TestEveryStateIsValidAndOthersAreNot(t *testing.T) {
	for _, s := range job.States {
		if !s.Valid() {
			t.Errorf("%s is not valid", s)
		}
	}
	for _, s := range []job.State{"", "done", "Queued"} {
		if s.Valid() {
			t.Errorf("%q is valid", s)
		}
	}
}

func TestPercentIsUnknownWithoutATotal(t *testing.T) {
	for _, tt := range []struct {
		progress job.Progress
		percent  int
		known    bool
	}{
		{job.Progress{Done: 3}, 0, false},
		{job.Progress{Done: 0, Total: 4}, 0, true},
		{job.Progress{Done: 3, Total: 4}, 75, true},
		{job.Progress{Done: 5, Total: 4}, 100, true},
	} {
		percent, known := tt.progress.Percent()
		if percent != tt.percent || known != tt.known {
			t.Errorf("%+v: %d, %t; want %d, %t", tt.progress, percent, known, tt.percent, tt.known)
		}
	}
}
