package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// someClient is a client of every name.
type someClient struct{}

func (someClient) Client(_ context.Context, name string) (job.Client, error) {
	return job.Client{Name: name}, nil
}

func campusPeople(a *apitest.Access) api.People {
	return api.People{Access: a, Clients: someClient{}, Now: func() time.Time { return noon }}
}

// fakeDevices is one program that asks, with the code BCDF-GHJK.
type fakeDevices struct{ state, person string }

func (f *fakeDevices) Asked(_ context.Context, code string) (auth.DeviceLogin, error) {
	if code != "BCDF-GHJK" || f.state != auth.DevicePending {
		return auth.DeviceLogin{}, fault.New(fault.NotFound, "No program waits with the code “%s”.", code)
	}
	return auth.DeviceLogin{Code: code, Machine: "<script>ada</script>", Address: "10.0.0.7", Created: noon, State: f.state}, nil
}

func (f *fakeDevices) Settle(ctx context.Context, code string, approve bool) (auth.DeviceLogin, error) {
	d, err := f.Asked(ctx, code)
	if err != nil {
		return d, err
	}
	f.state, f.person = auth.DeviceDenied, auth.Of(ctx).Name
	if approve {
		f.state = auth.DeviceApproved
	}
	d.State = f.state
	return d, nil
}

// signedIn is the dashboard for one person.
func signedIn(t *testing.T, c web.Config, w auth.Who) http.Handler {
	t.Helper()
	l, ok := dashboard(t, c).(local)
	if !ok {
		t.Fatal("the dashboard is for this machine only")
	}
	return apitest.As(w, l.Dashboard)
}

