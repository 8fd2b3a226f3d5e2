package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/profile"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestProcessesAreToldWhatToLog(t *testing.T) {
	h := serve(t, apitest.New())
	w := do(h, "PUT", "/api/v1/log-level", `{"process":"worker@host-b:12","level":"debug","for":"5m"}`)
	if got := decoded[client.LogLevel](t, w); got.Level != "debug" || !got.Until.Equal(apitest.Now.Add(5*time.Minute)) || got.By != "local" {
		t.Errorf("it answers %+v", got)
	}
	all := decoded[client.ProcessList](t, do(h, "GET", "/api/v1/processes", "")).Processes
	if len(all) != 2 || all[0].LogLevel != "info" || all[1].LogLevel != "debug" || all[1].By != "local" {
		t.Errorf("the processes are %+v", all)
	}
	for _, tt := range []struct {
		body   string
		status int
		want   string
	}{
		{`{}`, 400, `"field":"level"`},
		{`{"level":"loud"}`, 400, `"field":"level"`},
		{`{"level":"debug","for":"25h"}`, 400, `"field":"for"`},
		{`{"level":"debug","for":"0s"}`, 400, `"field":"for"`},
		{`{"level":"debug","process":"nobody"}`, 404, "There is no process nobody"},
	} {
		if w := do(h, "PUT", "/api/v1/log-level", tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s", tt.body, w.Code, w.Body)
		}
	}
}

func TestAProfileIsOfOneTask(t *testing.T) {
	h := serve(t, apitest.New())
	w := do(h, "POST", "/api/v1/tasks/cache.clear/profile", `{"seconds":1}`)
	if busy, err := profile.Busy(w.Body.Bytes()); err != nil || busy != time.Second || w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("it answers %d with %s of CPU: %v", w.Code, busy, err)
	}
	for _, tt := range []struct {
		task, body string
		status     int
		want       string
	}{
		{"cache.clear", `{"seconds":61}`, 400, `"field":"seconds"`},
		{"cache.clear", `{"seconds":-1}`, 400, `"field":"seconds"`},
		{"cache.clear", `{"worker":"nobody"}`, 404, "There is no worker nobody"},
		{"nothing", `{}`, 404, "There is no task nothing"},
	} {
		if w := do(h, "POST", "/api/v1/tasks/"+tt.task+"/profile", tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s: %d %s", tt.task, tt.body, w.Code, w.Body)
		}
	}
}

func TestWhatProcessesDoIsForThoseWhoOperateEverything(t *testing.T) {
	h := serve(t, apitest.New())
	for _, who := range []auth.Who{role(auth.Viewer, ""), role(auth.Operator, "north")} {
		for path, method := range map[string]string{"/api/v1/log-level": "PUT", "/api/v1/tasks/cache.clear/profile": "POST"} {
			if w := askedBy(h, who, method, path, `{"level":"debug"}`); w.Code != http.StatusForbidden {
				t.Errorf("%+v: %s answers %d", who.Grants, path, w.Code)
			}
		}
	}
}
