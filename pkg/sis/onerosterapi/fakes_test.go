package onerosterapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/onerosterapi"
)

// A pulled is what came of a pull.
type pulled struct {
	sis.Result
	records []sis.Record
	err     error
}

func pullFrom(ctx context.Context, from sis.Source, stream sis.Stream, cursor string) (got pulled) {
	got.Result, got.err = from.Pull(ctx, sis.Request{Stream: stream, Cursor: cursor}, func(r sis.Record) error {
		got.records = append(got.records, r)
		return nil
	})
	return got
}

func pull(t testing.TB, from sis.Source, stream sis.Stream, cursor string) pulled {
	t.Helper()
	got := pullFrom(t.Context(), from, stream, cursor)
	if got.err != nil {
		t.Fatalf("pull %s: %v", stream, got.err)
	}
	return got
}

// distinct returns the keys that came.
func (p pulled) distinct() map[string]bool {
	keys := map[string]bool{}
	for _, r := range p.records {
		keys[r.Key] = true
	}
	return keys
}

func (p pulled) only(t testing.TB) sis.Record {
	t.Helper()
	if len(p.records) != 1 {
		t.Fatalf("%d records, want one: %+v", len(p.records), p.records)
	}
	return p.records[0]
}

// wantError checks the error of a pull: an *sis.Error with that code and words.
func wantError(t *testing.T, got pulled, code string, temporary bool, words string) {
	t.Helper()
	problem, ok := errors.AsType[*sis.Error](got.err)
	if !ok || problem.Code != code || problem.Temporary != temporary || !strings.Contains(problem.Message, words) {
		t.Errorf("error = %#v, want %s, temporary: %t, with %q", got.err, code, temporary, words)
	}
	if got.Complete {
		t.Error("a pull that failed is complete")
	}
}

// within returns a source of a service without a network in between.
func within(service http.Handler) *onerosterapi.Source {
	return onerosterapi.New(onerosterapi.Config{
		URL: "http://sis.example", TokenURL: "http://sis.example/token", HTTP: transport{service},
		ClientID: sisrest.ClientID, ClientSecret: sisrest.ClientSecret,
	})
}

type transport struct{ http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

// api gives tokens, and lets serve answer the rest.
func api(serve http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"access_token":"t","expires_in":"3600"}`)
	})
	mux.HandleFunc("/", serve)
	return mux
}

// answers answers every question with a text.
func answers(text string) http.Handler {
	return api(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

// user is a user of 1.2 with that id.
func user(id string) string {
	return `{"sourcedId":"` + id + `","status":"active","dateLastModified":"2026-09-01T10:00:00.000Z","enabledUser":"true",` +
		`"username":"sam","givenName":"Sam","familyName":"Okafor","email":"sam@campus.example","roles":[{"roleType":"primary","role":"student"}]}`
}
