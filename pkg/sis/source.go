package sis

import "context"

// A Source is where roster data comes from.
type Source interface {
	// Snapshot returns the id of the newest consistent state that the source
	// has. An *Error with Temporary set means: ask again later.
	Snapshot(ctx context.Context) (id string, err error)

	// Pull sends every record of a stream of that snapshot to emit, one at a
	// time, in a stable order. Records that cannot be read are emitted too, with
	// Problem set. Nothing is emitted unless the whole stream can be read to its
	// end: half a file is an error and leaves no trace. An error of emit ends
	// the pull and is returned.
	Pull(ctx context.Context, snapshot string, stream Stream, emit func(Record) error) (Result, error)
}

// A Record is one record as a source sent it. Exactly one of Term, Person,
// Section, Registration and Problem is set.
type Record struct {
	Key     string // the provider's id; may be empty in a Problem
	Where   string // for people: "enrollments.csv:17"
	Deleted bool   // the source says that it ended: withdrawn, dropped, cancelled
	Warning string // accepted, but odd: one sentence

	Term         *Term
	Person       *Person
	Section      *Section
	Registration *Registration
	Problem      *Error
}

// Result is what a pull amounted to.
type Result struct {
	Rows     int  // emitted, problems included
	Problems int  // of these
	Complete bool // it is meant to be all that there are, so that what is not in it is gone
}

// An Error is what a source or a target says about a record, a file or itself,
// with a stable code (SRC_UNAVAILABLE, BAD_DATE, REF_PERSON, …) and a sentence
// that a registrar can act on. It contains no names or addresses of people.
type Error struct {
	Code      string
	Message   string
	Temporary bool // trying again later may help
	Err       error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
