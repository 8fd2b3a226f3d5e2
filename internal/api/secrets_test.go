package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// vault is a platform with a task of which one argument is marked as secret.
func vault() *apitest.Platform {
	p := seeded()
	p.SeedClient(job.Client{Name: "north", Title: "North"})
	p.Declare("vault.push", "Push keys.", `{"type":"object","additionalProperties":false,"properties":{
		"school":{"type":"string"},"pin":{"type":"integer","writeOnly":true},"api_key":{"type":"string"}}}`)
	secrets := json.RawMessage(`{"school":"17","pin":908172,"api_key":"hidden-key"}`)
	p.SeedSchedule(job.Schedule{Name: "vault", Task: "vault.push", Client: "north", Rule: job.NewRule("0 2 * * *", "UTC", secrets), Created: apitest.Now})
	p.Seed(job.Job{ID: "pushed", Task: "vault.push", Client: "north", Owner: "paul", Args: secrets, State: job.Failed})
	p.Seed(job.Job{ID: "pushing", Task: "vault.push", Client: "north", Owner: "paul", Args: secrets, State: job.Running})
	return p
}

func tellsSecrets(body string) bool {
	return strings.Contains(body, "908172") || strings.Contains(body, "hidden-key")
}

func TestSecretArgumentsAreShownToWhoAdministersTheJob(t *testing.T) {
	h := serve(t, vault())
	for _, target := range []string{"/api/v1/jobs/pushed", "/api/v1/jobs/pushing", "/api/v1/jobs", "/api/v1/jobs?format=ndjson", "/api/v1/schedules", "/api/v1/schedules/vault"} {
		for _, tt := range []struct {
			who   auth.Who
			shown bool
		}{
			{role(auth.Superadmin, ""), true},
			{role(auth.Superadmin, "north"), true},
			{role(auth.Operator, ""), false},
			{role(auth.Viewer, "north"), false},
			{auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.Superadmin}}, Within: []auth.Grant{{Role: auth.Operator}}}, false},
			{auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.Superadmin, Client: "default"}, {Role: auth.Viewer}}}, false},
		} {
			w := askedBy(h, tt.who, "GET", target, "")
			if body := w.Body.String(); w.Code != 200 || tellsSecrets(body) != tt.shown || !tt.shown && !strings.Contains(body, job.Mask) && strings.Contains(body, `"args"`) {
				t.Errorf("%s by %v answers %d: %s", target, tt.who.Grants, w.Code, body)
			}
		}
	}
}

func TestNoRouteTellsSecretsToAnOperator(t *testing.T) {
	h := serve(t, vault())
	for pattern := range h.Needs() {
		method, path, _ := strings.Cut(pattern, " ")
		if method != "GET" || strings.HasSuffix(path, "/events") || strings.HasSuffix(path, "openapi.yaml") {
			continue
		}
		for _, id := range []string{"pushed", "pushing", "vault", "vault.push"} {
			if body := askedBy(h, role(auth.Operator, ""), method, parameter.ReplaceAllString(path, id), "").Body.String(); tellsSecrets(body) {
				t.Errorf("%s of %s tells %s", pattern, id, body)
			}
		}
	}
}

