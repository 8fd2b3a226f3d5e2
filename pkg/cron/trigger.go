package cron

import "time"

// A Trigger is when something is due, whatever it is written in: a [Schedule]
// of cron, or an [Every] of intervals.
type Trigger interface {
	// Next returns the first firing strictly after after, in zone, and false
	// when there is none.
	Next(after time.Time, zone *time.Location) (time.Time, bool)
	// Describe returns the trigger in words.
	Describe() string
	// String returns it as it was written.
	String() string
}
