package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
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

func TestProgressIsSeenWhileTheJobRuns(t *testing.T) { inBoth(t, seesProgress) }

func seesProgress(h *house) {
	shown := make(chan struct{})
	h.worker(does("slow", func(_ context.Context, j *tasks.Job[params]) error {
		j.Progress(tasks.Progress{Stage: "users", Done: 3, Total: 9})
		j.Error("row 3", "BAD", "Bad.")
		j.Log.Info("three done")
		<-shown
		return nil
	}))
	id := h.enqueue(job.Request{Task: "slow"}).ID

	h.until("progress is shown", func() bool { return h.job(id).Progress.Done == 3 && h.job(id).Errors == 1 })

	if errors, lines := h.said(id); len(errors) != 1 || len(lines) != 1 {
		h.Errorf("errors %v, lines %v", errors, lines)
	}
	close(shown)
	h.reaches(id, job.Succeeded)
	if errors, lines := h.said(id); len(errors) != 1 || len(lines) != 1 || h.job(id).Errors != 1 {
		h.Errorf("written twice: errors %v, lines %v, count %d", errors, lines, h.job(id).Errors)
	}
}

func TestRecordErrorsAreCountedOverAllAttempts(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("rows", func(_ context.Context, j *tasks.Job[params]) error {
		j.Error("row 1", "BAD", "Bad.")
		if j.Attempt == 1 {
			j.Error("row 2", "BAD", "Bad.")
			return errOnFire
		}
		return nil
	}))
	id := h.enqueue(job.Request{Task: "rows"}).ID
	h.reaches(id, job.Succeeded)

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

// TestANewAttemptBeginsWithoutProgress looks at a job whose first attempt came
// far, while the second has not said anything.
func TestANewAttemptBeginsWithoutProgress(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	begun, let := make(chan string, 1), make(chan struct{})
	h.worker(does("again", func(_ context.Context, j *tasks.Job[params]) error {
		if j.Attempt == 1 {
			j.Progress(tasks.Progress{Done: 7, Total: 9})
			return errOnFire
		}
		begun <- j.ID
		<-let
		return nil
	}))
	id := h.enqueue(job.Request{Task: "again"}).ID
	next(h, begun)
	if got := h.job(id); got.Progress != (job.Progress{}) || got.Error != errOnFire.Error() || got.Reason != "" {
		t.Errorf("job = %+v", got)
	}
	close(let)
	if got := h.reaches(id, job.Succeeded); got.Progress != (job.Progress{}) || got.Error != "" {
		t.Errorf("job = %+v", got)
	}
}

func TestTooMuchIsCountedNotKept(t *testing.T) { inBoth(t, tooMuch) }

func tooMuch(h *house) {
	h.log = slog.New(slog.DiscardHandler)
	h.worker(does("noisy", func(_ context.Context, j *tasks.Job[params]) error {
		for i := range 1_500 {
			j.Error(fmt.Sprint("row ", i), "BAD", "Bad.")
		}
		for i := range 12_345 {
			j.Log.Info("line", "n", i)
		}
		return nil
	}))
	id := h.enqueue(job.Request{Task: "noisy"}).ID

	h.reaches(id, job.Succeeded)

	errors, lines := h.said(id)
	if n := h.job(id).Errors; n != 1_500 || len(errors) != 1_000 {
		h.Errorf("%d errors counted, %d kept; want 1500 and 1000", n, len(errors))
	}
	if len(lines) != 10_001 || !strings.HasPrefix(lines[10_000].Text, "2345 more lines were dropped") {
		h.Fatalf("%d lines kept, the last is %+v", len(lines), lines[len(lines)-1])
	}
	for i, line := range lines {
		if line.Seq != int64(i)+1 {
			h.Fatalf("line %d has number %d", i+1, line.Seq)
		}
	}
}

func TestALogLineHoldsMessageAndAttributes(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("talk", func(_ context.Context, j *tasks.Job[params]) error {
		log := j.Log.With("course", "MATH 101").WithGroup("person")
		log.Warn("no such person", "id", 7)
		return nil
	}))
	id := h.enqueue(job.Request{Task: "talk"}).ID

	h.reaches(id, job.Succeeded)

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
