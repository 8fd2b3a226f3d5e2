package metric_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/metric"
)

func TestCountsRequestsByTheirRoute(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	h := m.HTTP()
	h.Answered(metric.Request{Route: "GET /api/v1/jobs/{id}", Method: "GET", Status: 200, Took: 20 * time.Millisecond})
	h.Answered(metric.Request{Route: "GET /{$}", Method: "GET", Status: 303})
	h.Answered(metric.Request{Method: "BREW", Status: 405})
	h.Answered(metric.Request{Route: "GET /api/v1/events", Method: "GET", Status: 200, Stream: true, Took: time.Hour})
	got := scrape(t, m)
	wants(t, got,
		`beadle_http_requests_total{code="200",method="GET",route="/api/v1/jobs/{id}"} 1`,
		`beadle_http_requests_total{code="303",method="GET",route="/"} 1`,
		`beadle_http_requests_total{code="405",method="other",route="other"} 1`,
		`beadle_http_requests_total{code="200",method="GET",route="/api/v1/events"} 1`,
		`beadle_http_request_duration_seconds_bucket{route="/api/v1/jobs/{id}",le="0.025"} 1`,
	)
	if strings.Contains(got, `beadle_http_request_duration_seconds_count{route="/api/v1/events"}`) {
		t.Error("how long somebody listened counts as the duration of an answer")
	}
}

func TestCountsWhatPeopleChange(t *testing.T) {
	for _, tt := range []struct {
		route, method string
		status        int
		kind          string // empty: it changes nothing
	}{
		{"PATCH /api/v1/schedules/{name}", "PATCH", 200, "schedules"},
		{"POST /schedules/{name}/edit", "POST", 303, "schedules"},
		{"POST /schedules/{name}/edit", "POST", 422, ""},
		{"POST /api/v1/schedules/{name}/run", "POST", 202, ""},
		{"POST /api/v1/schedules:preview", "POST", 200, ""},
		{"GET /api/v1/schedules", "GET", 200, ""},
		{"PUT /api/v1/limits", "PUT", 200, "limits"},
		{"POST /api/v1/clients", "POST", 201, "clients"},
		{"PUT /api/v1/notices/rules/{name}", "PUT", 200, "notices"},
		{"POST /api/v1/notices/rules/{name}/test", "POST", 200, ""},
		{"POST /api/v1/queues:pause", "POST", 200, "queues"},
		{"POST /api/v1/jobs", "POST", 201, ""},
	} {
		m := metric.New("v1", metric.Bounds{})
		m.HTTP().Answered(metric.Request{Route: tt.route, Method: tt.method, Status: tt.status})
		got := scrape(t, m)
		total, _ := sum(t, got, "beadle_config_changes_total")
		if total > 0 != (tt.kind != "") || tt.kind != "" && !strings.Contains(got, `beadle_config_changes_total{kind="`+tt.kind+`"} 1`) {
			t.Errorf("%s answered with %d counts %v changes, want one of %q", tt.route, tt.status, total, tt.kind)
		}
	}
}
