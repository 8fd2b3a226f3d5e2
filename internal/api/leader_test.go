package api_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
)

func TestTheLeaderIsDeposedWithAReason(t *testing.T) {
	for _, tt := range []struct {
		name, body, leads string
		err               error
		status            int
		want              string
	}{
		{"a leader", `{"reason":"to see another take over"}`, "ada:17", nil, 200, `{"leader":"ada:17"}`},
		{"no reason", `{}`, "ada:17", nil, 400, `"field":"reason"`},
		{"nobody leads", `{"reason":"why not"}`, "", nil, 409, "No scheduler leads."},
		{"no Redis", `{"reason":"why not"}`, "", errors.New("dial"), 503, "Redis does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			depose := func(context.Context) (string, error) { return tt.leads, tt.err }
			p := apitest.New()
			h := api.New(api.Config{Ledger: apitest.Ledger{Platform: p}, Depose: depose, Log: slog.New(slog.DiscardHandler)})
			if w := do(h, "POST", "/api/v1/leader:depose", tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d, want %d with %s in %s", w.Code, tt.status, tt.want, w.Body)
			}
		})
	}
}

func TestOnlyASuperadminDeposes(t *testing.T) {
	if got := api.New(api.Config{}).Needs()["POST /api/v1/leader:depose"]; got != auth.NeedAdmin {
		t.Errorf("need = %q", got)
	}
}
