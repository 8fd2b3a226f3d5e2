package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/propagation"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// answering returns a client of a server that gives one answer to everything,
// and the request that it was asked.
func answering(t *testing.T, status int, header map[string]string, body string) (*client.Client, *http.Request) {
	t.Helper()
	asked := &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = *r
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return client.New(server.URL+"/", "s3cret"), asked
}

func TestARefusalSaysWhatTheServerSaid(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   client.Error
	}{
		{
			"an error object", 400, nil, `{"error":{"code":"invalid","message":"argument school is required","field":"school"}}`,
			client.Error{Status: 400, Code: "invalid", Message: "argument school is required", Field: "school"},
		},
		{
			"come back later", 503,
			map[string]string{"Retry-After": "7"},
			`{"error":{"code":"unavailable","message":"Redis does not answer."}}`,
			client.Error{Status: 503, Code: "unavailable", Message: "Redis does not answer.", After: 7 * time.Second},
		},
		{
			"a proxy's page", 502, nil, `<html>Bad Gateway</html>`,
			client.Error{Status: 502, Code: "unavailable", Message: "The server answered 502 Bad Gateway; is it Beadle's?"},
		},
		{
			"somebody else's 404", 404, nil, `{}`,
			client.Error{Status: 404, Code: "not_found", Message: "The server answered 404 Not Found; is it Beadle's?"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.status, tt.header, tt.body)
			_, err := c.Job(t.Context(), "1")
			got, ok := errors.AsType[*client.Error](err)
			if !ok {
				t.Fatalf("error = %v, want a *client.Error", err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAServerThatIsNotThereIsUnavailable(t *testing.T) {
	_, err := client.New("http://127.0.0.1:1", "").Tasks(t.Context())
	got, ok := errors.AsType[*client.Error](err)
	if !ok || got.Reached() || got.Code != "unavailable" || got.Unwrap() == nil {
		t.Errorf("error = %#v, want an unreachable server with its cause", err)
	}
}

func TestAnAnswerThatIsNoJSONIsAnError(t *testing.T) {
	c, _ := answering(t, 200, nil, "<html>")
	if _, err := c.Schedules(t.Context()); err == nil {
		t.Error("no error")
	}
}

func TestACancelledRequestIsCancelled(t *testing.T) {
	c, _ := answering(t, 200, nil, "{}")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Workers(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want canceled", err)
	}
}

func TestARequestSaysWhichTraceItIsPartOf(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	c, asked := answering(t, 200, nil, `{}`)
	ctx := propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": parent})
	for want, ctx := range map[string]context.Context{parent: ctx, "": t.Context()} {
		if _, err := c.Version(ctx); err != nil {
			t.Fatal(err)
		}
		if got := asked.Header.Get("Traceparent"); got != want {
			t.Errorf("the traceparent is %q, want %q", got, want)
		}
	}
}

func TestSendsTheTokenAndEscapesNames(t *testing.T) {
	c, asked := answering(t, 200, nil, `{"job":{"id":"a/b"},"attempts":[]}`)
	d, err := c.Job(t.Context(), "a/b c")
	if err != nil || d.Job.ID != "a/b" {
		t.Fatalf("job %q, error %v", d.Job.ID, err)
	}
	if got, want := asked.RequestURI, "/api/v1/jobs/a%2Fb%20c"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	if got, want := asked.Header.Get("Authorization"), "Bearer s3cret"; got != want {
		t.Errorf("Authorization = %q, want %q", got, want)
	}
}

func TestAFilterIsAQuery(t *testing.T) {
	c, asked := answering(t, 200, nil, `{"jobs":[],"counts":{"running":1}}`)
	list, err := c.Jobs(t.Context(), client.Filter{States: []client.State{"running", "queued"}, Task: "a b", Errors: true, Limit: 5, Before: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := asked.RequestURI, "/api/v1/jobs?before=x&errors=1&limit=5&state=running&state=queued&task=a+b"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	want := client.JobList{Jobs: []client.Job{}, Counts: map[client.State]int64{"running": 1}}
	if diff := cmp.Diff(want, list, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

func TestTellsANewJobFromAKnownOne(t *testing.T) {
	for status, want := range map[int]bool{201: true, 200: false} {
		c, _ := answering(t, status, nil, `{"id":"1"}`)
		if _, isNew, err := c.Enqueue(t.Context(), client.NewJob{Task: "roster.sync"}); err != nil || isNew != want {
			t.Errorf("status %d: new = %t, error %v; want %t", status, isNew, err, want)
		}
	}
}

func ExampleClient_Enqueue() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"019a0000-0000-7000-8000-000000000001","state":"queued"}`)
	}))
	defer server.Close()

	c := client.New(server.URL, "")
	started, isNew, err := c.Enqueue(context.Background(), client.NewJob{
		Task: "roster.sync",
		Args: json.RawMessage(`{"school":"17"}`),
		Key:  "roster of 2026-09-01",
	})
	fmt.Println(started.ID, started.State, isNew, err)
	// Output: 019a0000-0000-7000-8000-000000000001 queued true <nil>
}
