package moodle_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const secret = "5f0c2e9d8b7a6f5e4d3c2b1a09182736"

// campus is a simulated Moodle and the target that writes to it.
type campus struct {
	*moodlesim.Site
	*moodle.Target
}

func newCampus(t *testing.T) campus {
	t.Helper()
	site := moodlesim.New(moodlesim.Options{Token: secret})
	return campus{site, target(t, site, moodle.Config{Token: secret})}
}

func target(t testing.TB, h http.Handler, cfg moodle.Config) *moodle.Target {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	cfg.URL = server.URL
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	m := moodle.New(cfg)
	m.Hurry()
	return m
}

func person(n int) sis.User {
	number := strconv.Itoa(n)
	return sis.User{Key: "K" + number, Username: "U" + number, Email: "u" + number + "@example.edu", Given: "Given", Family: "Family " + number}
}

func people(n int) []sis.User {
	users := make([]sis.User, n)
	for i := range users {
		users[i] = person(i)
	}
	return users
}

// codes are the codes of what went wrong, with the number of the item.
func codes(written []sis.Written) map[int]string {
	bad := map[int]string{}
	for i, w := range written {
		if e, ok := errors.AsType[*sis.Error](w.Err); ok {
			bad[i] = e.Code
		} else if w.Err != nil {
			bad[i] = "not an *sis.Error: " + w.Err.Error()
		}
	}
	return bad
}

func wantCodes(t *testing.T, written []sis.Written, err error, want map[int]string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, codes(written)); diff != "" {
		t.Errorf("errors by item (-want +got):\n%s", diff)
	}
}

func TestChecksThatTheSiteOffersWhatASyncNeeds(t *testing.T) {
	c := newCampus(t)
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNamesTheFunctionsThatTheServiceLacks(t *testing.T) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"release":"4.5","functions":[{"name":"core_webservice_get_site_info"}]}`))
	})
	err := target(t, bare, moodle.Config{Token: secret}).Check(t.Context())
	e, ok := errors.AsType[*sis.Error](err)
	if !ok || e.Code != "TGT_CAPABILITY" || !strings.Contains(e.Message, "enrol_manual_enrol_users") || e.Temporary {
		t.Errorf("error = %v, want TGT_CAPABILITY that names enrol_manual_enrol_users", err)
	}
}

func TestSaysWhyMoodleDoesNotAnswer(t *testing.T) {
	for mode, want := range map[moodlesim.Mode]sis.Error{
		moodlesim.MaintenanceByAdmin: {Code: "TGT_UNAVAILABLE", Temporary: true},
		moodlesim.MaintenanceByCLI:   {Code: "TGT_UNAVAILABLE", Temporary: true},
		moodlesim.DatabaseDown:       {Code: "TGT_UNAVAILABLE", Temporary: true},
		moodlesim.GatewayDown:        {Code: "TGT_UNAVAILABLE", Temporary: true},
		moodlesim.ServicesOff:        {Code: "TGT_CAPABILITY", Message: "Web services or the REST protocol are switched off in this Moodle."},
		moodlesim.AccessRefused:      {Code: "TGT_AUTH"},
		moodlesim.TokenExpired:       {Code: "TGT_AUTH"},
		moodlesim.TokenGone:          {Code: "TGT_AUTH"},
		moodlesim.UserSuspended:      {Code: "TGT_AUTH"},
		moodlesim.MissingCapability:  {Code: "TGT_CAPABILITY"},
	} {
		t.Run(string(mode), func(t *testing.T) {
			c := newCampus(t)
			c.Fail(mode)
			written, err := c.CreateUsers(t.Context(), people(3))
			got, ok := errors.AsType[*sis.Error](err)
			if !ok || got.Code != want.Code || got.Temporary != want.Temporary || got.Message == "" {
				t.Errorf("error = %#v, want %s, temporary %v", err, want.Code, want.Temporary)
			}
			if ok && want.Message != "" && got.Message != want.Message {
				t.Errorf("message = %q, want %q", got.Message, want.Message)
			}
			for i, w := range written {
				if !errors.Is(w.Err, err) {
					t.Errorf("item %d: error = %v, want that of the whole", i, w.Err)
				}
			}
		})
	}
}

func TestUnreachableMoodleIsTemporary(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	m := moodle.New(moodle.Config{URL: server.URL, Token: secret})
	m.Hurry()
	err := m.Check(t.Context())
	if e, ok := errors.AsType[*sis.Error](err); !ok || e.Code != "TGT_UNAVAILABLE" || !e.Temporary {
		t.Errorf("error = %v, want a temporary TGT_UNAVAILABLE", err)
	}
}

func TestDoesNotFollowRedirects(t *testing.T) {
	var followed bool
	mux := http.NewServeMux()
	mux.HandleFunc("/webservice/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { followed = true })
	err := target(t, mux, moodle.Config{Token: secret}).Check(t.Context())
	if e, ok := errors.AsType[*sis.Error](err); !ok || e.Code != "CONFIG_INVALID" || followed {
		t.Errorf("error = %v, followed = %v, want CONFIG_INVALID and the token kept here", err, followed)
	}
}

func TestKeepsTheTokenOutOfAddressesErrorsAndLogs(t *testing.T) {
	var log strings.Builder
	var addresses []string
	site := moodlesim.New(moodlesim.Options{Token: secret})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addresses = append(addresses, r.URL.String())
		site.ServeHTTP(w, r)
	}))
	m := moodle.New(moodle.Config{
		URL: server.URL, Token: secret, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	m.Hurry()
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
	server.Close()
	err := m.Check(t.Context())
	if err == nil {
		t.Fatal("no error from a closed server")
	}
	for where, text := range map[string]string{"log": log.String(), "error": err.Error(), "addresses": strings.Join(addresses, " ")} {
		if text == "" || strings.Contains(text, secret) {
			t.Errorf("%s = %q, want it without the token", where, text)
		}
	}
}

func TestStopsWaitingWhenTold(t *testing.T) {
	c := newCampus(t)
	c.SetFaults(moodlesim.Faults{Latency: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := c.Enrol(ctx, []sis.Enrolment{{Course: "2", User: "4", Role: sis.Student}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want one that is context.Canceled", err)
	}
}
