package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// said returns the record errors and log lines of a job's events.
func (h *house) said(id string) (errors []job.RecordError, lines []job.LogLine) {
	for _, e := range h.history(id) {
		switch e := e.(type) {
		case events.JobErrors:
			errors = append(errors, e.Errors...)
		case events.JobLogged:
			lines = append(lines, e.Lines...)
		}
	}
	return errors, lines
}

func TestProgressIsSeenWhileTheJobRuns(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	shown := make(chan struct{})
	w := h.direct(newFakeLocks(), does("slow", func(_ context.Context, j *tasks.Job[params]) error {
		j.Progress(tasks.Progress{Stage: "users", Done: 3, Total: 9})
		j.Error("row 3", "BAD", "Bad.")
		j.Log.Info("three done")
		<-shown
		return nil
	}))
	id := h.enqueue(job.Request{Task: "slow"}).ID
	done := make(chan error)
	go func() { done <- w.handles(id) }()

	h.until("progress is shown", func() bool { return h.job(id).Progress.Done == 3 && h.job(id).Errors == 1 })

	if errors, lines := h.said(id); len(errors) != 1 || len(lines) != 1 {
		t.Errorf("errors %v, lines %v", errors, lines)
	}
	close(shown)
	<-done
	if errors, lines := h.said(id); len(errors) != 1 || len(lines) != 1 || h.job(id).Errors != 1 {
		t.Errorf("written twice: errors %v, lines %v, count %d", errors, lines, h.job(id).Errors)
	}
}

func TestRecordErrorsAreCountedOverAllAttempts(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("rows", func(_ context.Context, j *tasks.Job[params]) error {
		j.Error("row 1", "BAD", "Bad.")
		if j.Attempt == 1 {
			j.Error("row 2", "BAD", "Bad.")
			return errBroken
		}
		return nil
	}))
	id := h.enqueue(job.Request{Task: "rows"}).ID
	w.handles(id)
	h.until("the second attempt is due", func() bool { return !time.Now().Before(wholeSecond(h.job(id).Due)) })
	w.handles(id)

	errors, _ := h.said(id)

	var got []string
	for _, e := range errors {
		got = append(got, fmt.Sprintf("%d: %s in attempt %d", e.Seq, e.Key, e.Attempt))
	}
	want := []string{"1: row 1 in attempt 1", "2: row 2 in attempt 1", "3: row 1 in attempt 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if n := h.job(id).Errors; n != 3 {
		t.Errorf("count = %d, want 3", n)
	}
}

func TestTooMuchIsCountedNotKept(t *testing.T) {
	t.Run("real", func(t *testing.T) { tooMuch(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { tooMuch(smallHouse(t)) })
}

func tooMuch(h *house) {
	h.log = slog.New(slog.DiscardHandler)
	w := h.direct(newFakeLocks(), does("noisy", func(_ context.Context, j *tasks.Job[params]) error {
		for i := range 1_500 {
			j.Error(fmt.Sprint("row ", i), "BAD", "Bad.")
		}
		for i := range 12_345 {
			j.Log.Info("line", "n", i)
		}
		return nil
	}))
	id := h.enqueue(job.Request{Task: "noisy"}).ID

	w.handles(id)

	errors, lines := h.said(id)
	if n := h.job(id).Errors; n != 1_500 || len(errors) != 1_000 {
		h.Errorf("%d errors counted, %d kept; want 1500 and 1000", n, len(errors))
	}
	if len(lines) != 10_001 || !strings.HasPrefix(lines[10_000].Text, "2345 more lines were dropped") {
		h.Errorf("%d lines kept, the last is %+v", len(lines), lines[len(lines)-1])
	}
	for i, line := range lines {
		if line.Seq != int64(i)+1 {
			h.Fatalf("line %d has number %d", i+1, line.Seq)
		}
	}
}

func TestWhatAnOutdatedAttemptReportsIsRefused(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("old", nothing))
	id := h.enqueue(job.Request{Task: "old"}).ID
	rec, _ := h.read(t.Context(), id)
	hold := w.hold(id, job.Grant{Fence: 5, Lease: time.Minute}, time.Now())
	rec, _, err := w.begin(hold, rec, now())
	if err != nil {
		t.Fatal(err)
	}
	old := newReport(w, hold, rec)
	delete(w.holds, id)
	w.locks.(*fakeLocks).fence = 10
	w.handles(id)

	old.Progress(tasks.Progress{Done: 77})
	old.Error(tasks.RecordError{Key: "row"})
	err = old.flush()
	old.close()

	if got := h.job(id); err != nil || got.Progress.Done != 0 || got.Errors != 0 {
		t.Errorf("job = %+v, error %v", got, err)
	}
	if errors, _ := h.said(id); len(errors) != 0 {
		t.Errorf("errors = %v", errors)
	}
}

func TestALogLineHoldsMessageAndAttributes(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("talk", func(_ context.Context, j *tasks.Job[params]) error {
		log := j.Log.With("course", "MATH 101").WithGroup("person")
		log.Warn("no such person", "id", 7)
		return nil
	}))
	id := h.enqueue(job.Request{Task: "talk"}).ID

	w.handles(id)

	_, lines := h.said(id)
	if len(lines) != 1 || lines[0].Text != `no such person course="MATH 101" person.id=7` || lines[0].Level != "warn" {
		t.Errorf("lines = %+v", lines)
	}
}

func TestLongTextsSayHowMuchIsMissing(t *testing.T) {
	for text, want := range map[string]string{
		"short":        "short",
		"0123456789":   "0123456789",
		"0123456789ab": "0123456789… (2 bytes more)",
		"012345678éab": "012345678… (4 bytes more)",
	} {
		if got := clip(text, 10); got != want || !utf8.ValidString(got) {
			t.Errorf("clip(%q) = %q, want %q", text, got, want)
		}
	}
}
