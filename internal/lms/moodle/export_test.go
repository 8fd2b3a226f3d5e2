package moodle

import "time"

// Hurry makes t wait hardly at all before it tries again.
func (t *Target) Hurry() {
	t.pauses = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
}
