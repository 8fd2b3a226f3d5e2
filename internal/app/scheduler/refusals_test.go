package scheduler_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestWhoIsNotLetInIsAuditedOnceAndWithoutWhatTheyCameWith(t *testing.T) {
	server, stop := install(t).scheduler("s3cret")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	post := func(path string, form url.Values) {
		t.Helper()
		answer, err := browser.PostForm(server+path, form)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	for range 3 {
		post("/login", url.Values{"token": {"hushhush"}})
		post("/login", url.Values{"name": {"ada"}, "password": {"hushhush"}})
		post("/setup/hushhush", url.Values{"name": {"ada"}, "password": {"hushhush"}, "password_again": {"hushhush"}})
		post("/logout", nil)
	}
	post("/login", url.Values{"token": {"s3cret"}})
	post("/logout", nil)
	c := client.New(server, "s3cret")
	all, err := c.Audit(t.Context(), client.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all.Entries {
		if text := fmt.Sprint(e); strings.Contains(text, "hushhush") || e.RequestID == "" {
			t.Errorf("the audit has %s", text)
		}
		got = append(got, fmt.Sprintf("%s %s %s: %d %s", e.Method, e.Route, e.Target, e.Answered(), e.Reason))
	}
	want := []string{
		"POST /logout logout: 303 ",
		"GET /setup/{secret} setup: 404 Login refused: This link was used already, or is too old. Ask for a new one.",
		"POST /login login/ada: 403 Login refused: nobody has a password here.",
		"POST /login login: 403 Login refused: That is not the token. Copy it whole, without quotes.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the audit (-want +got):\n%s", diff)
	}
	stop()
}
