package api_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestAQueueIsPausedAndResumed(t *testing.T) {
	p := apitest.New()
	h := serve(t, p)
	if w := do(h, "POST", "/api/v1/queues/worker/pause", `{"note":" database upgrade ","until":"2026-09-01T10:00:00Z"}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	got := decoded[client.QueueList](t, do(h, "GET", "/api/v1/queues", "")).Queues[0].Pause
	if got == nil || got.By != "local" || got.Note != "database upgrade" || !got.Since.Equal(apitest.Now) || got.Until == nil {
		t.Errorf("pause = %+v", got)
	}
	want := "Queue worker is paused by local since 08:00 UTC, until 10:00 UTC: database upgrade."
	if text := got.Sentence(apitest.Now); text != want {
		t.Errorf("it says %q, want %q", text, want)
	}
	for range 2 {
		do(h, "POST", "/api/v1/queues:pause", `{"note":"maintenance"}`)
	}
	if live := p.Paused(); len(live) != 2 || live[1].Queue != job.EveryQueue {
		t.Errorf("the engine keeps to %+v", live)
	}
	for path, status := range map[string]int{"/worker/resume": 200, ":resume": 200} {
		for _, status := range []int{status, 409} {
			if w := do(h, "POST", "/api/v1/queues"+path, ""); w.Code != status {
				t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, status)
			}
		}
	}
	if live := p.Paused(); len(live) > 0 {
		t.Errorf("the engine keeps to %+v", live)
	}
}

func TestAPauseThatMakesNoSenseIsRefused(t *testing.T) {
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/worker/pause", `{}`, 400, `"field":"note"`},
		{"/worker/pause", `{"note":"a\nb"}`, 400, `"field":"note"`},
		{"/worker/pause", `{"note":"` + strings.Repeat("x", 501) + `"}`, 400, `"field":"note"`},
		{"/worker/pause", `{"note":"x","until":"2026-09-01T08:00:00Z"}`, 400, `"field":"until"`},
		{"/worker/pause", `{"note":"x","until":"soon"}`, 400, `"field":"until"`},
		{"/nothing/pause", `{"note":"x"}`, 404, "There is no queue nothing"},
		{"/worker/resume", `{"reason":"x"}`, 400, `"field":"reason"`},
	} {
		if w := do(serve(t, apitest.New()), "POST", "/api/v1/queues"+tt.path, tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s: %d %s", tt.path, tt.body, w.Code, w.Body)
		}
	}
}

func TestAllQueuesArePausedWhileRedisIsAway(t *testing.T) {
	p := apitest.New()
	p.StopRedis()
	if w := do(serve(t, p), "POST", "/api/v1/queues:pause", `{"note":"maintenance"}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAWorkerIsToldWhatToDo(t *testing.T) {
	h := serve(t, apitest.New())
	for _, tt := range []struct {
		do    string
		order job.Order
	}{{"quiet", job.OrderQuiet}, {"wake", job.OrderWake}, {"drain", job.OrderDrain}} {
		w := decoded[client.Worker](t, do(h, "POST", "/api/v1/workers/w-1/"+tt.do, ""))
		if w.Order != tt.order || w.OrderedBy != "local" {
			t.Errorf("%s: %+v", tt.do, w)
		}
	}
	if w := do(h, "POST", "/api/v1/workers/w-2/quiet", ""); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Whoever leads publishes every few seconds: a new leader, or a Redis that was
// wiped, changes nothing for a paused queue.
func TestAPauseIsPublishedAgainWhereTheEngineHasLostIt(t *testing.T) {
	p := apitest.New()
	do(serve(t, p), "POST", "/api/v1/queues/worker/pause", `{"note":"database upgrade","until":"2026-09-01T10:00:00Z"}`)
	now := apitest.Now
	line := api.Queues{Ledger: apitest.Ledger{Platform: p}, Live: apitest.Engine{Platform: p}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}
	if err := line.Live.SetPauses(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]int{now: 1, now.Add(2 * time.Hour): 0} {
		now = at
		if err := line.Publish(t.Context()); err != nil || len(p.Paused()) != want {
			t.Errorf("at %s the engine keeps to %+v (%v)", at, p.Paused(), err)
		}
	}
}
