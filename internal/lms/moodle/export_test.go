package moodle

import "time"

// Hurry makes t wait hardly at all before it tries again.
func (t *Target) Hurry() {
	t.pauses = []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
}

// Aim makes t aim at another duration of calls.
func (t *Target) Aim(d time.Duration) { t.pace.aim = d }

// Slow lets t believe that a function takes no more than that many rows.
func (t *Target) Slow(function string, rows int) { t.pace.rows[function] = rows }
