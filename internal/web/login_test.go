package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/web"
)

// A fakeDoor lets in paul with his password, and whoever has the token.
type fakeDoor struct{ ended []string }

func (*fakeDoor) Ways() auth.Ways { return auth.Ways{Password: true, Token: true, Provider: "Campus"} }

func (*fakeDoor) LogIn(_ context.Context, name, password, _, _ string) (string, auth.Session, error) {
	if name != "paul" || password != "a long password" {
		return "", auth.Session{}, fault.New(fault.Denied, "That name and password do not go together.")
	}
	return "secret", auth.Session{Person: name}, nil
}

func (*fakeDoor) LogInWithToken(context.Context, string, string, string) (string, auth.Session, error) {
	return "t.secret", auth.Session{Person: "token"}, nil
}

func (d *fakeDoor) LogOut(_ context.Context, cookie string) error {
	d.ended = append(d.ended, cookie)
	return nil
}

func (*fakeDoor) ToProvider(_ context.Context, next string) (string, string, error) {
	return "https://login.example.edu/auth", "trip to " + url.QueryEscape(next), nil
}

func (*fakeDoor) FromProvider(_ context.Context, trip string, answer url.Values, _, _ string) (string, string, error) {
	if trip == "" || answer.Get("code") != "good" {
		return "", "", fault.New(fault.Denied, "Campus says that you are in no groups.")
	}
	return "secret", "//evil.example", nil
}

func (*fakeDoor) Link(_ context.Context, secret, _ string) (string, error) {
	if secret != "once" {
		return "", fault.New(fault.NotFound, "This link was used already, or is too old. Ask for a new one.")
	}
	return "paul", nil
}

func (*fakeDoor) SetUp(context.Context, string, string, string) error { return nil }

func (*fakeDoor) SeeAs(context.Context, string, string) error { return nil }

// cookie returns the first cookie that an answer sets, without its value.
func cookie(t *testing.T, w *httptest.ResponseRecorder) http.Cookie {
	t.Helper()
	c, err := http.ParseSetCookie(w.Header().Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	return http.Cookie{Name: c.Name, Value: c.Value, Path: c.Path, HttpOnly: c.HttpOnly, Secure: c.Secure, SameSite: c.SameSite}
}

func TestAPasswordIsAskedForOnce(t *testing.T) {
	door := &fakeDoor{}
	h := dashboard(t, web.Config{Door: door})
	page := get(t, h, "/login?next=/messages%3Fstate%3Dwaiting").Body.String()
	for _, want := range []string{`value="/messages?state=waiting"`, `href="/login/oidc?next=%2Fmessages%3Fstate%3Dwaiting"`, "Sign in with Campus", `name="token"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	w := send(t, h, "/login", url.Values{"name": {"paul"}, "password": {"a long password"}, "next": {"/messages"}}, map[string]string{"Cookie": "beadle_session=before"})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/messages" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	want := http.Cookie{Name: "beadle_session", Value: "secret", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if diff := cmp.Diff(want, cookie(t, w)); diff != "" {
		t.Errorf("cookie (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"before"}, door.ended); diff != "" {
		t.Errorf("sessions ended (-want +got):\n%s", diff)
	}
}

func TestOverTLSTheCookieIsOfThisHostOnly(t *testing.T) {
	h := dashboard(t, web.Config{Door: &fakeDoor{}})
	w := send(t, h, "/login", url.Values{"token": {"x"}}, map[string]string{"X-Forwarded-Proto": "https"})
	want := http.Cookie{Name: "__Host-beadle_session", Value: "t.secret", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	if diff := cmp.Diff(want, cookie(t, w)); diff != "" {
		t.Errorf("cookie (-want +got):\n%s", diff)
	}
}

func TestAWrongPasswordSetsNothing(t *testing.T) {
	h := dashboard(t, web.Config{Door: &fakeDoor{}})
	w := post(t, h, "/login", url.Values{"name": {`"><script>`}, "password": {"guess"}})
	if w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" || !strings.Contains(w.Body.String(), "do not go together") {
		t.Errorf("got %d, cookie %q:\n%s", w.Code, w.Header().Get("Set-Cookie"), w.Body)
	}
	if strings.Contains(w.Body.String(), "guess") || strings.Contains(w.Body.String(), `"><script>`) {
		t.Error("the page repeats what it must not")
	}
}

func TestLoggingOutEndsTheSession(t *testing.T) {
	door := &fakeDoor{}
	w := send(t, dashboard(t, web.Config{Door: door}), "/logout", nil, map[string]string{"Cookie": "beadle_session=secret"})
	if w.Code != http.StatusSeeOther || len(door.ended) != 1 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("got %d, ended %v, cookie %q", w.Code, door.ended, w.Header().Get("Set-Cookie"))
	}
}

