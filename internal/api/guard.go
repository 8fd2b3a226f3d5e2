package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// requestID is the header that names a request, in the answer and in the log.
const requestID = "X-Request-Id"

// contentPolicy lets pages load what we serve ourselves and nothing else.
const contentPolicy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// GuardOptions say who is let in.
type GuardOptions struct {
	// Door says who people and programs are. Without it and without a token
	// everybody is auth.Local, which is right only where the server listens on
	// loopback.
	Door Door

	// Token is that of the installation, where there is no door.
	Token string

	// Hosts are the names, besides those of the loopback, under which the
	// server may be asked; probes, and whoever scrapes metrics with a token, may
	// ask by address. Empty means any host if there is a token, and none
	// without: a page of another site whose name leads to this address
	// must not be able to ask us anything.
	Hosts []string

	// Proxies are the networks of the proxies in front, which alone are believed
	// to say who asked them and whether over TLS.
	Proxies []netip.Prefix

	// Audit has changes written down. Nil writes none.
	Audit *Auditor

	// Observe is told how each request was answered, and whether as a stream of
	// events, which lasts for as long as somebody listens. It may be nil.
	Observe func(r *http.Request, status int, stream bool, took time.Duration)

	Log *slog.Logger
}

// Guard stands in front of the API and the pages. It refuses foreign hosts,
// requests that another site's page makes a browser send, bodies that are too
// long, addresses that ask too often for what is open, and everybody who is not
// known; probes, the pages for logging in and /static are open. What may
// change something is audited here, once for all faces.
func Guard(next http.Handler, o GuardOptions) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(denyCrossOrigin))
	inside := crossOrigin.Handler(o.identify(o.Audit.inside(next)))
	return o.proxied(o.logged(secured(o.Audit.outside(o.checkHost(o.paced(bounded(inside)))))))
}

// SameToken returns a function that tells whether a token is the right one,
// and takes as long for nearly right ones as for others.
func SameToken(right string) func(string) bool {
	want := sha256.Sum256([]byte(right))
	return func(token string) bool {
		got := sha256.Sum256([]byte(token))
		return subtle.ConstantTimeCompare(want[:], got[:]) == 1
	}
}

func denyCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusForbidden, fault.New(fault.Denied, "This request comes from a page of another site, and is refused."))
}

// secured sets the headers that tell a browser to be careful with us.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if auth.OverTLS(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// checkHost keeps out names that are not ours. Probes ask by address, and
// learn nothing that matters.
func (o GuardOptions) checkHost(next http.Handler) http.Handler {
	anyHost := o.asks() && len(o.Hosts) == 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostName(r.Host)
		if anyHost || isProbe(r.URL.Path) || o.isScrape(r) || isLoopback(host) || slices.ContainsFunc(o.Hosts, func(h string) bool { return strings.EqualFold(hostName(h), host) }) {
			next.ServeHTTP(w, r)
			return
		}
		refuse(w, http.StatusMisdirectedRequest, fault.New(fault.Denied, "This server does not go by the name %q; its settings name the hosts that it does.", host))
	})
}

// hostName returns host without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// isScrape reports whether r is Prometheus, which asks each process by its
// address. A page whose name leads here has no token to show, and whether this
// one is right is asked further in.
func (o GuardOptions) isScrape(r *http.Request) bool {
	return r.URL.Path == "/metrics" && o.asks() && tokenOf(r) != ""
}

func isProbe(path string) bool { return path == "/healthz" || path == "/readyz" }

// logged gives each request an id and a line in the log.
func (o GuardOptions) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newID()
		w.Header().Set(requestID, id)
		start := time.Now()
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		took := time.Since(start)
		o.Log.DebugContext(r.Context(), "request", "method", r.Method, "path", withoutSecret(r.URL.Path), "status", answer.status, "took", took, "request_id", id)
		if o.Observe != nil {
			o.Observe(r, answer.status, isEventStream(w.Header()), took)
		}
	})
}

// withoutSecret returns a path as the log may hold it: that of a one-time link
// is worth a password.
func withoutSecret(path string) string {
	if strings.HasPrefix(path, "/setup/") {
		return "/setup/…"
	}
	return path
}

// A statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write is that of an answer whose status is 200 if nothing else was said.
func (w *statusWriter) Write(body []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets [http.ResponseController] reach what is behind.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
