package story_test

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// stolen: the cookie of somebody who has logged out, a token that has expired,
// and one of another client are refused, and the audit tells of it.
func stolen(h *house, visit func() visitor) {
	rita := visit()
	rita.logIn("rita")
	cookie := rita.cookie()
	if status := h.ask("GET", "/api/v1/jobs", cookie); status != http.StatusOK {
		h.Fatalf("her own cookie is answered with %d", status)
	}
	rita.press(`form[action="/logout"] button`)
	rita.at("/login")
	if status := h.ask("GET", "/api/v1/jobs", cookie); status != http.StatusUnauthorized {
		h.Errorf("a cookie after logout is answered with %d", status)
	}
	if status := h.ask("GET", "/jobs", cookie); status < 300 {
		h.Errorf("a page answers a cookie after logout with %d", status)
	}
	h.audited("it was rita's", func(e client.AuditEntry) bool {
		return e.Status == http.StatusUnauthorized && strings.Contains(e.Reason, "rita's")
	})

	short, err := h.as("rita").CreateToken(h.Context(), client.NewToken{Name: "short", Expires: time.Now().Add(time.Second)})
	h.must(err)
	h.eventually("the token to expire", func() bool {
		return h.ask("GET", "/api/v1/jobs", http.Header{"Authorization": {"Bearer " + short.Secret}}) == http.StatusUnauthorized
	})
	h.audited("the token has expired", func(e client.AuditEntry) bool {
		return e.Status == http.StatusUnauthorized && strings.Contains(e.Reason, short.Token.ID) && strings.Contains(e.Reason, "expired")
	})

	south, err := h.as("paul").CreateToken(h.Context(), client.NewToken{Name: "south only", Grants: []client.Grant{{Role: "power-user", Client: "south"}}})
	h.must(err)
	elsewhere := client.New(h.url, south.Secret)
	j := h.report("paul", "north", "opera")
	defer h.desk.finish("opera")
	if _, err := elsewhere.Job(h.Context(), j.ID); statusOf(err) != http.StatusNotFound {
		h.Errorf("a token of south reads a job of north: %v", err)
	}
	if _, err := elsewhere.Abort(h.Context(), j.ID); statusOf(err) != http.StatusNotFound {
		h.Errorf("a token of south aborts a job of north: %v", err)
	}
	if _, _, err := elsewhere.Enqueue(h.Context(), client.NewJob{Task: "course.report", Client: "north", Args: []byte(`{"name":"pottery"}`)}); err == nil {
		h.Errorf("a token of south starts a job of north: %v", err)
	}
	h.audited("paul was refused", func(e client.AuditEntry) bool {
		return e.Actor == "paul" && e.Outcome != nil && e.Outcome.Status >= 400 && strings.HasSuffix(e.Route, "/abort")
	})
	if check, err := h.as("rita").VerifyAudit(h.Context()); err != nil || check.Broken != nil {
		h.Errorf("the audit's chain: %+v, %v", check, err)
	}
}

// audited waits until the audit has an entry.
func (h *house) audited(what string, is func(client.AuditEntry) bool) {
	h.Helper()
	var list client.AuditList
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var err error
		list, err = h.as("rita").Audit(h.Context(), client.AuditFilter{Limit: 50})
		h.must(err)
		if slices.ContainsFunc(list.Entries, is) {
			return
		}
	}
	h.Errorf("the audit does not say that %s: %+v", what, list.Entries[:min(len(list.Entries), 6)])
}