func TestWhoMayNotSeeSecretsLeavesThemAsTheyAre(t *testing.T) {
	p := vault()
	h, oda := serve(t, p), role(auth.Operator, "north")
	for _, tt := range []struct {
		method, target, body string
		want                 int
	}{
		{"POST", "/api/v1/jobs/pushed/retry", "{}", 201},
		{"POST", "/api/v1/schedules/vault/run", "{}", 201},
		{"PATCH", "/api/v1/schedules/vault", `{"revision":1,"reason":"another school","set":{"args":{"school":"18","pin":"•••","api_key":"•••"}}}`, 200},
		{"POST", "/api/v1/schedules/vault/pause", `{"note":"wait","until":"2026-09-02T08:00:00Z"}`, 200},
		{"POST", "/api/v1/jobs", `{"task":"vault.push","client":"north","args":{"api_key":"•••"}}`, 400},
		{"POST", "/api/v1/jobs", `{"task":"vault.push","client":"north","args":{"pin":47.11}}`, 400},
	} {
		w := askedBy(h, oda, tt.method, tt.target, tt.body)
		if w.Code != tt.want || tellsSecrets(w.Body.String()) || strings.Contains(w.Body.String(), "47.11") {
			t.Errorf("%s answers %d, want %d: %s", tt.target, w.Code, tt.want, w.Body)
		}
	}
	root := role(auth.Superadmin, "")
	var s job.Schedule
	if err := json.Unmarshal(askedBy(h, root, "GET", "/api/v1/schedules/vault", "").Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if want := `{"school":"18","pin":908172,"api_key":"hidden-key"}`; !job.SameJSON(s.Args, json.RawMessage(want)) {
		t.Errorf("the schedule has %s", s.Args)
	}
	var list struct{ Jobs []job.Job }
	if err := json.Unmarshal(askedBy(h, root, "GET", "/api/v1/jobs?task=vault.push", "").Body.Bytes(), &list); err != nil || len(list.Jobs) != 4 {
		t.Fatalf("%d jobs: %v", len(list.Jobs), err)
	}
	for _, j := range list.Jobs {
		if !tellsSecrets(string(j.Args)) {
			t.Errorf("job %s has %s", j.ID, j.Args)
		}
	}
}

func TestSecretsAreNotFoundByTrying(t *testing.T) {
	h := serve(t, vault())
	for _, tt := range []struct {
		who   auth.Who
		query string
		want  int
	}{
		{role(auth.Operator, ""), "task:vault.push+payload.pin:908172", 403},
		{role(auth.Operator, ""), "task:*+payload.api_key:hidden-key", 403},
		{role(auth.Operator, ""), "task:gone+payload.school:17", 403},
		{role(auth.Operator, ""), "task:vault.push+payload.school:17", 200},
		{role(auth.Operator, ""), "task:roster.sync+payload.pin:908172", 200},
		{role(auth.Superadmin, ""), "task:vault.push+payload.pin:908172", 200},
		{role(auth.Superadmin, "north"), "task:vault.push+payload.pin:908172", 403},
		{role(auth.Superadmin, "north"), "task:vault.push+client:north+payload.pin:908172", 200},
	} {
		if w := askedBy(h, tt.who, "GET", "/api/v1/jobs?q="+tt.query, ""); w.Code != tt.want {
			t.Errorf("%s by %v answers %d, want %d: %s", tt.query, tt.who.Grants, w.Code, tt.want, w.Body)
		}
		if w := askedBy(h, tt.who, "GET", "/api/v1/jobs?count=true&q="+tt.query, ""); tt.want == 403 && w.Code == 200 {
			t.Errorf("%s by %v is counted: %s", tt.query, tt.who.Grants, w.Body)
		}
	}
}

func TestTheAuditKeepsNoSecretArguments(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	p := vault()
	h := serve(t, p)
	guarded := api.Guard(h, api.GuardOptions{Log: quiet, Audit: &api.Auditor{Log: apitest.Ledger{Platform: p}, Route: h.Route, Now: time.Now, Slog: quiet, Secrets: h.SecretNames}})
	for _, body := range []string{
		`{"revision":1,"reason":"x","set":{"args":{"school":"kept","pin":9081720,"api_key":"hidden-key2"}}}`,
		`{"revision":2,"reason":"x","set":{"args":{"school":"kept","pin":9081721}}}`,
	} {
		if w := change(guarded, http.MethodPatch, "/api/v1/schedules/vault", body); w.Code != 200 {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
	}
	raw, err := json.Marshal(p.Audited())
	if err != nil || len(p.Audited()) != 2 {
		t.Fatalf("%s: %v", raw, err)
	}
	if tellsSecrets(string(raw)) || !strings.Contains(string(raw), "kept") {
		t.Errorf("audited: %s", raw)
	}
}
