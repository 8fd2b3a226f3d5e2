package device_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/device"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
)

// mint makes tokens, and remembers them.
type mint struct{ made []auth.Token }

func (m *mint) NewToken(_ context.Context, t auth.Token) (auth.Token, string, error) {
	m.made = append(m.made, t)
	return t, "s3cret", nil
}

// A stage is logins with a clock.
type stage struct {
	*device.Logins
	mint *mint
	now  time.Time
}

func newStage(t *testing.T) *stage {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &stage{mint: &mint{}, now: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}
	s.Logins = device.New(l, s.mint, func() time.Time { return s.now })
	return s
}

// poll waits for as long as it is told, and asks.
func (s *stage) poll(t *testing.T, secret string, wait time.Duration) auth.DeviceAnswer {
	t.Helper()
	s.now = s.now.Add(wait)
	a, err := s.Poll(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func signedIn(ctx context.Context, name string) context.Context {
	return auth.With(ctx, auth.Who{Name: name, Session: "s", Grants: []auth.Grant{{Role: auth.Viewer}}})
}

func TestAPersonLetsADeviceInOnce(t *testing.T) {
	s := newStage(t)
	secret, d, err := s.Start(t.Context(), "ada", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	if a := s.poll(t, secret, device.Interval); a.State != auth.DevicePending || a.Secret != "" {
		t.Errorf("before anybody decided: %+v", a)
	}
	typed := " " + strings.ToLower(strings.ReplaceAll(d.Code, "-", " "))
	if asked, err := s.Asked(signedIn(t.Context(), "paul"), typed); err != nil || asked.Machine != "ada" || asked.Address != "10.0.0.7" {
		t.Errorf("the person sees %+v, %v", asked, err)
	}
	if _, err := s.Settle(signedIn(t.Context(), "paul"), typed, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Settle(signedIn(t.Context(), "vera"), d.Code, true); err == nil {
		t.Error("a code is decided on twice")
	}
	if a := s.poll(t, secret, device.Interval); a.Secret != "s3cret" || a.Token.Person != "paul" {
		t.Errorf("approved: %+v", a)
	}
	if a := s.poll(t, secret, device.Interval); a.Secret != "" || a.State != auth.DeviceCollected {
		t.Errorf("the token is told twice: %+v", a)
	}
	if len(s.mint.made) != 1 || s.mint.made[0].Name != "jobctl on ada" || s.mint.made[0].Expires.Sub(s.now) > device.TokenLife {
		t.Errorf("made %+v", s.mint.made)
	}
}

func TestADeviceThatAsksTooOftenWaitsLonger(t *testing.T) {
	s := newStage(t)
	secret, _, err := s.Start(t.Context(), "ada", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		wait    time.Duration
		tooSoon bool
		then    time.Duration
	}{
		{0, false, 5 * time.Second},
		{time.Second, true, 10 * time.Second},
		{9 * time.Second, true, 15 * time.Second},
		{15 * time.Second, false, 15 * time.Second},
	} {
		if a := s.poll(t, secret, tt.wait); a.TooSoon != tt.tooSoon || a.Interval != tt.then {
			t.Errorf("after %s: %+v, want too soon %t and then %s", tt.wait, a, tt.tooSoon, tt.then)
		}
	}
}

func TestADeviceThatIsDeniedOrLateGetsNothing(t *testing.T) {
	s := newStage(t)
	secret, d, err := s.Start(t.Context(), "ada", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Settle(signedIn(t.Context(), "paul"), d.Code, false); err != nil {
		t.Fatal(err)
	}
	if a := s.poll(t, secret, device.Interval); a.State != auth.DeviceDenied || a.Secret != "" {
		t.Errorf("denied: %+v", a)
	}
	late, d, err := s.Start(t.Context(), "ada", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	if a := s.poll(t, late, device.Life); a.State != "" || a.Secret != "" {
		t.Errorf("expired: %+v", a)
	}
	if _, err := s.Settle(signedIn(t.Context(), "paul"), d.Code, true); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an expired code is approved: %v", err)
	}
	if a := s.poll(t, "nobody's", device.Interval); a.State != "" || a.Secret != "" {
		t.Errorf("an unknown secret: %+v", a)
	}
}

func TestOnlyAPersonInASessionDecides(t *testing.T) {
	s := newStage(t)
	_, d, err := s.Start(t.Context(), "ada", "10.0.0.7")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []auth.Who{
		{},
		auth.Local, auth.Installation,
		{Name: "token", Session: "s", Grants: auth.Installation.Grants},
		{Name: "paul", Token: "t1"},
		{Name: "paul", Session: "s", By: "kim"},
	} {
		if _, err := s.Settle(auth.With(t.Context(), w), d.Code, true); fault.KindOf(err) != fault.Denied {
			t.Errorf("%+v decides: %v", w, err)
		}
	}
}

func TestCodesAreNotGuessedAndStartsAreBounded(t *testing.T) {
	s := newStage(t)
	var err error
	for range 10 {
		_, err = s.Asked(signedIn(t.Context(), "paul"), "BBBB-BBBB")
	}
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("the tenth guess: %v", err)
	}
	if _, err = s.Asked(signedIn(t.Context(), "paul"), "BBBB-BBBB"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the eleventh guess: %v", err)
	}
	if _, err = s.Asked(signedIn(t.Context(), "vera"), "BBBB-BBBB"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another person: %v", err)
	}
	for range 11 {
		_, _, err = s.Start(t.Context(), "ada", "10.0.0.7")
	}
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the eleventh start in a minute: %v", err)
	}
	s.now = s.now.Add(time.Minute)
	if _, _, err = s.Start(t.Context(), "ada", "10.0.0.7"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}
