package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/web"
)

// visitors are the people of the table, by the letter that they have there.
var visitors = map[rune]auth.Who{
	'v': who(auth.Viewer, ""),
	'p': who(auth.PowerUser, ""),
	'o': who(auth.Operator, ""),
	's': who(auth.Superadmin, ""),
	'n': who(auth.Operator, "north"),
	't': {Name: "paul", Grants: []auth.Grant{{Role: auth.Superadmin}}, Token: "t", Within: []auth.Grant{{Role: auth.Viewer}}},
}

// letIn is who may ask for each page and send each form, if the thing in
// question is theirs to see and to change.
var letIn = map[string][]string{
	"vposnt": {
		"GET /{$}", "GET /", "GET /keys", "GET /account", "GET /account/tokens", "GET /account/password", "GET /account/tokens/{token}/revoke", "GET /device",
		"POST /account/password", "POST /account/email", "POST /account/sessions/{session}/end", "POST /account/tokens", "POST /account/tokens/{token}/revoke",
		"POST /device", "POST /see-as/end",
		"GET /jobs", "GET /jobs/{id}", "GET /jobs/{id}/errors", "POST /jobs/{id}/notify", "POST /jobs/{id}/unnotify",
		"GET /notices", "GET /notices/new", "POST /notices/new", "GET /notices/rules/{rule}", "POST /notices/rules/{rule}",
		"GET /notices/rules/{rule}/delete", "POST /notices/rules/{rule}/delete", "POST /notices/rules/{rule}/pause",
		"POST /notices/rules/{rule}/resume", "POST /notices/rules/{rule}/test", "POST /notices/deliveries/{delivery}/retry",
	},
	"posn": {
		"GET /jobs/{id}/abort", "POST /jobs/{id}/abort", "POST /jobs/{id}/retry",
		"GET /jobs:abort", "POST /jobs:abort", "GET /jobs:retry", "POST /jobs:retry",
	},
	"vosnt": {
		"GET /overview", "GET /schedules", "GET /schedules/{name}", "GET /calendars", "GET /calendars/{calendar}",
		"GET /recoveries", "GET /recoveries/{recovery}", "GET /workers", "GET /queues", "GET /locks", "GET /errors",
		"GET /errors/{fingerprint}", "GET /messages", "GET /messages/{sync}/{message}", "GET /why", "GET /sections", "GET /sections/{sync}/{section}", "GET /terms",
		"GET /attendance", "GET /attendance/people", "GET /system", "GET /plans", "GET /plans/{sync}/{plan}",
	},
	"vost": {"GET /retention"},
	"osn": {
		"GET /messages/{sync}/{message}/skip", "POST /messages/{sync}/{message}/skip", "GET /messages/{sync}/{message}/hold", "POST /messages/{sync}/{message}/hold",
		"GET /messages/{sync}/{message}/retry", "POST /messages/{sync}/{message}/retry", "GET /messages:retry/{sync}", "POST /messages:retry/{sync}",
		"GET /sections/{sync}/{section}/link", "POST /sections/{sync}/{section}/link", "GET /sections/{sync}/{section}/unlink", "POST /sections/{sync}/{section}/unlink",
		"GET /terms/{sync}/{term}/choose", "POST /terms/{sync}/{term}/choose", "GET /terms/{sync}/{term}/drop", "POST /terms/{sync}/{term}/drop",
		"GET /attendance/{sync}/{day}/release", "POST /attendance/{sync}/{day}/release",
		"GET /sections:rekey/{sync}/{stream}/same", "POST /sections:rekey/{sync}/{stream}/same", "GET /sections:rekey/{sync}/{stream}/other", "POST /sections:rekey/{sync}/{stream}/other",
		"GET /plans/{sync}/{plan}/approve", "POST /plans/{sync}/{plan}/approve", "GET /plans/{sync}/{plan}/reject", "POST /plans/{sync}/{plan}/reject",
		"GET /plans/{sync}/{plan}/undo", "POST /plans/{sync}/{plan}/undo", "GET /plans/{sync}/{plan}/release", "POST /plans/{sync}/{plan}/release",
		"GET /limits/edit", "POST /limits/edit", "POST /limits/remove",
		"GET /schedules/new", "POST /schedules/new", "POST /schedules/preview", "GET /schedules/{name}/edit", "POST /schedules/{name}/edit",
		"GET /schedules/{name}/run", "POST /schedules/{name}/run", "GET /schedules/{name}/pause", "POST /schedules/{name}/pause",
		"GET /schedules/{name}/resume", "POST /schedules/{name}/resume", "GET /schedules/{name}/revert", "POST /schedules/{name}/revert",
		"GET /schedules/{name}/delete", "POST /schedules/{name}/delete",
	},
	"os": {
		"GET /jobs/{id}/break", "POST /jobs/{id}/break",
		"GET /calendars/new", "POST /calendars/new", "POST /calendars/preview", "GET /calendars/{calendar}/edit",
		"POST /calendars/{calendar}/edit", "GET /calendars/{calendar}/delete", "POST /calendars/{calendar}/delete",
		"POST /recoveries/{recovery}/approve", "GET /recoveries/{recovery}/reject", "POST /recoveries/{recovery}/reject",
		"POST /workers/{worker}/quiet", "POST /workers/{worker}/wake", "GET /workers/{worker}/drain", "POST /workers/{worker}/drain",
		"GET /queues/{queue}/pause", "POST /queues/{queue}/pause", "POST /queues/{queue}/resume",
	},
	"s": {
		"GET /audit", "GET /retention/edit", "POST /retention/edit", "GET /retention/delete", "POST /retention/delete",
		"GET /retention/hold", "POST /retention/hold", "GET /retention/lift", "POST /retention/lift",
		"GET /access", "GET /access/new", "POST /access/new", "GET /access/people/{person}", "POST /access/people/{person}",
		"GET /access/people/{person}/disable", "POST /access/people/{person}/disable", "POST /access/people/{person}/enable",
		"GET /access/people/{person}/invite", "POST /access/people/{person}/invite", "POST /access/people/{person}/see-as",
	},
	"anybody": {
		"GET /static/", "GET /login", "POST /login", "POST /logout", "GET /login/oidc", "GET /login/oidc/callback",
		"GET /setup/{secret}", "POST /setup/{secret}",
	},
}

func TestEveryPageIsOpenToThoseOfTheTable(t *testing.T) {
	d := dashboard(t, web.Config{}).(local).Dashboard
	allowed := map[string]string{}
	for letters, patterns := range letIn {
		for _, pattern := range patterns {
			allowed[pattern] = letters
		}
	}
	for pattern := range d.Needs() {
		letters, listed := allowed[pattern]
		if !listed {
			t.Errorf("the table does not say who may %s", pattern)
		}
		if !listed || letters == "anybody" {
			continue
		}
		method, path, _ := strings.Cut(pattern, " ")
		path = parameter.ReplaceAllString(path, "x")
		for letter, w := range visitors {
			got := asRole(d, w, method, path)
			refused := got.Code == http.StatusForbidden && strings.Contains(got.Body.String(), "This needs")
			if in := strings.ContainsRune(letters, letter); in == refused {
				t.Errorf("%s by %v within %v answers %d; the table lets them in: %t", pattern, w.Grants, w.Within, got.Code, in)
			}
		}
		if got := asRole(d, auth.Who{}, method, path).Code; got != http.StatusSeeOther && got != http.StatusUnauthorized {
			t.Errorf("%s by nobody answers %d", pattern, got)
		}
	}
}
