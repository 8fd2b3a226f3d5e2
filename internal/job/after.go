package job

import "time"

// An AfterFor says which slots of another schedule a slot waits for.
type AfterFor string

// The kinds of waiting for others.
const (
	AfterSlot AfterFor = "slot" // the latest one that was due by the slot's time, and after the one before it
	AfterDay  AfterFor = "day"  // one of the same local day
)

// Valid reports whether a is one of them. Empty is AfterSlot.
func (a AfterFor) Valid() bool { return a == "" || a == AfterSlot || a == AfterDay }

// An AfterElse is what becomes of a slot if another that it waits for does not
// succeed.
type AfterElse string

// What there is instead.
const (
	ElseSkip AfterElse = "skip" // the slot is blocked
	ElseRun  AfterElse = "run"  // it runs all the same
	ElseMiss AfterElse = "miss" // it is missed, which raises an alarm
)

// Valid reports whether a is one of them. Empty is ElseSkip.
func (a AfterElse) Valid() bool { return a == "" || a == ElseSkip || a == ElseRun || a == ElseMiss }

// A SlotSpan asks for a slot of a schedule that was due in [From, To): the
// newest, or of any the one that is the furthest: whose job succeeded, or else
// one that may yet.
type SlotSpan struct {
	Schedule string
	From, To time.Time
	Any      bool
}

// A SlotStand is a slot and how its job stands.
type SlotStand struct {
	Slot
	State State     // of its job; empty if none is recorded
	Ended time.Time // when that ended; zero if it has not
}

// Open reports whether the slot's job may yet succeed.
func (s SlotStand) Open() bool {
	return !s.Outcome.Final() || s.Outcome.Ran() && !s.State.Final()
}
