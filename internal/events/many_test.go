package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestManyStartsAreReadOneByOne(t *testing.T) {
	got, err := events.UnmarshalAll("attempts.started", []byte(`{"ids":["a","b"],"attempt":1,"worker":"w","at":"2026-11-22T09:00:00.001Z"}`))
	at := time.Date(2026, 11, 22, 9, 0, 0, 1e6, time.UTC)
	want := []events.Event{
		events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: at},
		events.AttemptStarted{ID: "b", Attempt: 1, Worker: "w", At: at},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}

func TestEndsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []events.Event
		body := []byte("[")
		for i := range rapid.IntRange(0, 4).Draw(t, "n") {
			e := randomEnd(t)
			if i > 0 {
				body = append(body, ',')
			}
			body, want = e.Append(body), append(want, e)
		}
		body = append(body, ']')
		if !json.Valid(body) {
			t.Fatalf("not JSON: %s", body)
		}
		got, err := events.UnmarshalAll("attempts.ended", body)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got):\n%s%v", body, diff, err)
		}
	})
}

func randomEnd(t *rapid.T) events.AttemptEnded {
	at := time.UnixMilli(rapid.Int64Range(1e12, 2e12).Draw(t, "at")).UTC()
	e := events.AttemptEnded{
		ID: rapid.String().Draw(t, "id"), Task: "a.b", Attempt: rapid.IntRange(1, 9).Draw(t, "attempt"),
		Outcome: job.AttemptFailed, State: job.Retrying, Error: rapid.String().Draw(t, "error"), Reason: rapid.StringMatching(`[a-z \[\]{}",\\]*`).Draw(t, "reason"),
		Failures: rapid.IntRange(0, 3).Draw(t, "failures"), Errors: rapid.Int64Range(0, 3).Draw(t, "errors"), Started: at, At: at,
		Progress: job.Progress{Stage: rapid.String().Draw(t, "stage"), Done: rapid.Int64Range(0, 2).Draw(t, "done")},
	}
	if rapid.Bool().Draw(t, "due") {
		e.Due = &at
	}
	return e
}
