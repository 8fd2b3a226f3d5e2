package api

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// Devices lets programs in for which a person answers at a page.
type Devices interface {
	// Start returns the secret of the program, and the login with the code that
	// the person types. It refuses too many at a time.
	Start(ctx context.Context, machine, address string) (secret string, d auth.DeviceLogin, err error)
	// Poll says how the login of that secret stands.
	Poll(ctx context.Context, secret string) (auth.DeviceAnswer, error)
}

// maxMachine is how long the name of a machine may be: it becomes a part of the
// name of a token.
const maxMachine = 80

// startDevice serves POST /api/v1/login/device.
func (a *API) startDevice(w http.ResponseWriter, r *http.Request) error {
	var n client.NewDeviceLogin
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if a.Devices == nil {
		return People{}.kept()
	}
	machine := strings.TrimSpace(n.Machine)
	if machine == "" || len(machine) > maxMachine || !isLine(machine) {
		return fault.New(fault.Invalid, "Field machine must be one line of at most %d bytes: where the program runs.", maxMachine).In("machine")
	}
	secret, d, err := a.Devices.Start(r.Context(), machine, addressOf(r))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.DeviceLogin{
		DeviceCode: secret, UserCode: d.Code, URI: a.urlOf(r, "/device"), CompleteURI: a.urlOf(r, "/device?code="+d.Code),
		ExpiresIn: seconds(d.Expires.Sub(d.Created)), Interval: seconds(d.Interval),
	})
}

// pollDevice serves POST /api/v1/login/device/token.
func (a *API) pollDevice(w http.ResponseWriter, r *http.Request) error {
	var n client.DeviceCode
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if a.Devices == nil {
		return People{}.kept()
	}
	stands, err := a.Devices.Poll(r.Context(), n.DeviceCode)
	if err != nil {
		return err
	}
	answer := client.DeviceAnswer{Status: deviceStatus(stands), Interval: seconds(stands.Interval)}
	if stands.Secret != "" {
		answer.Token, answer.Secret, answer.Interval = &stands.Token, stands.Secret, 0
	}
	return reply(w, http.StatusOK, answer)
}

// deviceStatus says how a login stands in the words of RFC 8628.
func deviceStatus(a auth.DeviceAnswer) string {
	switch {
	case a.TooSoon:
		return client.DeviceSlowDown
	case a.State == auth.DevicePending:
		return client.DevicePending
	case a.State == auth.DeviceDenied:
		return client.DeviceDenied
	case a.Secret != "":
		return client.DeviceApproved
	}
	return client.DeviceExpired
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// addressOf is where a request came from, as far as this server knows.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
