package door_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/door"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// callback is where the provider sends people back to; nobody listens there.
const callback = "http://127.0.0.1:9/login/oidc/callback"

// asProvider makes this test binary a provider instead.
const asProvider = "BEADLE_TEST_PROVIDER"

func TestMain(m *testing.M) {
	if os.Getenv(asProvider) != "" {
		fmt.Fprintln(os.Stderr, provide())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// members are the people of the provider, by their id there.
type members map[string]*storage.User

func (m members) GetUserByID(id string) *storage.User { return m[id] }

func (m members) GetUserByUsername(name string) *storage.User {
	for _, u := range m {
		if u.Username == name {
			return u
		}
	}
	return nil
}

func (members) ExampleClientID() string { return "service" }

// grouped is the storage of a provider that tells groups.
type grouped struct{ *storage.Storage }

var groups = map[string][]string{"17": {"staff", "registrar"}, "18": {"staff"}}

func (g grouped) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	err := g.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
	info.AppendClaims("groups", groups[info.Subject])
	return err
}

// provide is a provider process. It says where it is on its output.
func provide() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	people := members{
		"17": {ID: "17", Username: "Root@campus.example", Password: password, FirstName: "Rita", LastName: "Root", Email: "rita@campus.example"},
		"18": {ID: "18", Username: "olga", Password: password, Email: "olga@campus.example"},
	}
	storage.RegisterClients(storage.WebClient("beadle", "client secret", callback))
	issuer := "http://" + l.Addr().String() + "/"
	log := slog.New(slog.DiscardHandler)
	h := exampleop.SetupServer(issuer, grouped{storage.NewStorage(people)}, log, false)
	fmt.Println(issuer)
	return http.Serve(l, h)
}

// startProvider starts one as a process of its own, and returns how it is known
// here.
func startProvider(t *testing.T) *door.Provider {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), asProvider+"=1")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	issuer, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &door.Provider{
		Name: "Campus", Issuer: strings.TrimSpace(issuer), ClientID: "beadle", Secret: "client secret", Callback: callback, Claim: "groups",
		Roles: []door.GroupRole{{Group: "registrar", Grant: auth.Grant{Role: auth.Operator, Client: "north"}}, {Group: "it", Grant: auth.Grant{Role: auth.Superadmin}}},
	}
}

// signIn goes to the provider as a browser does, and returns its answer with
// the cookie of the trip.
func (h *house) signIn(name string) (trip string, answer url.Values) {
	h.Helper()
	address, trip, err := h.ToProvider(h.Context(), "/schedules")
	h.must(err)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	form, err := browser.Get(address)
	h.must(err)
	form.Body.Close()
	id := form.Request.URL.Query().Get("authRequestID")
	back, err := browser.PostForm(form.Request.URL.String(), url.Values{"id": {id}, "username": {name}, "password": {password}})
	h.must(err)
	back.Body.Close()
	to, err := url.Parse(back.Header.Get("Location"))
	h.must(err)
	if to.Query().Get("code") == "" {
		h.Fatalf("the provider did not let %s in: %s", name, back.Status)
	}
	return trip, to.Query()
}

func (h *house) back(trip string, answer url.Values) (cookie, next string, err error) {
	return h.FromProvider(h.Context(), trip, answer, "a browser", "192.0.2.1:1")
}

// forged returns a trip with one field changed.
func (h *house) forged(trip, field string, value any) string {
	h.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(trip)
	h.must(err)
	var fields map[string]any
	h.must(json.Unmarshal(raw, &fields))
	fields[field] = value
	raw, err = json.Marshal(fields)
	h.must(err)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func TestPeopleLogInAtAProvider(t *testing.T) {
	h := build(t, startProvider(t))
	h.has("root-campus.example") // no matter
	h.has("root@campus.example") // of somebody else, who is known here
	for range 2 {
		trip, answer := h.signIn("Root@campus.example")
		cookie, next, err := h.back(trip, answer)
		h.must(err)
		w := h.who(cookie)
		want := auth.Who{Name: "root@campus.example-2", Title: "Rita Root", Grants: []auth.Grant{{Role: auth.Operator, Client: "north"}}, Session: w.Session}
		if diff := cmp.Diff(want, w); diff != "" || next != "/schedules" {
			t.Errorf("to %s (-want +got):\n%s", next, diff)
		}
		_, _, err = h.back(trip, answer)
		h.refused(err, fault.Denied, "cannot be believed") // a code is good once
	}
	_, err := h.Invite(t.Context(), "root@campus.example-2")
	h.refused(err, fault.Conflict, "logs in at the provider")
	_, err = h.login("root@campus.example-2", password)
	h.refused(err, fault.Denied, "do not go together")
	h.must(h.disable("root@campus.example-2", true))
	_, _, err = h.back(h.signIn("Root@campus.example"))
	h.refused(err, fault.Denied, "disabled")
}

func TestSomebodyInNoGroupIsToldWhichWereSeen(t *testing.T) {
	h := build(t, startProvider(t))
	_, _, err := h.back(h.signIn("olga"))
	h.refused(err, fault.Denied, `in the groups "staff", and none of them`)
	if people, err := h.People(t.Context()); err != nil || len(people) != 0 {
		t.Errorf("there is %v, %v", people, err)
	}
}

func TestAnAnswerThatDoesNotFitIsRefused(t *testing.T) {
	h := build(t, startProvider(t))
	for name, bend := range map[string]func(trip string, answer url.Values) (string, url.Values){
		"another state": func(trip string, answer url.Values) (string, url.Values) {
			answer.Set("state", "another")
			return trip, answer
		},
		"no cookie": func(_ string, answer url.Values) (string, url.Values) { return "", answer },
		"another nonce": func(trip string, answer url.Values) (string, url.Values) {
			return h.forged(trip, "nonce", "another"), answer
		},
		"another verifier": func(trip string, answer url.Values) (string, url.Values) {
			return h.forged(trip, "verifier", strings.Repeat("x", 43)), answer
		},
		"an ID token that has expired": func(trip string, answer url.Values) (string, url.Values) {
			h.after(48 * time.Hour)
			return h.forged(trip, "ends", h.now.Add(time.Hour)), answer
		},
		"a trip that took too long": func(trip string, answer url.Values) (string, url.Values) {
			h.after(11 * time.Minute)
			return trip, answer
		},
	} {
		t.Run(name, func(t *testing.T) {
			h.now = time.Now()
			_, _, err := h.back(bend(h.signIn("Root@campus.example")))
			h.refused(err, fault.Denied, "egin")
			if people, _ := h.People(t.Context()); len(people) != 0 {
				t.Errorf("let in: %v", people)
			}
		})
	}
}

func TestAProviderThatIsAwayIsSaidToBe(t *testing.T) {
	h := build(t, &door.Provider{Name: "Campus", Issuer: "http://127.0.0.1:9/"})
	_, _, err := h.ToProvider(t.Context(), "/jobs")
	h.refused(err, fault.Unavailable, "does not answer")
}