func TestAccessIsForThoseWhoAdministerEverything(t *testing.T) {
	access := apitest.NewAccess()
	c := web.Config{People: campusPeople(access)}
	kim, paul := signedIn(t, c, access.Who("kim")), signedIn(t, c, access.Who("paul"))
	body := get(t, kim, "/access").Body.String()
	for _, want := range []string{"3 people, 1 invited.", `power-user, tasks roster.*`, `href="/access/people/paul"`, "See as paul", "nightly", `href="/account"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, path := range []string{"/access", "/access/new", "/access/people/paul", "/access/people/paul/disable"} {
		if w := get(t, paul, path); w.Code != http.StatusForbidden {
			t.Errorf("paul opens %s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/access/new", "/access/people/kim", "/access/people/kim/disable", "/access/people/kim/invite", "/access/people/kim/see-as"} {
		if w := post(t, paul, path, url.Values{"name": {"eve"}}); w.Code != http.StatusForbidden {
			t.Errorf("paul sends %s: %d", path, w.Code)
		}
	}
	if strings.Contains(get(t, paul, "/account").Body.String(), `href="/access"`) {
		t.Error("the rail leads paul to a page that he may not open")
	}
}

func TestAPersonIsAddedEditedAndDisabledByForms(t *testing.T) {
	access := apitest.NewAccess()
	kim := signedIn(t, web.Config{People: campusPeople(access)}, access.Who("kim"))
	evil := `<script>alert(1)</script>` + "\u202e"
	form := url.Values{"name": {"noor"}, "title": {evil}, "email": {""}, "role": {"viewer", ""}, "client": {"", ""}, "tasks": {"", "x"}}
	if w := post(t, kim, "/access/new", form); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "http://example.com/setup/secret-1") {
		t.Errorf("added: %d\n%s", w.Code, main(w))
	}
	form.Set("name", "Noor!")
	if w := post(t, kim, "/access/new", form); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "must be 1 to 64") || !strings.Contains(w.Body.String(), `value="Noor!"`) {
		t.Errorf("a bad name: %d\n%s", w.Code, main(w))
	}
	for _, path := range []string{"/access", "/access/people/noor", "/access/people/noor/disable"} {
		if strings.Contains(get(t, kim, path).Body.String(), "<script>alert") {
			t.Errorf("%s shows a name as it is", path)
		}
	}
	form = url.Values{"title": {"Noor"}, "role": {"operator"}, "client": {"default"}, "tasks": {"sis.*"}}
	if w := post(t, kim, "/access/people/noor", form); w.Code != http.StatusSeeOther {
		t.Errorf("edited: %d\n%s", w.Code, main(w))
	}
	post(t, kim, "/access/people/noor/disable", nil)
	p, err := access.Person(t.Context(), "noor")
	if err != nil || !p.Disabled || p.Title != "Noor" || len(p.Grants) != 1 || p.Grants[0].String() != "operator of default, tasks sis.*" {
		t.Errorf("noor is %+v, %v", p, err)
	}
	post(t, kim, "/access/people/paul/see-as", nil)
	if access.Seen["s-kim"] != "paul" {
		t.Errorf("kim sees as %v", access.Seen)
	}
}

func TestTheAccountIsOnesOwn(t *testing.T) {
	access := apitest.NewAccess()
	paul := signedIn(t, web.Config{People: campusPeople(access)}, access.Who("paul"))
	body := get(t, paul, "/account").Body.String()
	if !strings.Contains(body, "Chromium") || strings.Contains(body, "Firefox") || !strings.Contains(body, "nightly") {
		t.Errorf("paul's account:\n%s", body)
	}
	if w := post(t, paul, "/account/email", url.Values{"email": {"no address"}}); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "must be one address") {
		t.Errorf("a wrong address: %d", w.Code)
	}
	if w := post(t, paul, "/account/email", url.Values{"email": {"paul@example.edu"}}); w.Code != http.StatusSeeOther || !strings.Contains(get(t, paul, "/account").Body.String(), `value="paul@example.edu"`) {
		t.Errorf("an address: %d", w.Code)
	}
	if w := post(t, paul, "/account/tokens", url.Values{"name": {"ci"}, "days": {"30"}, "grant": {"power-user, tasks roster.sync"}}); w.Code != 200 || !strings.Contains(w.Body.String(), "beadle_t1_s3cret") {
		t.Errorf("a token: %d\n%s", w.Code, main(w))
	}
	for _, form := range []url.Values{{"name": {"ci"}, "days": {"30"}, "grant": {"superadmin"}}, {"name": {"ci"}, "days": {"999"}}, {"name": {"ci"}, "days": {"9"}, "grant": {"king"}}} {
		if w := post(t, paul, "/account/tokens", form); w.Code < 400 || w.Code >= 500 || strings.Contains(w.Body.String(), "s3cret") {
			t.Errorf("%v: %d", form, w.Code)
		}
	}
	if w := post(t, paul, "/account/sessions/s-kim/end", nil); w.Code != http.StatusNotFound {
		t.Errorf("paul ends kim's session: %d", w.Code)
	}
	if w := post(t, paul, "/account/tokens/t0/revoke", nil); w.Code != http.StatusSeeOther {
		t.Errorf("revoke: %d", w.Code)
	}
	if w := post(t, paul, "/account/password", url.Values{"old_password": {"wrong"}, "new_password": {"a new long password"}}); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "That is not your password.") {
		t.Errorf("a wrong password: %d", w.Code)
	}
	if w := post(t, paul, "/account/password", url.Values{"old_password": {"staple battery horse"}, "new_password": {"a new long password"}}); w.Code != http.StatusSeeOther || access.Passwords["paul"] != "a new long password" {
		t.Errorf("the password: %d", w.Code)
	}
}

func TestAPersonLetsAProgramIn(t *testing.T) {
	access := apitest.NewAccess()
	for decision, want := range map[string]string{"approve": auth.DeviceApproved, "deny": auth.DeviceDenied, "": auth.DevicePending} {
		devices := &fakeDevices{state: auth.DevicePending}
		paul := signedIn(t, web.Config{People: campusPeople(access), Devices: devices}, access.Who("paul"))
		body := get(t, paul, "/device?code=BCDF-GHJK").Body.String()
		if !strings.Contains(body, "&lt;script&gt;ada") || !strings.Contains(body, "10.0.0.7") || !strings.Contains(body, "power-user, tasks roster.*") {
			t.Errorf("the page does not say who asks:\n%s", body)
		}
		post(t, paul, "/device", url.Values{"code": {"BCDF-GHJK"}, "decision": {decision}})
		if devices.state != want {
			t.Errorf("%q: %s, want %s", decision, devices.state, want)
		}
	}
}
