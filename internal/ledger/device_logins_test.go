package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestKeepsTheLoginsOfDevicesUntilTheyExpire(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
		d := auth.DeviceLogin{Code: "BCDF-GHJK", Machine: "ada", Address: "10.0.0.7", Created: at, Expires: at.Add(10 * time.Minute), Interval: 5 * time.Second, State: auth.DevicePending}
		add := func(hash, code string, at time.Time) error {
			other := d
			other.Code, other.Created, other.Expires = code, at, at.Add(10*time.Minute)
			return l.AddDeviceLogin(t.Context(), hash, other, 2)
		}
		if err := add("h1", d.Code, at); err != nil {
			t.Fatal(err)
		}
		if err := add("h2", d.Code, at); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a code is given twice: %v", err)
		}
		if err := add("h2", "BCDF-GHJL", at); err != nil {
			t.Fatal(err)
		}
		if err := add("h3", "BCDF-GHJM", at); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a third one waits where two may: %v", err)
		}
		if err := l.AskedDeviceLogin(t.Context(), "h1", at.Add(time.Second), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{true, false} {
			if moved, err := l.MoveDeviceLogin(t.Context(), d.Code, auth.DevicePending, auth.DeviceApproved, "paul"); err != nil || moved != want {
				t.Errorf("moved %t, %v; want %t", moved, err, want)
			}
		}
		d.Asked, d.Interval, d.State, d.Person = at.Add(time.Second), 10*time.Second, auth.DeviceApproved, "paul"
		for _, read := range []func() (auth.DeviceLogin, error){
			func() (auth.DeviceLogin, error) { return l.DeviceLogin(t.Context(), "h1") },
			func() (auth.DeviceLogin, error) { return l.DeviceLoginOfCode(t.Context(), d.Code) },
		} {
			got, err := read()
			if diff := cmp.Diff(d, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		}
		if err := add("h4", "BCDF-GHJN", at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.DeviceLogin(t.Context(), "h1"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an expired one is kept: %v", err)
		}
	})
}
