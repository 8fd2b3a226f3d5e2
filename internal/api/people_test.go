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

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// withPeople is an API that keeps people.
func withPeople(t *testing.T) (*api.API, *apitest.Access, *apitest.Platform) {
	t.Helper()
	p, access := apitest.New(), apitest.NewAccess()
	return api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Locks: apitest.Locks{Platform: p}, Timetable: p.Timetable(),
		Access: access, Devices: &apitest.Devices{Access: access},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: func() time.Time { return apitest.Now },
	}), access, p
}

// sent is what comes of a request of w.
func sent(w auth.Who, h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	apitest.As(w, h).ServeHTTP(answer, httptest.NewRequest(method, target, strings.NewReader(body)))
	return answer
}

func TestPeopleAreForThoseWhoAdministerEverything(t *testing.T) {
	some := auth.Who{Name: "some", Grants: []auth.Grant{{Role: auth.Superadmin, Client: "default"}}}
	token := auth.Who{Name: "kim", Token: "t9", Grants: []auth.Grant{{Role: auth.Superadmin}}, Within: []auth.Grant{{Role: auth.Operator}}}
	for _, request := range [][3]string{
		{"GET", "/api/v1/people", ""},
		{"GET", "/api/v1/people/kim", ""},
		{"POST", "/api/v1/people", `{"name":"eve"}`},
		{"PATCH", "/api/v1/people/paul", `{"grants":[{"role":"superadmin"}]}`},
		{"POST", "/api/v1/people/kim/invite", ""},
		{"POST", "/api/v1/people/kim/disable", ""},
		{"POST", "/api/v1/people/kim/enable", ""},
		{"GET", "/api/v1/tokens?person=kim", ""},
		{"GET", "/api/v1/tokens?person=*", ""},
		{"POST", "/api/v1/tokens", `{"name":"x","person":"vera"}`},
		{"GET", "/api/v1/sessions?person=*", ""},
	} {
		h, access, _ := withPeople(t)
		for _, w := range []auth.Who{{}, access.Who("paul"), some} {
			if got := sent(w, h, request[0], request[1], request[2]); got.Code != 403 && (w.Name != "" || got.Code != 401) {
				t.Errorf("%s %s of %q: %d %s", request[0], request[1], w.Name, got.Code, got.Body)
			}
		}
		if own := strings.HasSuffix(request[1], "/kim") || strings.HasSuffix(request[1], "=kim"); !own {
			if got := sent(token, h, request[0], request[1], request[2]); got.Code != 403 {
				t.Errorf("%s %s with a token of less: %d %s", request[0], request[1], got.Code, got.Body)
			}
		}
		preview := access.Who("paul")
		preview.By = "kim"
		if got := sent(preview, h, request[0], request[1], request[2]); got.Code != 403 {
			t.Errorf("%s %s in a preview: %d %s", request[0], request[1], got.Code, got.Body)
		}
		if got := sent(access.Who("kim"), h, request[0], request[1], request[2]); got.Code >= 400 && request[1] != "/api/v1/people/kim/disable" {
			t.Errorf("%s %s of kim: %d %s", request[0], request[1], got.Code, got.Body)
		}
	}
}

func TestSomebodyIsLetInChangedAndKeptOut(t *testing.T) {
	h, access, _ := withPeople(t)
	kim := access.Who("kim")
	added := sent(kim, h, "POST", "/api/v1/people", `{"name":"noor","title":" <b>Noor</b> \u202e ","email":"noor@example.edu","grants":[{"role":"operator","client":"default","tasks":"roster.*"}]}`)
	got := decoded[client.Invited](t, added)
	want := client.Invited{Person: auth.Person{
		Name: "noor", Title: "<b>Noor</b> \u202e", Email: "noor@example.edu", Source: auth.FromHere, Invited: true, Created: apitest.Now,
		Grants: []auth.Grant{{Role: auth.Operator, Client: "default", Tasks: "roster.*"}},
	}, Link: "http://example.com/setup/secret-1"}
	if diff := cmp.Diff(want, got); added.Code != 201 || diff != "" {
		t.Errorf("%d (-want +got)\n%s", added.Code, diff)
	}
	edited := decoded[client.Person](t, sent(kim, h, "PATCH", "/api/v1/people/noor", `{"grants":[{"role":"viewer"}]}`))
	if edited.Title != want.Person.Title || !slices.Equal(edited.Grants, []auth.Grant{{Role: auth.Viewer}}) {
		t.Errorf("edited to %+v", edited)
	}
	if p := decoded[client.Person](t, sent(kim, h, "POST", "/api/v1/people/noor/disable", "")); !p.Disabled {
		t.Errorf("not disabled: %+v", p)
	}
	if w := sent(kim, h, "POST", "/api/v1/people/noor/invite", ""); w.Code != 409 {
		t.Errorf("who is disabled is invited: %d %s", w.Code, w.Body)
	}
	if p := decoded[client.Person](t, sent(kim, h, "POST", "/api/v1/people/noor/enable", "")); p.Disabled {
		t.Errorf("not enabled: %+v", p)
	}
}

