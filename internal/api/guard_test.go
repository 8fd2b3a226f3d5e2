package api_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/auth"
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

func TestPrometheusMayScrapeByAddressWithItsToken(t *testing.T) {
	named := guarded(t, api.GuardOptions{Token: "s3cret", Hosts: []string{"jobs.example.edu"}})
	asksNobody := guarded(t, api.GuardOptions{Hosts: []string{"jobs.example.edu"}})
	right, wrong := map[string]string{"Authorization": "Bearer s3cret"}, map[string]string{"Authorization": "Bearer guess"}
	for _, tt := range []struct {
		name    string
		h       http.Handler
		path    string
		headers map[string]string
		want    int
	}{
		{"with its token", named, "/metrics", right, 200},
		{"with a wrong token", named, "/metrics", wrong, 401},
		{"without a token", named, "/metrics", nil, 421},
		{"a browser's session", named, "/metrics", map[string]string{"Cookie": "beadle_session=x"}, 421},
		{"a name and a password", named, "/metrics", map[string]string{"Authorization": "Basic czNjcmV0"}, 421},
		{"anything else", named, "/api/v1/jobs", right, 421},
		{"below it", named, "/metrics/../jobs", right, 421},
		{"where no token is asked for", asksNobody, "/metrics", wrong, 421},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if w := ask(tt.h, "GET", "http://10.0.0.7:8080"+tt.path, tt.headers); w.Code != tt.want {
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

func TestOnlyOurProxiesAreBelieved(t *testing.T) {
	var address string
	var tls bool
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { address, tls = r.RemoteAddr, auth.OverTLS(r) })
	h := api.Guard(next, api.GuardOptions{
		Hosts: []string{"example.com"}, Log: slog.New(slog.DiscardHandler),
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
	})
	for _, tt := range []struct {
		peer string
		hops []string
		want string
		tls  bool
	}{
		{"192.0.2.9:4711", []string{"198.51.100.1"}, "192.0.2.9:4711", false},
		{"10.1.1.1:4711", []string{"198.51.100.1"}, "198.51.100.1:0", true},
		{"[::ffff:10.1.1.1]:4711", []string{"198.51.100.1"}, "198.51.100.1:0", true},
		{"10.1.1.1:4711", []string{"203.0.113.5, 198.51.100.1, 10.2.2.2"}, "198.51.100.1:0", true},
		{"10.1.1.1:4711", []string{"203.0.113.5", "2001:db8::7"}, "[2001:db8::7]:0", true},
		{"10.1.1.1:4711", []string{"198.51.100.1, <script>"}, "10.1.1.1:4711", true},
		{"10.1.1.1:4711", []string{"<script>, 10.2.2.2"}, "10.2.2.2:0", true},
		{"10.1.1.1:4711", nil, "10.1.1.1:4711", true},
		{"@", []string{"198.51.100.1"}, "@", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.hops
		r.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if address != tt.want || tls != tt.tls {
			t.Errorf("%s for %q is %s, over TLS %t; want %s, %t", tt.peer, tt.hops, address, tls, tt.want, tt.tls)
		}
		if got := w.Header().Get("Strict-Transport-Security") != ""; got != tt.tls {
			t.Errorf("%s for %q is told to stay with TLS: %t", tt.peer, tt.hops, got)
		}
	}
}

func TestAnAddressAsksOnlySoOftenForWhatIsOpen(t *testing.T) {
	h := guarded(t, api.GuardOptions{Token: "s3cret"})
	from := func(address, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = address
		r.Header.Set("X-Forwarded-For", "198.51.100."+address[len(address)-1:]) // no way around it
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for i := range 300 {
		from(fmt.Sprintf("[2001:db8::%x]:1", i), []string{"/login", "/setup/x", "/api/v1/login/device/token"}[i%3])
	}
	if w := from("[2001:db8::ffff]:9", "/login"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("the 301st is answered by %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	for _, path := range []string{"/healthz", "/static/beadle.css"} {
		if w := from("[2001:db8::ffff]:9", path); w.Code != http.StatusOK {
			t.Errorf("%s is answered by %d", path, w.Code)
		}
	}
	if w := from("[2001:db8:0:1::1]:9", "/login"); w.Code != http.StatusOK {
		t.Errorf("another network is answered by %d", w.Code)
	}
}

func TestNoBodyIsReadBeyondItsBounds(t *testing.T) {
	var n int64
	var err error
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { n, err = io.Copy(io.Discard, r.Body) })
	h := api.Guard(next, api.GuardOptions{Hosts: []string{"example.com"}, Log: slog.New(slog.DiscardHandler)})
	for path, most := range map[string]int64{"/login": 1 << 20, "/api/v1/jobs": 1 << 20, "/api/v1/jobs:batch": 32 << 20} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, io.LimitReader(endless{}, 40<<20)))
		if n < most || n > most+1 || err == nil {
			t.Errorf("%s: %d bytes are read, and then %v", path, n, err)
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
