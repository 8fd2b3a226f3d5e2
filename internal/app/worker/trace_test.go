package worker

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/internal/trace"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A collected is what a collector of traces was sent.
type collected struct {
	mu    sync.Mutex
	spans []*otlp.Span
	from  []string // names of services
	raw   bytes.Buffer
}

// collect serves a collector.
func collect(t *testing.T) (*collected, string) {
	t.Helper()
	c := &collected{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" {
			t.Errorf("traces are sent to %s", r.URL.Path)
		}
		if err := c.take(r); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	return c, server.URL
}

func (c *collected) take(r *http.Request) error {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body = unpacked
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var sent collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(raw, &sent); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(raw)
	for _, of := range sent.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				c.from = append(c.from, a.Value.GetStringValue())
			}
		}
	}
	return nil
}

// named returns the span of that name; there must be one.
func (c *collected) named(t *testing.T, name string) *otlp.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.spans, func(s *otlp.Span) bool { return s.Name == name })
	if i < 0 {
		var names []string
		for _, s := range c.spans {
			names = append(names, s.Name)
		}
		t.Fatalf("there is no span %q: %q", name, names)
	}
	return c.spans[i]
}

// TestOneJobIsOneTraceDownToItsCallsOfTheLMS has two processes, as far as traces
// go: what accepts the job, and the worker.
func TestOneJobIsOneTraceDownToItsCallsOfTheLMS(t *testing.T) {
	lms := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "" {
			t.Error("the LMS is told of the trace")
		}
		_, _ = io.WriteString(w, `[]`)
	}))
	t.Cleanup(lms.Close)
	target := moodle.New(moodle.Config{URL: lms.URL, Token: "secret", Watch: trace.Calls("target", "moodle")})
	looks := tasks.Spec[struct{}]{Name: "looks", Run: func(ctx context.Context, _ *tasks.Job[struct{}]) error {
		_, err := target.Users(ctx, sis.UserByEmail, []string{"lovelace@example.edu"})
		return err
	}}
	provide := func(context.Context, config.Config, Watch, *slog.Logger) (Tasks, error) {
		return Tasks{All: []tasks.Task{looks}}, nil
	}

	c := config.Default()
	addr := testservers.Redis(t)
	got, endpoint := collect(t)
	c.Redis, c.Traces.Endpoint = "redis://"+addr, endpoint
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "worker", c, log, provide) }()

	rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	e := engine.New(rdb, log)
	front, err := trace.Start(t.Context(), trace.Settings{Endpoint: endpoint, Ratio: 1, Service: "scheduler"}, log)
	if err != nil {
		t.Fatal(err)
	}
	e.Trace(front)
	until(t, "the task is known", func() bool { all, err := e.Tasks(t.Context()); return err == nil && len(all) > 0 })
	j, err := e.Enqueue(t.Context(), job.Request{Task: "looks", Client: "north", Owner: "lovelace"})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "it has succeeded", func() bool { j, err := e.Job(t.Context(), j.ID); return err == nil && j.State == job.Succeeded })
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := front.Close(); err != nil {
		t.Fatal(err)
	}

	chain := []string{"enqueue looks", "attempt looks", "call core_user_get_users_by_field"}
	above := got.named(t, chain[0])
	for _, name := range chain[1:] {
		s := got.named(t, name)
		if !bytes.Equal(s.TraceId, above.TraceId) || !bytes.Equal(s.ParentSpanId, above.SpanId) {
			t.Errorf("%s is below %s of trace %s, want %s", name, hex.EncodeToString(s.ParentSpanId), hex.EncodeToString(s.TraceId), above.Name)
		}
		above = s
	}
	if wait := got.named(t, "wait"); !bytes.Equal(wait.ParentSpanId, got.named(t, "enqueue looks").SpanId) {
		t.Error("the wait is not below the acceptance")
	}
	if !slices.Contains(got.from, "worker") || !slices.Contains(got.from, "scheduler") {
		t.Errorf("the traces are from %q", got.from)
	}
	if all := got.raw.String(); strings.Contains(all, "lovelace") || strings.Contains(all, "secret") || !strings.Contains(all, "north") {
		t.Errorf("what was sent is %q", all)
	}
}