func TestRefusesPeopleWhoMakeNoSense(t *testing.T) {
	h, access, _ := withPeople(t)
	for body, want := range map[string]string{
		`{"name":"Eve"}`:                                           `"field":"name"`,
		`{"name":"local"}`:                                         `means something else here`,
		`{"name":"paul"}`:                                          `already`,
		`{"name":"eve","title":"a\nb"}`:                            `"field":"title"`,
		`{"name":"eve","email":"eve at example"}`:                  `"field":"email"`,
		`{"name":"eve","grants":[{"role":"king"}]}`:                `There is no role`,
		`{"name":"eve","grants":[{"role":"viewer","client":"x"}]}`: `There is no client x`,
		`{"name":"eve","password":"x"}`:                            `There is no field password`,
	} {
		if w := sent(access.Who("kim"), h, "POST", "/api/v1/people", body); w.Code/100 != 4 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := sent(access.Who("kim"), h, "POST", "/api/v1/people/kim/disable", ""); w.Code != 409 {
		t.Errorf("the last superadmin is disabled: %d %s", w.Code, w.Body)
	}
}

func TestATokenIsGoodForNoMoreThanWhoeverMakesIt(t *testing.T) {
	h, access, _ := withPeople(t)
	paul := access.Who("paul")
	for body, status := range map[string]int{
		`{"name":"all of it"}`: 201,
		`{"name":"less","grants":[{"role":"power-user","tasks":"roster.sync"}]}`: 201,
		`{"name":"more","grants":[{"role":"power-user"}]}`:                       403,
		`{"name":"other","grants":[{"role":"viewer","tasks":"roster.*"}]}`:       403,
		`{"name":""}`: 400,
		`{"name":"long","expires":"2028-01-01T00:00:00Z"}`: 400,
		`{"name":"past","expires":"2026-08-01T00:00:00Z"}`: 400,
	} {
		if w := sent(paul, h, "POST", "/api/v1/tokens", body); w.Code != status {
			t.Errorf("%s: %d %s, want %d", body, w.Code, w.Body, status)
		}
	}
	kim, token := access.Who("kim"), access.Who("kim")
	if w := sent(kim, h, "POST", "/api/v1/tokens", `{"name":"x","person":"paul","grants":[{"role":"operator"}]}`); w.Code != 403 {
		t.Errorf("paul has a token for more than he may: %d %s", w.Code, w.Body)
	}
	token.Session, token.Token, token.Within = "", "t9", []auth.Grant{{Role: auth.Viewer, Client: "default"}}
	made := decoded[client.MadeToken](t, sent(token, h, "POST", "/api/v1/tokens", `{"name":"child"}`))
	if !slices.Equal(made.Token.Grants, token.Within) || made.Secret == "" {
		t.Errorf("a token made a token that is good for %v", made.Token.Grants)
	}
	token.Within = []auth.Grant{}
	if w := sent(token, h, "POST", "/api/v1/tokens", `{"name":"child"}`); w.Code != 403 {
		t.Errorf("a token of nothing made one: %d %s", w.Code, w.Body)
	}
	if w := sent(auth.Installation, h, "POST", "/api/v1/tokens", `{"name":"x"}`); w.Code != 400 {
		t.Errorf("the installation has a token: %d %s", w.Code, w.Body)
	}
}

func TestEverybodyEndsTheirOwnAndNobodyThatOfOthers(t *testing.T) {
	h, access, _ := withPeople(t)
	paul, kim := access.Who("paul"), access.Who("kim")
	list := decoded[client.SessionList](t, sent(paul, h, "GET", "/api/v1/sessions", ""))
	if len(list.Sessions) != 1 || list.Sessions[0].ID != "s-paul" {
		t.Errorf("paul sees %+v", list.Sessions)
	}
	vera := access.Who("vera")
	for _, tt := range []struct {
		who    auth.Who
		target string
		status int
	}{
		{paul, "/api/v1/sessions/s-kim", 404},
		{vera, "/api/v1/tokens/t0", 404},
		{auth.Who{}, "/api/v1/tokens/t0", 401},
		{paul, "/api/v1/tokens/t0", 200},
		{paul, "/api/v1/tokens/t0", 409},
		{kim, "/api/v1/sessions/s-paul", 200},
		{kim, "/api/v1/sessions/s-paul", 404},
	} {
		if w := sent(tt.who, h, "DELETE", tt.target, ""); w.Code != tt.status {
			t.Errorf("%s of %q: %d %s, want %d", tt.target, tt.who.Name, w.Code, w.Body, tt.status)
		}
	}
}

func TestSaysWhoOneIs(t *testing.T) {
	h, access, _ := withPeople(t)
	token := access.Who("paul")
	token.Session, token.Token, token.Within = "", "t0", []auth.Grant{{Role: auth.PowerUser, Tasks: "roster.sync"}}
	for _, tt := range []struct {
		who  auth.Who
		want client.Whoami
	}{
		{auth.Local, client.Whoami{Name: "local", Via: "local", Grants: auth.Local.Grants, May: []string{"superadmin"}}},
		{auth.Installation, client.Whoami{Name: "token", Via: "installation", Grants: auth.Local.Grants, May: []string{"superadmin"}}},
		{access.Who("paul"), client.Whoami{Name: "paul", Title: "Paul Ode", Via: "session", Session: "s-paul", Grants: access.Who("paul").Grants, May: []string{"power-user, tasks roster.*"}}},
		{token, client.Whoami{Name: "paul", Title: "Paul Ode", Via: "token", Token: "t0", Grants: token.Grants, Within: token.Within, May: []string{"power-user, tasks roster.sync"}}},
	} {
		if diff := cmp.Diff(tt.want, decoded[client.Whoami](t, sent(tt.who, h, "GET", "/api/v1/whoami", ""))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.who.Name, diff)
		}
	}
}

