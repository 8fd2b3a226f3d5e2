package sync

import "time"

// A Standing is what of a sync waits for people, and how long ago it worked.
type Standing struct {
	Held      int64     // plans of which something waits for people
	HeldSince time.Time // when the oldest of them was made; zero: there is none
	Through   time.Time // when a run last applied all that could be applied; zero: never
}
