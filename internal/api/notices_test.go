package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// noticeServer answers one request of somebody.
func noticeServer(t *testing.T) func(w auth.Who, method, path, body string) (int, string) {
	t.Helper()
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	p := apitest.New()
	routes := api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Locks: apitest.Locks{Platform: p}, Timetable: p.Timetable(),
		Notices: records, LocalEmail: "ops@example.edu", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return apitest.Now },
	})
	return func(who auth.Who, method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), method, path, strings.NewReader(body))
		apitest.As(who, routes).ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
}

func TestRulesForOthersTakeTheRightToOperateWhatTheyAreAbout(t *testing.T) {
	ask := noticeServer(t)
	north := auth.Who{Name: "nora", Grants: []auth.Grant{{Role: auth.Operator, Client: "north", Tasks: "sis.*"}}}
	paul := auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}}
	for _, tt := range []struct {
		name   string
		who    auth.Who
		body   string
		status int
	}{
		{"me", paul, `{"outcomes":["failed"],"channel":"person","to":"paul"}`, http.StatusOK},
		{"other", paul, `{"outcomes":["failed"],"channel":"person","to":"anna"}`, http.StatusForbidden},
		{"mail", paul, `{"outcomes":["failed"],"channel":"email","to":"paul@example.edu"}`, http.StatusForbidden},
		{"mine", north, `{"outcomes":["failed"],"client":"north","tasks":"sis.*","channel":"email","to":"nora@example.edu"}`, http.StatusOK},
		{"wide", north, `{"outcomes":["failed"],"client":"north","channel":"email","to":"nora@example.edu"}`, http.StatusForbidden},
		{"all", north, `{"outcomes":["failed"],"tasks":"sis.*","channel":"email","to":"nora@example.edu"}`, http.StatusForbidden},
		{"bad", north, `{"client":"north","tasks":"sis.*","channel":"email","to":"nora@example.edu"}`, http.StatusBadRequest},
	} {
		if status, body := ask(tt.who, "PUT", "/api/v1/notices/rules/"+tt.name, tt.body); status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, status, body, tt.status)
		}
	}
	if status, body := ask(north, "GET", "/api/v1/notices/rules/me", ""); status != http.StatusNotFound {
		t.Errorf("somebody else's rule: %d %s", status, body)
	}
	if status, body := ask(paul, "DELETE", "/api/v1/notices/rules/mine", ""); status != http.StatusNotFound {
		t.Errorf("somebody else's rule is deleted: %d %s", status, body)
	}
}

func TestSecretsOfWebhooksAreToldOnce(t *testing.T) {
	ask := noticeServer(t)
	status, body := ask(auth.Local, "PUT", "/api/v1/notices/rules/hook", `{"outcomes":["failed"],"channel":"webhook","to":"https://example.edu/T0/hidden"}`)
	if status != http.StatusOK || !strings.Contains(body, `"secret":"whsec_`) || strings.Contains(body, "hidden") {
		t.Fatalf("%d %s", status, body)
	}
	_, rest, _ := strings.Cut(body, `"secrets":["`)
	mask, _, _ := strings.Cut(rest, `"`)
	status, body = ask(auth.Local, "PUT", "/api/v1/notices/rules/hook", `{"outcomes":["failed"],"channel":"webhook","to":"https://example.edu/…","secrets":["`+mask+`"],"revision":1}`)
	if status != http.StatusOK || strings.Contains(body, "whsec_") {
		t.Errorf("as it was shown: %d %s", status, body)
	}
	if status, body = ask(auth.Local, "GET", "/api/v1/notices/rules", ""); strings.Contains(body, "whsec_") || strings.Contains(body, "hidden") {
		t.Errorf("%d %s", status, body)
	}
	if status, body = ask(auth.Local, "POST", "/api/v1/notices/rules/hook/test", ""); status != http.StatusAccepted || strings.Contains(body, "hidden") {
		t.Errorf("test: %d %s", status, body)
	}
	other := auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}}
	if _, body = ask(other, "GET", "/api/v1/notices/deliveries", ""); !strings.Contains(body, `"deliveries":[]`) {
		t.Errorf("deliveries of others: %s", body)
	}
	if _, body = ask(auth.Local, "GET", "/api/v1/notices/deliveries", ""); !strings.Contains(body, `"subject":"Rule hook test"`) {
		t.Errorf("deliveries: %s", body)
	}
}

