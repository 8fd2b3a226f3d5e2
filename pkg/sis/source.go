package sis

import "context"

// A Source is where roster data comes from.
type Source interface {
	// Snapshot returns the id of the newest consistent state that the source
	// has. A source that cannot be frozen names the moment instead. An *Error
	// with Temporary set means: ask again later.
	Snapshot(ctx context.Context) (id string, err error)

	// Pull sends the records of a stream to emit, one at a time: all of them, or
	// those that changed since the request's cursor. Records that cannot be read
	// are emitted too, with Problem set. Where the stream cannot be read to its
	// end the pull is an error, and whoever called forgets what was emitted:
	// half a stream leaves no trace. An error of emit ends the pull and is
	// returned.
	Pull(ctx context.Context, r Request, emit func(Record) error) (Result, error)
}

// An Acknowledger is a source that keeps its messages until it is told that
// they have arrived.
type Acknowledger interface {
	// Acknowledge tells the source what became of messages, and answers for each
	// in order. It is harmless to repeat.
	Acknowledge(ctx context.Context, receipts []Receipt) ([]Written, error)
}

// A Receipt is what a source is told about one of its messages.
type Receipt struct {
	Stream  Stream
	ID      string // [Record.Receipt]
	Refused bool   // it will never be applied as it stands
	Code    string // why it was refused
	Message string
}

// A Request says what to pull.
type Request struct {
	Snapshot string   // of [Source.Snapshot]
	Stream   Stream   // one of [Streams]
	Cursor   string   // [Result.Cursor] of an earlier pull; empty: everything
	Terms    []string // keys of the terms that are wanted; none: all. A source may send more
}

// A Record is one record as a source sent it. Exactly one of Term, Person,
// Section, Registration and Problem is set.
type Record struct {
	Key     string // the provider's id; may be empty in a Problem
	Where   string // for people: "enrollments.csv:17"
	Deleted bool   // the source says that it ended: withdrawn, dropped, cancelled
	Warning string // accepted, but odd: one sentence
	Version int64  // rises with each change of the record; 0: the source does not say
	Receipt string // the message's id, for a source that wants to be told ([Acknowledger])

	Term         *Term
	Person       *Person
	Section      *Section
	Registration *Registration
	Problem      *Error
}

// Result is what a pull amounted to.
type Result struct {
	Rows     int    // emitted, problems included
	Problems int    // of these
	Complete bool   // it is meant to be all that there are, so that what is not in it is gone
	Cursor   string // where the next pull may go on; empty: it must ask for everything
	Warning  string // odd about the source itself: sentences, each after its code ("CLOCK_SKEW: …")
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
