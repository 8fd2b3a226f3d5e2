package scheduler

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestOnlyWhoOperatesEverythingMayProfileTheScheduler(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	s, err := newScheduler(Options{Redis: rdb, Ledger: records, Settings: config.Default(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	routes, pages, err := s.faces(s.guard())
	if err != nil {
		t.Fatal(err)
	}
	h := s.served(routes, pages)
	for _, tt := range []struct {
		who  auth.Who
		want int
	}{
		{auth.Who{Name: "root", Grants: []auth.Grant{{Role: auth.Superadmin}}}, http.StatusOK},
		{auth.Who{Name: "olga", Grants: []auth.Grant{{Role: auth.Operator}}}, http.StatusOK},
		{auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer}}}, http.StatusForbidden},
		{auth.Who{Name: "nils", Grants: []auth.Grant{{Role: auth.Operator, Client: "north"}}}, http.StatusForbidden},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/debug/pprof/goroutine?debug=1", nil)
		h.ServeHTTP(w, r.WithContext(auth.With(r.Context(), tt.who)))
		if w.Code != tt.want || (w.Code == http.StatusOK) != strings.Contains(w.Body.String(), "goroutine profile") {
			t.Errorf("%s gets %d: %.100s", tt.who.Name, w.Code, w.Body)
		}
	}
}
