package auth

import "time"

// Where a [DeviceLogin] stands.
const (
	DevicePending   = "pending"   // nobody has decided
	DeviceApproved  = "approved"  // a person let it in; it has not asked since
	DeviceDenied    = "denied"    // a person refused it
	DeviceCollected = "collected" // it has its token
)

// A DeviceLogin is a program on a machine without a browser that asks to act
// for whoever types its code into a page.
type DeviceLogin struct {
	Code     string        `json:"code"`    // what the person types
	Machine  string        `json:"machine"` // as it calls itself
	Address  string        `json:"address"` // where it asked from
	Created  time.Time     `json:"created"`
	Expires  time.Time     `json:"expires"`
	Interval time.Duration `json:"-"` // how long it has to wait between two questions
	Asked    time.Time     `json:"-"` // last
	State    string        `json:"state"`
	Person   string        `json:"person,omitempty"` // who decided
}

// A DeviceAnswer is what a device is told that asks how its login stands.
type DeviceAnswer struct {
	State    string // of the login
	TooSoon  bool   // it asked before its interval was over, which is longer now
	Interval time.Duration
	Token    Token
	Secret   string // of the token, this once; empty: there is none yet
}