func TestTheProviderIsGoneToAndComeBackFrom(t *testing.T) {
	h := dashboard(t, web.Config{Door: &fakeDoor{}})
	w := get(t, h, "/login/oidc?next=https://evil.example")
	if c := cookie(t, w); w.Header().Get("Location") != "https://login.example.edu/auth" || c.Name != "beadle_oidc" || !c.HttpOnly || !strings.HasSuffix(c.Value, "%2Fjobs") {
		t.Errorf("sent to %q with %v", w.Header().Get("Location"), c)
	}
	if w := get(t, h, "/login/oidc/callback?code=good"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "in no groups") {
		t.Errorf("without the cookie: %d", w.Code)
	}
	r := httptest.NewRequest(http.MethodGet, "/login/oidc/callback?code=good", nil)
	r.AddCookie(&http.Cookie{Name: "beadle_oidc", Value: "trip"})
	back := httptest.NewRecorder()
	h.ServeHTTP(back, r)
	if back.Header().Get("Location") != "/jobs" {
		t.Errorf("led to %q", back.Header().Get("Location"))
	}
}

func TestALinkOpensTheSetUpOnce(t *testing.T) {
	h := dashboard(t, web.Config{Door: &fakeDoor{}})
	if w := get(t, h, "/setup/again"); w.Code != http.StatusNotFound {
		t.Errorf("a used link: %d", w.Code)
	}
	if w := get(t, h, "/setup/once"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "for <b>paul</b>") {
		t.Errorf("got %d:\n%s", w.Code, w.Body)
	}
	if w := post(t, h, "/setup/once", url.Values{"password": {"one"}, "password_again": {"two"}}); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "differ") {
		t.Errorf("two passwords: %d", w.Code)
	}
	if w := post(t, h, "/setup/once", url.Values{"password": {"one"}, "password_again": {"one"}}); w.Code != http.StatusSeeOther {
		t.Errorf("got %d", w.Code)
	}
}

func send(t *testing.T, h http.Handler, path string, form url.Values, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAFormThatIsNotWholeOrNotTextIsRefused(t *testing.T) {
	h := dashboard(t, web.Config{Door: &fakeDoor{}})
	for name, tt := range map[string]struct{ kind, body string }{
		"too long":      {"application/x-www-form-urlencoded", "name=" + strings.Repeat("x", 1<<20)},
		"broken off":    {"application/x-www-form-urlencoded", "name=%f"},
		"with NUL":      {"application/x-www-form-urlencoded", "name=a%00b"},
		"no UTF-8":      {"application/x-www-form-urlencoded", "name=%ff%fe"},
		"no UTF-8 name": {"application/x-www-form-urlencoded", "%ff=x"},
		"with files":    {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n"},
	} {
		r := httptest.NewRequest("POST", "/login", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("a form %s is answered by %d", name, w.Code)
		}
	}
	for _, path := range []string{"/jobs?q=%00", "/jobs?q=%ff", "/jobs?q=%zz", "/jobs/%ff", "/jobs/%00"} {
		if w := get(t, h, path); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("GET %s is answered by %d", path, w.Code)
		}
	}
}

func TestAOneTimeLinkIsNotInTheLog(t *testing.T) {
	var log bytes.Buffer
	h := dashboard(t, web.Config{Door: brokenDoor{&fakeDoor{}}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if w := get(t, h, "/setup/hushhush"); w.Code != http.StatusInternalServerError {
		t.Fatalf("it is answered by %d", w.Code)
	}
	if strings.Contains(log.String(), "hushhush") || !strings.Contains(log.String(), "page failed") {
		t.Errorf("the log has %s", &log)
	}
}

// brokenDoor fails for a reason of ours.
type brokenDoor struct{ *fakeDoor }

func (brokenDoor) Link(context.Context, string, string) (string, error) {
	return "", errors.New("broken")
}
