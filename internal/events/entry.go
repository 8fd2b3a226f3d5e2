package events

import "time"

// An Entry is an event at its place in the stream. Its ID is the position that
// a reader remembers in order to go on behind it.
type Entry struct {
	ID    string    // as Redis gave it: "1764000000000-0"
	At    time.Time // when it was appended
	Event Event     // nil if this build does not know the kind
}
