package worker

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestCallsOfTheLMSAreCountedByTheirEnd(t *testing.T) {
	answers := []string{`[]`, `{"exception":"invalid_parameter_exception","errorcode":"invalidparameter","message":"no"}`, `<html>`}
	lms := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text := answers[0]
		if answers = answers[1:]; text == `<html>` {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(lms.Close)
	m := metric.New("v1", metric.Bounds{})
	target := moodle.New(moodle.Config{URL: lms.URL, Token: "secret", Watch: counting(m)("target", "main")})
	for range 3 {
		_, _ = target.Users(t.Context(), sis.UserByEmail, []string{"lovelace@example.edu"})
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, _ = target.Users(stopped, sis.UserByEmail, []string{"lovelace@example.edu"})
	scrape := httptest.NewRecorder()
	m.Handler().ServeHTTP(scrape, httptest.NewRequest("GET", "/metrics", nil))
	for _, outcome := range []string{"ok", "refused", "failed", "stopped"} {
		line := `beadle_target_calls_total{function="core_user_get_users_by_field",outcome="` + outcome + `",target="main"} 1`
		if !strings.Contains(scrape.Body.String(), line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
	if !strings.Contains(scrape.Body.String(), `beadle_target_call_duration_seconds_count{function="core_user_get_users_by_field",target="main"} 4`) {
		t.Error("how long calls took is not there")
	}
}
