package metric

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// HTTP counts what is asked of a server. It is safe for concurrent use.
type HTTP struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	changes  *prometheus.CounterVec
}

// HTTP adds the metrics of a server and returns what counts them.
func (m *Metrics) HTTP() *HTTP {
	h := &HTTP{
		requests: counters("beadle_http_requests_total", "Requests that were answered.", "route", "method", "code"),
		took:     histograms("beadle_http_request_duration_seconds", "How long answers took, but for event streams.", answers, "route"),
		changes:  counters("beadle_config_changes_total", "Changes that people have made to what the installation goes by.", "kind"),
	}
	m.registry.MustRegister(h.requests, h.took, h.changes)
	for kind := range configured {
		h.changes.WithLabelValues(kind)
	}
	return h
}

// A Request is one that was answered.
type Request struct {
	Route  string // the pattern that served it, with its method or without; empty: none did
	Method string
	Status int
	Stream bool // goes on for as long as the client likes
	Took   time.Duration
}

// Answered counts one request.
func (h *HTTP) Answered(r Request) {
	route := path(r.Route)
	h.requests.WithLabelValues(route, methodOf(r.Method), strconv.Itoa(r.Status)).Inc()
	if !r.Stream {
		h.took.WithLabelValues(route).Observe(r.Took.Seconds())
	}
	if kind := changed(r.Method, route); kind != "" && r.Status < http.StatusBadRequest {
		h.changes.WithLabelValues(kind).Inc()
	}
}

// path returns a pattern without its method.
func path(route string) string {
	if _, path, ok := strings.Cut(route, " "); ok {
		route = path
	}
	if route == "" {
		return other
	}
	return strings.TrimSuffix(route, "{$}")
}

var methods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
}

// methodOf returns a method; who asks may make one up.
func methodOf(method string) string {
	if methods[method] {
		return method
	}
	return other
}

// configured is what people change and processes go by, as routes name it.
var configured = map[string]bool{
	"schedules": true, "calendars": true, "clients": true, "limits": true, "notices": true, "retention": true, "people": true, "queues": true,
}

// idle are the last words of routes that are sent something and keep nothing of
// it, or that start what there is.
var idle = map[string]bool{"preview": true, "clashes": true, "run": true, "test": true, "retry": true}

// changed returns what kind of thing a request changes; empty if none.
func changed(method, route string) string {
	if method == http.MethodGet || method == http.MethodHead {
		return ""
	}
	words := strings.FieldsFunc(strings.TrimPrefix(route, "/api/v1"), func(r rune) bool { return r == '/' || r == ':' })
	if len(words) == 0 || !configured[words[0]] || idle[words[len(words)-1]] {
		return ""
	}
	return words[0]
}
