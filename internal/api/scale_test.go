package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestAnAutoscalerIsToldTheWaitOfAQueue(t *testing.T) {
	h := serve(t, apitest.New())
	for path, want := range map[string]job.QueueScale{
		"/api/v1/scale":                         {Queue: "worker", Queued: 3, Workers: 1, Slots: 10, Free: 8, Mean: job.Seconds(2 * time.Minute), Jobs: 40, Wanted: 1},
		"/api/v1/scale?queue=worker&target=300": {Queue: "worker", Queued: 3, Workers: 1, Slots: 10, Free: 8, Mean: job.Seconds(2 * time.Minute), Jobs: 40, Wanted: 1},
	} {
		got := decoded[client.ScaleList](t, do(h, "GET", path, ""))
		if len(got.Queues) != 1 || got.Queues[0] != want {
			t.Errorf("%s: %+v, want %+v", path, got.Queues, want)
		}
	}
	if got := decoded[client.ScaleList](t, do(h, "GET", "/api/v1/scale", "")).Target; got != job.Seconds(30*time.Second) {
		t.Errorf("the target is %v unless it is given", got)
	}
}

func TestAScaleThatMakesNoSenseIsRefused(t *testing.T) {
	h := serve(t, apitest.New())
	for query, want := range map[string]string{
		"target=0":      `"field":"target"`,
		"target=86401":  `"field":"target"`,
		"target=soon":   `"field":"target"`,
		"queue=nothing": "There is no queue nothing",
		"queues=worker": `"field":"queues"`,
	} {
		if w := do(h, "GET", "/api/v1/scale?"+query, ""); w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

func TestNoWaitIsPredictedWhileRedisOrTheLedgerIsAway(t *testing.T) {
	for _, stop := range []func(*apitest.Platform){(*apitest.Platform).StopRedis, (*apitest.Platform).StopLedger} {
		p := apitest.New()
		stop(p)
		if w := do(serve(t, p), "GET", "/api/v1/scale", ""); w.Code != 503 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}
