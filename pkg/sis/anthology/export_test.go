package anthology

import "time"

// Hurry makes an inbox call again at once.
func (in *Inbox) Hurry() *Inbox {
	in.pauses = []time.Duration{time.Millisecond, time.Millisecond}
	return in
}
