package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/feed"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A feedOf tells the frames it is made of, one each 20 seconds, and ends.
type feedOf struct {
	frames []job.Frame
	asked  []any // by the viewers
}

func (f *feedOf) Watch(person string, o job.Lookout, sees func(job.Job) bool, after string) (func(context.Context) (job.Frame, error), func(), error) {
	if person == "many" {
		return nil, nil, fault.New(fault.Unavailable, "You follow jobs in 1 places already.")
	}
	f.asked = append(f.asked, person, o, after, sees(job.Job{Owner: "paul", Client: "north"}), sees(job.Job{Owner: "anna", Client: "north"}))
	begun, told := time.Now(), 0
	return func(ctx context.Context) (job.Frame, error) {
		select {
		case <-ctx.Done():
			return job.Frame{}, ctx.Err()
		case <-time.After(time.Until(begun.Add(time.Duration(told+1) * 20 * time.Second))):
		}
		if told++; told > len(f.frames) {
			return job.Frame{}, io.EOF
		}
		return f.frames[told-1], nil
	}, func() { f.asked = append(f.asked, "left") }, nil
}

func TestEventsAreToldAndSilenceIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &feedOf{frames: []job.Frame{{Position: "5-1", Kind: job.FrameJobs, Data: json.RawMessage(`{"jobs":[]}`)}}}
		h := apitest.As(auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}}, api.New(api.Config{Feed: f}))
		r := httptest.NewRequest("GET", "/api/v1/events?state=running,failed&job=a,b&client=north", nil)
		r.Header.Set("Last-Event-ID", "4-2")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		want := "retry: 2000\n\n: still here\n\nid: 5-1\nevent: jobs\ndata: {\"jobs\":[]}\n\n: still here\n\n: the server stops\n\n"
		if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Header().Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s (-want +got)\n%s", w.Header().Get("Content-Type"), diff)
		}
		asked := []any{"paul", job.Lookout{Jobs: []string{"a", "b"}, States: []job.State{job.Running, job.Failed}, Client: "north"}, "4-2", true, false, "left"}
		if diff := cmp.Diff(asked, f.asked); diff != "" {
			t.Errorf("what was asked of the feed (-want +got)\n%s", diff)
		}
	})
}

func TestEventsEndWithTheRightToThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, asked := &feedOf{frames: make([]job.Frame, 1000)}, 0
		still := func(*http.Request) bool { asked++; return asked < 3 }
		w := do(api.New(api.Config{Feed: f, StillWho: still}), "GET", "/api/v1/events", "")
		if !strings.HasSuffix(w.Body.String(), "event: reset\ndata: {\"reason\":\"Who you are has changed: sign in again.\"}\n\n") || asked != 3 {
			t.Errorf("asked %d times; it ends with %q", asked, w.Body.String()[max(0, w.Body.Len()-80):])
		}
	})
}

func TestEventsAreRefusedWithASentence(t *testing.T) {
	for _, tt := range []struct {
		target string
		feed   api.Feed
		who    string
		status int
		want   string
	}{
		{"/api/v1/events", nil, "anna", 503, "tells nothing live"},
		{"/api/v1/events", &feedOf{}, "many", 503, "in 1 places already"},
		{"/api/v1/events?state=sleeping", &feedOf{}, "anna", 400, "Parameter state must be one of"},
		{"/api/v1/events?job=" + strings.Repeat("a,", 201), &feedOf{}, "anna", 400, "200 jobs at most"},
		{"/api/v1/events?limit=3", &feedOf{}, "anna", 400, "There is no parameter"},
	} {
		h := apitest.As(auth.Who{Name: tt.who, Grants: []auth.Grant{{Role: auth.Viewer}}}, api.New(api.Config{Feed: tt.feed, Log: slog.New(slog.DiscardHandler)}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", tt.target, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s", tt.target, w.Code, w.Body.String())
		}
	}
}

// silent is a stream in which nothing happens.
type silent struct{}

func (silent) Events(ctx context.Context, _ string, _ int, block time.Duration) ([]events.Entry, error) {
	select {
	case <-ctx.Done():
	case <-time.After(block):
	}
	return nil, nil
}
func (silent) Latest(context.Context) (string, error)                     { return "", nil }
func (silent) Backlog(context.Context) (int64, error)                     { return 0, nil }
func (silent) Jobs(context.Context, []string) (map[string]job.Job, error) { return nil, nil }

func TestAServerThatStopsDoesNotWaitForItsViewers(t *testing.T) {
	f := &feed.Feed{Stream: silent{}, Ledger: apitest.Ledger{Platform: apitest.New()}, PerPerson: 10, Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go f.Run(ctx)
	server := httptest.NewServer(apitest.As(auth.Local, api.New(api.Config{Feed: f})))
	defer server.Close()
	resp, err := http.Get(server.URL + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stop()
	grace, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := server.Config.Shutdown(grace); err != nil {
		t.Errorf("the server still waits: %v", err)
	}
	if said, _ := io.ReadAll(resp.Body); !strings.HasSuffix(string(said), ": the server stops\n\n") || f.Viewers() != 0 {
		t.Errorf("%d viewers; the last was told %q", f.Viewers(), said)
	}
}