func TestWithoutAccessNobodyIsKept(t *testing.T) {
	h := serve(t, apitest.New())
	for _, request := range [][3]string{
		{"GET", "/api/v1/people", ""},
		{"POST", "/api/v1/tokens", `{"name":"x"}`},
		{"GET", "/api/v1/sessions", ""},
		{"DELETE", "/api/v1/tokens/1", ""},
		{"POST", "/api/v1/login/device", `{"machine":"ada"}`},
		{"POST", "/api/v1/login/device/token", `{}`},
	} {
		if w := do(h, request[0], request[1], request[2]); w.Code != 409 || !strings.Contains(w.Body.String(), "access.people") {
			t.Errorf("%s %s: %d %s", request[0], request[1], w.Code, w.Body)
		}
	}
}

func TestADeviceIsToldHowItsLoginStands(t *testing.T) {
	h, _, _ := withPeople(t)
	for machine, last := range map[string]string{"ada": client.DeviceApproved, "evil": client.DeviceDenied, "slow": client.DeviceExpired} {
		d := decoded[client.DeviceLogin](t, sent(auth.Who{}, h, "POST", "/api/v1/login/device", `{"machine":"`+machine+`"}`))
		if d.URI != "http://example.com/device" || d.CompleteURI != d.URI+"?code="+d.UserCode || d.ExpiresIn != 600 {
			t.Errorf("started %+v", d)
		}
		for _, want := range []string{client.DevicePending, client.DeviceSlowDown, last} {
			a := decoded[client.DeviceAnswer](t, sent(auth.Who{}, h, "POST", "/api/v1/login/device/token", `{"device_code":"`+d.DeviceCode+`"}`))
			if a.Status != want || (a.Secret != "") != (want == client.DeviceApproved) {
				t.Errorf("%s: %+v, want %s", machine, a, want)
			}
		}
	}
	if a := decoded[client.DeviceAnswer](t, sent(auth.Who{}, h, "POST", "/api/v1/login/device/token", `{"device_code":"x"}`)); a.Status != client.DeviceExpired {
		t.Errorf("an unknown code: %+v", a)
	}
	if w := sent(auth.Who{}, h, "POST", "/api/v1/login/device", `{}`); w.Code != 400 {
		t.Errorf("no machine: %d %s", w.Code, w.Body)
	}
}