func TestFollowsAJobUntilItHasEnded(t *testing.T) {
	ask := noticeServer(t)
	_, body := ask(auth.Local, "POST", "/api/v1/jobs", `{"task":"roster.sync","args":{"school":"17"}}`)
	_, rest, _ := strings.Cut(body, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if status, body := ask(auth.Local, "POST", "/api/v1/jobs/"+id+"/notify", ""); status != http.StatusOK || !strings.Contains(body, `"following":true`) {
		t.Errorf("%d %s", status, body)
	}
	other := auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}}
	if status, body := ask(other, "POST", "/api/v1/jobs/"+id+"/notify", ""); status != http.StatusNotFound {
		t.Errorf("a job of somebody else: %d %s", status, body)
	}
	if status, body := ask(auth.Local, "DELETE", "/api/v1/jobs/"+id+"/notify", ""); status != http.StatusOK || !strings.Contains(body, `"following":false`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestADeliveryIsForThoseWhoOperateAllThatItTellsOf(t *testing.T) {
	north, south := notice.Facts{Client: "north", Task: "sis.import"}, notice.Facts{Client: "south", Task: "sis.import"}
	sent := func(id string, c notice.Channel, to string, facts ...notice.Facts) notice.Delivery {
		return notice.Delivery{ID: id, Rule: "fails", Channel: c, To: to, State: notice.Given, Facts: facts}
	}
	for name, tt := range map[string]struct {
		who         auth.Who
		read, retry []string
	}{
		"superadmin":        {role(auth.Superadmin, ""), []string{"5", "4", "3", "2", "1"}, []string{"5", "4", "3", "2", "1"}},
		"operator of north": {role(auth.Operator, "north"), []string{"4", "1"}, []string{"4", "1"}},
		"viewer of north":   {role(auth.Viewer, "north"), []string{"4"}, []string{"4"}},
		"power user":        {role(auth.PowerUser, ""), []string{"4"}, []string{"4"}},
	} {
		book := api.NoticeBook{Ledger: &apitest.Notices{
			Rules: []notice.Rule{{Name: "fails", Client: "north", Channel: notice.ToEmail, Owner: "paul"}}, // the name was of another one before
			Letter: []notice.Delivery{
				sent("1", notice.ToEmail, "n@example.edu", north), sent("2", notice.ToEmail, "s@example.edu", south), sent("3", notice.ToEmail, "n@example.edu", north, south),
				sent("4", notice.ToPerson, "paul", south), sent("5", notice.ToEmail, "n@example.edu"),
			},
		}, Now: func() time.Time { return apitest.Now }}
		ctx := auth.With(t.Context(), tt.who)
		found, _, err := book.Deliveries(ctx, "", 10)
		var read, retry []string
		for _, d := range found {
			read = append(read, d.ID)
		}
		for _, id := range []string{"5", "4", "3", "2", "1"} {
			if _, err := book.Retry(ctx, id); err == nil {
				retry = append(retry, id)
			}
		}
		if !slices.Equal(read, tt.read) || !slices.Equal(retry, tt.retry) || err != nil {
			t.Errorf("%s reads %v and retries %v, %v; want %v and %v", name, read, retry, err, tt.read, tt.retry)
		}
	}
}

func TestWhoTriesARuleReadsWhatBecameOfIt(t *testing.T) {
	ask := noticeServer(t)
	nora := auth.Who{Name: "nora", Grants: []auth.Grant{{Role: auth.Operator, Client: "north", Tasks: "sis.*"}}}
	ask(nora, "PUT", "/api/v1/notices/rules/mine", `{"outcomes":["failed"],"client":"north","tasks":"sis.*","channel":"email","to":"nora@example.edu"}`)
	ask(nora, "POST", "/api/v1/notices/rules/mine/test", "")
	if _, body := ask(nora, "GET", "/api/v1/notices/deliveries", ""); !strings.Contains(body, `"subject":"Rule mine test"`) {
		t.Errorf("deliveries: %s", body)
	}
}
