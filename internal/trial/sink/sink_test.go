package sink

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

func reading(name string) errand.Hold { return errand.Hold{Name: name} }
func writing(name string) errand.Hold { return errand.Hold{Name: name, Write: true} }

func write(job string, fence int64, holds ...errand.Hold) journal.Sunk {
	return journal.Sunk{What: journal.Write, Job: job, Fence: fence, Holds: holds}
}

func TestRefusesWhoComesWithAnOlderFence(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second journal.Sunk
		accepted      bool
	}{
		{"an older attempt at the job", write("a", 2), write("a", 1), false},
		{"the same attempt", write("a", 2), write("a", 2), true},
		{"a newer attempt", write("a", 1), write("a", 2), true},
		{"another job", write("a", 2), write("b", 1), true},
		{"an older writer after a writer", write("a", 2, writing("x")), write("b", 1, writing("x")), false},
		{"an older writer after a reader", write("a", 2, reading("x")), write("b", 1, writing("x")), false},
		{"an older reader after a writer", write("a", 2, writing("x")), write("b", 1, reading("x")), false},
		{"an older reader beside a reader", write("a", 2, reading("x")), write("b", 1, reading("x")), true},
		{"one of several resources", write("a", 2, writing("x")), write("b", 1, writing("y"), writing("x")), false},
		{"another resource", write("a", 2, writing("x")), write("b", 1, writing("y")), true},
	} {
		f := newFences()
		f.take(tt.first)
		if got := f.take(tt.second); got != tt.accepted {
			t.Errorf("%s: accepted = %t, want %t", tt.name, got, tt.accepted)
		}
	}
}

func TestARefusedWriteLeavesNoTrace(t *testing.T) {
	f := newFences()
	f.take(write("a", 5, writing("x")))
	f.take(write("b", 4, writing("y"), writing("x")))
	if !f.take(write("c", 3, writing("y"))) {
		t.Error("a write was refused because of one that was refused itself")
	}
}

func TestCountsFailedAttemptsOnce(t *testing.T) {
	f := newFences()
	for _, attempt := range []int{1, 1, 2} {
		f.take(journal.Sunk{What: journal.End, Job: "a", Attempt: attempt, Result: journal.Error})
	}
	if got := f.failures("a"); got != 2 {
		t.Errorf("failures = %d, want 2", got)
	}
}

func TestWritesDownEveryDecision(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sink.jsonl")
	decisions, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&Sink{start: time.Now(), fences: newFences(), log: decisions})
	defer server.Close()
	for _, told := range []string{
		`{"what":"begin","job":"a","fence":2}`,
		`{"what":"write","job":"a","fence":1}`,
		`{"what":"left","job":"a","fence":1}`,
	} {
		resp, err := http.Post(server.URL, "application/json", strings.NewReader(told))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	got, err := journal.Read[journal.Sunk](path)
	if err != nil {
		t.Fatal(err)
	}
	want := []journal.Sunk{
		{What: journal.Begin, Job: "a", Fence: 2, OK: true},
		{What: journal.Write, Job: "a", Fence: 1},
		{What: journal.Left, Job: "a", Fence: 1},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(journal.Sunk{}, "At")); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
}
