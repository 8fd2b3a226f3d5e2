package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestFollowingGoesOnWhereItWas(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery+" after "+r.Header.Get("Last-Event-ID"))
		if len(asked) == 3 {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":{"code":"denied","message":"Not for you."}}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "retry: 2000\n\n: still here\n\nid: %d-0\nevent: jobs\ndata: {\"jobs\":[{\"id\":\"a\",\"state\":\"running\"}],\"counts\":{\"running\":1}}\n\nid: 9-9\ndata: half", len(asked))
	}))
	defer server.Close()
	var got []string
	for e, err := range client.New(server.URL, "").Follow(t.Context(), client.Lookout{Jobs: []string{"a"}, States: []job.State{job.Running}}) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, fmt.Sprint(e.ID, " ", e.Kind, " ", e.Jobs[0].State, " ", e.Counts))
	}
	lost := "The connection to " + server.URL + " was lost."
	if diff := cmp.Diff([]string{"1-0 jobs running map[running:1]", lost, "2-0 jobs running map[running:1]", lost, "Not for you."}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"job=a&state=running after ", "job=a&state=running after 1-0", "job=a&state=running after 2-0"}, asked); diff != "" {
		t.Errorf("what was asked for (-want +got)\n%s", diff)
	}
}

func TestFollowingEndsWithTheLoop(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "id: 1-0\nevent: ready\ndata: {}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	for e, err := range client.New(server.URL, "").Follow(t.Context(), client.Lookout{}) {
		if err != nil || e.Kind != client.EventReady {
			t.Errorf("%+v, %v", e, err)
		}
		break
	}
	<-gone
}
