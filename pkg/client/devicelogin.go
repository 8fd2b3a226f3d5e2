package client

import (
	"context"
	"time"
)

// What becomes of a device login, in the words of RFC 8628.
const (
	DevicePending  = "authorization_pending" // nobody has decided yet
	DeviceSlowDown = "slow_down"             // asked too soon; the interval is longer now
	DeviceExpired  = "expired_token"         // nobody decided in time
	DeviceDenied   = "access_denied"         // a person refused it
	DeviceApproved = "approved"              // the token is in the answer
)

// A NewDeviceLogin asks for a person to let a program in.
type NewDeviceLogin struct {
	Machine string `json:"machine"` // where the program runs; the token is named after it
}

// A DeviceLogin is what a program shows to a person, as RFC 8628 has it.
type DeviceLogin struct {
	DeviceCode  string `json:"device_code"`               // the program's own secret
	UserCode    string `json:"user_code"`                 // what the person types
	URI         string `json:"verification_uri"`          // where
	CompleteURI string `json:"verification_uri_complete"` // with the code in it
	ExpiresIn   int64  `json:"expires_in"`                // seconds
	Interval    int64  `json:"interval"`                  // seconds to wait between two questions
}

// DeviceCode asks how a login stands.
type DeviceCode struct {
	DeviceCode string `json:"device_code"`
}

// A DeviceAnswer is how a login stands; once it is approved, its token.
type DeviceAnswer struct {
	Status   string `json:"status"`
	Interval int64  `json:"interval,omitempty"` // seconds to wait before the next question
	Token    *Token `json:"token,omitempty"`
	Secret   string `json:"secret,omitempty"` // of the token, in this answer only
}

// Wait returns how long to wait before the next question.
func (a DeviceAnswer) Wait() time.Duration { return time.Duration(a.Interval) * time.Second }

// StartDeviceLogin asks for a code that a person types at the server's page.
func (c *Client) StartDeviceLogin(ctx context.Context, machine string) (DeviceLogin, error) {
	return post[DeviceLogin](ctx, c, path("login", "device"), NewDeviceLogin{Machine: machine})
}

// PollDeviceLogin asks how a login stands.
func (c *Client) PollDeviceLogin(ctx context.Context, deviceCode string) (DeviceAnswer, error) {
	return post[DeviceAnswer](ctx, c, path("login", "device", "token"), DeviceCode{DeviceCode: deviceCode})
}
