package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A fakeDoor knows whom each secret belongs to.
type fakeDoor map[string]auth.Who

func (d fakeDoor) WhoOfToken(_ context.Context, token string, _ bool) (auth.Who, error) {
	return d.who(token)
}

func (d fakeDoor) WhoOfSession(_ context.Context, cookie string, believe bool) (auth.Who, error) {
	if cookie == "believed" && !believe {
		return auth.Who{}, fault.New(fault.Unavailable, "The ledger database does not answer.")
	}
	return d.who(cookie)
}

func (d fakeDoor) who(secret string) (auth.Who, error) {
	if why, ok := strings.CutPrefix(secret, "ended:"); ok {
		return auth.Who{}, fault.New(fault.Denied, "It is no longer good.").Because(&auth.Ended{Whose: "paul", Why: why})
	}
	if w, ok := d[secret]; ok {
		return w, nil
	}
	return auth.Who{}, fault.New(fault.Denied, "It is not known.")
}

// A fakeTrail remembers what is written to the audit.
type fakeTrail struct{ entries []job.AuditEntry }

func (f *fakeTrail) AppendAudit(_ context.Context, e job.AuditEntry) (int64, error) {
	f.entries = append(f.entries, e)
	return int64(len(f.entries)), nil
}

func (*fakeTrail) AppendOutcome(context.Context, int64, job.AuditOutcome) error { return nil }

// entrance is a guard with a door, what it wrote to the audit, and who was let
// in.
func entrance(t *testing.T) (http.Handler, *fakeTrail, *auth.Who) {
	log, trail, in := slog.New(slog.NewTextHandler(t.Output(), nil)), &fakeTrail{}, &auth.Who{}
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { *in = auth.Of(r.Context()) })
	return api.Guard(next, api.GuardOptions{
		Door: fakeDoor{
			"paul": {Name: "paul", Session: "1"}, "believed": {Name: "paul"}, "script": {Name: "paul", Token: "t1"},
			"preview": {Name: "paul", By: "root"},
		},
		Audit: &api.Auditor{Log: trail, Route: func(r *http.Request) string { return r.Method + " " + r.URL.Path }, Now: time.Now, Slog: log},
		Log:   log,
	}), trail, in
}

func TestTheDoorSaysWhoItIs(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, header, value string
		status                            int
		who                               string
	}{
		{"nothing", "GET", "/api/v1/jobs", "", "", 401, ""},
		{"session", "GET", "/api/v1/jobs", "Cookie", "beadle_session=paul", 200, "paul"},
		{"unknown session", "GET", "/api/v1/jobs", "Cookie", "beadle_session=eve", 401, ""},
		{"token", "GET", "/api/v1/jobs", "Authorization", "Bearer script", 200, "paul"},
		{"unknown token", "GET", "/api/v1/jobs", "Authorization", "Bearer eve", 401, ""},
		{"cookie of TLS without TLS", "GET", "/api/v1/jobs", "Cookie", "__Host-beadle_session=paul", 401, ""},
		{"ledger away, reading", "GET", "/jobs", "Cookie", "beadle_session=believed", 200, "paul"},
		{"ledger away, aborting", "POST", "/api/v1/jobs/1/abort", "Cookie", "beadle_session=believed", 200, "paul"},
		{"ledger away, retrying", "POST", "/api/v1/jobs/1/retry", "Cookie", "beadle_session=believed", 503, ""},
		{"preview, reading", "GET", "/jobs", "Cookie", "beadle_session=preview", 200, "paul"},
		{"preview, aborting", "POST", "/jobs/1/abort", "Cookie", "beadle_session=preview", 403, ""},
		{"preview, its end", "POST", "/see-as/end", "Cookie", "beadle_session=preview", 200, "paul"},
		{"login", "POST", "/login", "", "", 200, ""},
		{"one-time link", "GET", "/setup/secret", "", "", 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _, in := entrance(t)
			w := ask(h, tt.method, "http://localhost"+tt.path, map[string]string{tt.header: tt.value})
			if w.Code != tt.status || in.Name != tt.who {
				t.Errorf("got %d as %q, want %d as %q: %s", w.Code, in.Name, tt.status, tt.who, w.Body)
			}
		})
	}
}

func TestWhatWasGoodOnceIsRefusedAndAudited(t *testing.T) {
	h, trail, _ := entrance(t)
	ask(h, "GET", "http://localhost/jobs", map[string]string{"Cookie": "beadle_session=ended:the session was ended", "Accept": "text/html"})
	ask(h, "GET", "http://localhost/api/v1/jobs", map[string]string{"Authorization": "Bearer ended:token t1 has expired"})
	ask(h, "POST", "http://localhost/api/v1/jobs/1/abort", map[string]string{"Authorization": "Bearer ended:the person is disabled"})
	ask(h, "GET", "http://localhost/api/v1/jobs", map[string]string{"Authorization": "Bearer eve"}) // never was
	var got []string
	for _, e := range trail.entries {
		got = append(got, e.Actor+" "+e.Method+" "+e.Route+" "+http.StatusText(e.Status)+": "+e.Reason)
	}
	want := []string{
		"nobody GET /jobs See Other: Came with what was paul's: the session was ended.",
		"nobody GET /api/v1/jobs Unauthorized: Came with what was paul's: token t1 has expired.",
		"nobody POST /api/v1/jobs/1/abort Unauthorized: Came with what was paul's: the person is disabled.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestTheAuditHoldsOnlySoManyOfThoseAMinute(t *testing.T) {
	h, trail, _ := entrance(t)
	for range 100 {
		ask(h, "GET", "http://localhost/api/v1/jobs", map[string]string{"Authorization": "Bearer ended:it was revoked"})
	}
	if len(trail.entries) > 60 {
		t.Errorf("%d entries", len(trail.entries))
	}
}
