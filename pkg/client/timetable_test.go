package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestTheTimetableIsAskedInItsRoutes(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.RequestURI + " " + string(body)
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	c := client.New(server.URL, "")
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	ctx := t.Context()
	for want, ask := range map[string]func() error{
		`POST /api/v1/schedules {"name":"a:b","task":"a","reason":"r","rule":{"cron":"@daily"}}`: func() error {
			_, err := c.CreateSchedule(ctx, client.NewSchedule{Name: "a:b", Task: "a", Reason: "r", Rule: map[string]json.RawMessage{"cron": json.RawMessage(`"@daily"`)}})
			return err
		},
		`PATCH /api/v1/schedules/a%2Fb {"layer":"client","revert":["*"],"revision":3,"reason":"r"}`: func() error {
			_, err := c.EditSchedule(ctx, "a/b", client.Edit{Layer: client.LayerClient, Revert: []string{"*"}, Revision: 3, By: "nobody", Reason: "r"})
			return err
		},
		`POST /api/v1/schedules:preview {"name":"","n":3}`: func() error {
			_, err := c.PreviewSchedule(ctx, client.NewSchedule{}, 3)
			return err
		},
		`POST /api/v1/schedules:clashes {"name":"a:b","from":"a:b"}`: func() error {
			_, err := c.ScheduleClashes(ctx, client.NewSchedule{Name: "a:b", From: "a:b"})
			return err
		},
		`GET /api/v1/recoveries?limit=3 `: func() error {
			_, err := c.Recoveries(ctx, 3)
			return err
		},
		`GET /api/v1/recoveries/latest `: func() error {
			_, err := c.Recovery(ctx, 0)
			return err
		},
		`GET /api/v1/recoveries/7 `: func() error {
			_, err := c.Recovery(ctx, 7)
			return err
		},
		`POST /api/v1/recoveries/7/approve {"reason":"r"}`: func() error {
			_, err := c.ApproveRecovery(ctx, 7, "r")
			return err
		},
		`POST /api/v1/recoveries/7/reject {"reason":"r"}`: func() error {
			_, err := c.RejectRecovery(ctx, 7, "r")
			return err
		},
		`DELETE /api/v1/schedules/a?reason=no+use `: func() error {
			_, err := c.DeleteSchedule(ctx, "a", "no use")
			return err
		},
		`POST /api/v1/schedules/a/pause {"until":"2026-09-01T08:00:00Z","note":"n"}`: func() error {
			_, err := c.PauseSchedule(ctx, "a", client.Pause{Until: at, Note: "n"})
			return err
		},
		`POST /api/v1/schedules/a/resume {"reason":"r"}`: func() error {
			_, err := c.ResumeSchedule(ctx, "a", "r")
			return err
		},
		`GET /api/v1/schedules/a/next?from=2026-09-01T08%3A00%3A00Z&n=2 `: func() error {
			_, err := c.Forecast(ctx, "a", at, 2)
			return err
		},
		`GET /api/v1/forecast `: func() error {
			_, err := c.Forecast(ctx, "", time.Time{}, 0)
			return err
		},
		`GET /api/v1/schedules/a/slots:check?to=2026-09-01T08%3A00%3A00Z `: func() error {
			_, err := c.CheckSlots(ctx, "a", time.Time{}, at)
			return err
		},
		`GET /api/v1/schedules/a/changes?limit=9 `: func() error {
			_, err := c.ScheduleChanges(ctx, "a", 9)
			return err
		},
		`GET /api/v1/calendars/a `: func() error {
			_, err := c.Calendar(ctx, "a")
			return err
		},
		`PUT /api/v1/calendars/a {"title":"A","exclusions":[{"from":"12-24"}],"revision":2,"reason":"r"}`: func() error {
			_, err := c.PutCalendar(ctx, client.Calendar{Name: "a", Title: "A", Exclusions: []client.Exclusion{{From: "12-24"}}, Revision: 2}, "r")
			return err
		},
		`DELETE /api/v1/calendars/a?reason=r `: func() error {
			_, err := c.DeleteCalendar(ctx, "a", "r")
			return err
		},
	} {
		if err := ask(); err != nil || got != want {
			t.Errorf("asked %s, want %s (%v)", got, want, err)
		}
	}
}
