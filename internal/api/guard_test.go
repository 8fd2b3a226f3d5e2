package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api"
)

func guarded(t *testing.T, o api.GuardOptions) http.Handler {
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	return api.Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), o)
}

func ask(h http.Handler, method, target string, headers map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestGuardKeepsOutForeignHosts(t *testing.T) {
	open := guarded(t, api.GuardOptions{})
	named := guarded(t, api.GuardOptions{Hosts: []string{"jobs.example.edu"}})
	secret := guarded(t, api.GuardOptions{Token: "s3cret"})
	for _, tt := range []struct {
		name   string
		h      http.Handler
		target string
		want   int
	}{
		{"loopback name", open, "http://localhost:8080/jobs", 200},
		{"loopback address", open, "http://127.0.0.1:8080/jobs", 200},
		{"loopback IPv6", open, "http://[::1]:8080/jobs", 200},
		{"rebound name", open, "http://evil.example/jobs", 421},
		{"name that begins like ours", open, "http://localhost.evil.example/jobs", 421},
		{"other address", open, "http://10.0.0.7/jobs", 421},
		{"probe by address", open, "http://10.0.0.7/healthz", 200},
		{"configured", named, "http://Jobs.Example.EDU:443/jobs", 200},
		{"not configured", named, "http://other.example.edu/jobs", 421},
		{"any host, if there is a token", secret, "http://10.0.0.7/login", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if w := ask(tt.h, "GET", tt.target, nil); w.Code != tt.want {
				t.Errorf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
		})
	}
}

func TestGuardAsksForTheToken(t *testing.T) {
	h := guarded(t, api.GuardOptions{Token: "s3 cret"})
	page := map[string]string{"Accept": "text/html,*/*"}
	for _, tt := range []struct {
		name, method, path string
		headers            map[string]string
		want               int
	}{
		{"none", "GET", "/api/v1/jobs", nil, 401},
		{"wrong", "GET", "/api/v1/jobs", map[string]string{"Authorization": "Bearer s3"}, 401},
		{"right", "GET", "/api/v1/jobs", map[string]string{"Authorization": "bearer s3 cret"}, 200},
		{"token in a cookie", "POST", "/jobs/1/abort", map[string]string{"Cookie": "beadle_token=s3+cret"}, 401},
		{"page", "GET", "/jobs?state=failed", page, 303},
		{"API in a browser", "GET", "/api/v1/jobs", page, 401},
		{"login", "POST", "/login", nil, 200},
		{"style sheet", "GET", "/static/app.css", nil, 200},
		{"probe", "GET", "/readyz", nil, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(h, tt.method, tt.path, tt.headers)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if want := "/login?next=%2Fjobs%3Fstate%3Dfailed"; w.Code == 303 && w.Header().Get("Location") != want {
				t.Errorf("redirected to %s, want %s", w.Header().Get("Location"), want)
			}
		})
	}
}

func TestGuardRefusesWhatAnotherSiteSends(t *testing.T) {
	h := guarded(t, api.GuardOptions{})
	target := "http://127.0.0.1:8080/api/v1/jobs"
	if w := ask(h, "POST", target, map[string]string{"Sec-Fetch-Site": "cross-site"}); w.Code != 403 {
		t.Errorf("POST from another site: %d, want 403", w.Code)
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		if w := ask(h, method, target, map[string]string{"Sec-Fetch-Site": "cross-site"}); w.Code != 403 {
			t.Errorf("%s from another site: %d, want 403", method, w.Code)
		}
	}
	if w := ask(h, "POST", target, map[string]string{"Origin": "http://evil.example"}); w.Code != 403 {
		t.Errorf("POST with another origin: %d, want 403", w.Code)
	}
	if w := ask(h, "POST", target, map[string]string{"Sec-Fetch-Site": "same-origin"}); w.Code != 200 {
		t.Errorf("POST of our own page: %d, want 200", w.Code)
	}
	if w := ask(h, "POST", target, nil); w.Code != 200 {
		t.Errorf("POST of a program: %d, want 200", w.Code)
	}
}

func TestGuardTellsBrowsersToBeCareful(t *testing.T) {
	w := ask(guarded(t, api.GuardOptions{}), "GET", "http://localhost/", nil)
	for header, want := range map[string]string{
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "same-origin",
		"Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s = %q, want %q", header, got, want)
		}
	}
	if w.Header().Get("X-Request-Id") == "" {
		t.Error("the answer has no request id")
	}
}
