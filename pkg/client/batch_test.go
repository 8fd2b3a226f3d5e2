package client_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestABatchSaysWhatBecameOfEachJob(t *testing.T) {
	c, asked := answering(t, 200, nil, `{"line":1,"id":"a","state":"queued"}
{"line":2,"error":{"code":"invalid","message":"argument school is required","field":"school"}}
`)
	got, err := c.EnqueueBatch(t.Context(), []client.NewJob{{Task: "a"}, {Task: "b"}})
	want := []client.BatchLine{
		{Line: 1, ID: "a", State: "queued"},
		{Line: 2, Error: &client.Problem{Code: "invalid", Message: "argument school is required", Field: "school"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, lines (-want +got):\n%s", err, diff)
	}
	if asked.URL.Path != "/api/v1/jobs:batch" || asked.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("asked %s with %s", asked.URL, asked.Header.Get("Content-Type"))
	}
}

func TestABatchThatIsRefusedSaysWhenToComeBack(t *testing.T) {
	c, _ := answering(t, 503, map[string]string{"Retry-After": "10"}, `{"error":{"code":"unavailable","message":"Too much."}}`)
	_, err := c.EnqueueBatch(t.Context(), []client.NewJob{{Task: "a"}})
	if refused, ok := errors.AsType[*client.Error](err); !ok || refused.After != 10*time.Second {
		t.Errorf("error = %#v", err)
	}
}

func TestHalfAnAnswerOfABatchIsAnError(t *testing.T) {
	c, _ := answering(t, 200, nil, "{\"line\":1,\"id\":\"a\"}\n{\"line\":2,")
	if got, err := c.EnqueueBatch(t.Context(), nil); err == nil || len(got) != 1 {
		t.Errorf("%d lines, error %v", len(got), err)
	}
}