func TestLettingSomebodyInIsAuditedWithoutSecrets(t *testing.T) {
	h, access, p := withPeople(t)
	auditor := &api.Auditor{Log: apitest.Ledger{Platform: p}, Route: h.Route, Now: func() time.Time { return apitest.Now }, Slog: slog.New(slog.DiscardHandler)}
	guard := api.Guard(apitest.As(access.Who("kim"), h), api.GuardOptions{Audit: auditor, Log: slog.New(slog.DiscardHandler)})
	for _, request := range [][3]string{
		{"PATCH", "/api/v1/people/paul", `{"grants":[{"role":"viewer"}]}`},
		{"POST", "/api/v1/people/paul/invite", ``},
		{"POST", "/api/v1/tokens", `{"name":"ci","person":"kim"}`},
		{"POST", "/api/v1/login/device", `{"machine":"ada"}`},
	} {
		r := httptest.NewRequest(request[0], "http://localhost"+request[1], strings.NewReader(request[2]))
		w := httptest.NewRecorder()
		guard.ServeHTTP(w, r)
		if w.Code >= 400 {
			t.Fatalf("%s: %d %s", request[1], w.Code, w.Body)
		}
	}
	var targets []string
	for _, e := range p.Audited() {
		targets = append(targets, e.Target)
		if said := e.Content + e.Outcome.Content; strings.Contains(said, "s3cret") || strings.Contains(said, "secret-") {
			t.Errorf("the audit holds a secret: %s", said)
		}
	}
	if diff := cmp.Diff([]string{"people/paul", "people/paul", "tokens/ci"}, targets); diff != "" {
		t.Errorf("audited (-want +got)\n%s", diff)
	}
	if said := p.Audited()[0].Outcome.Content; !strings.Contains(said, `"before"`) || !strings.Contains(said, "power-user") {
		t.Errorf("the outcome does not say how it was: %s", said)
	}
}

func TestNoMachineLooksLikeAnother(t *testing.T) {
	h, _, _ := withPeople(t)
	for _, text := range []string{`a\u202ebc`, `a\u2066b`, `a\u0007b`, `a\nb`, strings.Repeat("x", 81)} {
		if w := sent(auth.Who{}, h, "POST", "/api/v1/login/device", `{"machine":"`+text+`"}`); w.Code != 400 {
			t.Errorf("a machine called %q is answered by %d", text, w.Code)
		}
	}
}

// meanwhile is access to which something happens right after a person was read.
type meanwhile struct {
	*apitest.Access

	then func()
}

func (m meanwhile) Person(ctx context.Context, name string) (auth.Person, error) {
	p, err := m.Access.Person(ctx, name)
	m.then()
	return p, err
}

func TestANewAddressTakesBackNothingThatHappensMeanwhile(t *testing.T) {
	access := apitest.NewAccess()
	paul := access.Who("paul")
	paul.Session = "s1"
	kim := auth.PersonEdit{Disabled: new(true), Grants: &[]auth.Grant{{Role: auth.Viewer}}}
	people := api.People{Access: meanwhile{access, func() {
		if _, _, err := access.EditPerson(t.Context(), "paul", kim); err != nil {
			t.Error(err)
		}
	}}, Now: func() time.Time { return apitest.Now }}
	if err := people.ChangeEmail(auth.With(t.Context(), paul), "new@example.edu"); err != nil {
		t.Fatal(err)
	}
	p, _ := access.Person(t.Context(), "paul")
	if !p.Disabled || !slices.Equal(p.Grants, *kim.Grants) || p.Email != "new@example.edu" {
		t.Errorf("got %+v", p)
	}
}

func TestOnesOwnAddressIsChangedByAllThatOneIs(t *testing.T) {
	h, access, _ := withPeople(t)
	whole := access.Who("paul")
	whole.Session, whole.Token = "", "t1"
	less := whole
	less.Within = whole.Grants
	for _, tt := range []struct {
		who  auth.Who
		body string
		want int
	}{
		{access.Who("paul"), `{"email":"paul@example.edu"}`, 200},
		{whole, `{"email":"ode@example.edu"}`, 200},
		{whole, `{"email":"two@example.edu, one@example.edu"}`, 400},
		{whole, `{}`, 400},
		{whole, `{"name":"root"}`, 400},
		{less, `{"email":"thief@example.edu"}`, 403},
		{auth.Installation, `{"email":"thief@example.edu"}`, 403},
		{auth.Who{}, `{"email":"thief@example.edu"}`, 401},
	} {
		if w := sent(tt.who, h, "PATCH", "/api/v1/whoami", tt.body); w.Code != tt.want {
			t.Errorf("%+v with %s is answered by %d, want %d: %s", tt.who, tt.body, w.Code, tt.want, w.Body)
		}
	}
	if p, _ := access.Person(t.Context(), "paul"); p.Email != "ode@example.edu" {
		t.Errorf("the address is %s", p.Email)
	}
}
