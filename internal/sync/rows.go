package sync

import (
	"encoding/json"
	"iter"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Pull is the last time that a stream was read to its end.
type Pull struct {
	Stream   sis.Stream `json:"stream"`
	Snapshot string     `json:"snapshot"`
	Run      string     `json:"run"` // the job that the chain began with
	Rows     int        `json:"rows"`
	Problems int        `json:"problems"`
	Complete bool       `json:"complete"`         // what was not in it is known to be gone
	Code     string     `json:"code,omitempty"`   // why it is not, where that is odd: SNAPSHOT_INCOMPLETE
	Reason   string     `json:"reason,omitempty"` // the same, in a sentence
	Cursor   string     `json:"cursor,omitempty"` // where the next pull goes on; empty: it asks for everything
	At       time.Time  `json:"at"`
}

// A FailedPull is a pull that could not be made. What was known before stands.
type FailedPull struct {
	Stream sis.Stream
	Reason string // one sentence
	At     time.Time
}

// A Row is a record as it stands: the last version that could be read.
type Row struct {
	Key     string      // identity; see [RegistrationKey]
	Alias   string      // the provider's id
	Digest  string      // of the mapped fields
	Gone    bool        // withdrawn by the source, or gone from a complete snapshot
	Doubt   string      // code: why it is gone only if a person says so; empty: it is
	Version int64       // of the source; 0: it has none; [Unseen]
	Seq     int64       // order of first arrival
	Record  *sis.Record // nil where only what is above was asked for
}

// A Known is a record as it stands, for whoever need not know how it came.
type Known[R any] struct {
	Key    string // [Row.Key]
	Gone   bool
	Doubt  string // [Row.Doubt]
	Record R
}

// Unseen is the version of a row that ended before it was ever seen, from a
// source without versions: whether it holds is not to be known.
const Unseen = -1

// RegistrationKey returns the identity of a registration. Providers change
// their own id for it at will.
func RegistrationKey(r sis.Registration) string {
	return r.Section + "|" + r.Person + "|" + string(r.Role)
}

// An Op is what a message says of its record.
type Op string

// What a message says of its record.
const (
	New     Op = "new"
	Changed Op = "changed"
	Gone    Op = "gone"
	Unread  Op = "unreadable"
)

// A MessageState is what became of a message.
type MessageState string

// The states of a message. All but the last three can still change.
const (
	Received   MessageState = "received"   // not looked at yet
	Waiting    MessageState = "waiting"    // for another record, or for a link
	Held       MessageState = "held"       // for a person's decision
	Planned    MessageState = "planned"    // a plan has an effect for it
	Rejected   MessageState = "rejected"   // cannot be read
	Ignored    MessageState = "ignored"    // by a rule; its reason says which
	Dead       MessageState = "dead"       // waited too long; it still goes on if what it waits for arrives
	Applied    MessageState = "applied"    // the target says what it says
	Superseded MessageState = "superseded" // by a newer version
	Duplicate  MessageState = "duplicate"  // says what is known already
)

// Final reports whether the state cannot change any more.
func (s MessageState) Final() bool { return s == Applied || s == Superseded || s == Duplicate }

// MessageStates are all states in the order in which people read them.
var MessageStates = []MessageState{Received, Waiting, Held, Planned, Rejected, Dead, Ignored, Applied, Superseded, Duplicate}

// A Message is one record that the source sent because it was new, changed,
// gone, or could not be read, and what became of it.
type Message struct {
	ID       string          `json:"id"` // UUIDv7
	Sync     string          `json:"sync"`
	Stream   sis.Stream      `json:"stream"`
	Key      string          `json:"key"`
	Digest   string          `json:"-"`
	Op       Op              `json:"op"`
	Body     json.RawMessage `json:"body,omitempty"`  // the record as JSON
	Where    string          `json:"where,omitempty"` // enrollments.csv:17
	State    MessageState    `json:"state"`
	Code     string          `json:"code,omitempty"`
	Reason   string          `json:"reason,omitempty"` // one sentence
	Effect   string          `json:"-"`                // key of the effect it was planned as
	Run      string          `json:"run"`
	Received time.Time       `json:"received"`
	Changed  time.Time       `json:"changed"`
	Receipt  string          `json:"receipt,omitempty"` // what the source is told that it has arrived by
	Acked    time.Time       `json:"acked,omitzero"`    // when it was told
	History  []MessageEvent  `json:"history,omitempty"` // oldest first
}

// A MessageEvent is one change of a message's state.
type MessageEvent struct {
	At    time.Time    `json:"at"`
	State MessageState `json:"state"`
	Code  string       `json:"code,omitempty"`
	By    string       `json:"by"` // a person, or the job that did it
}

// A MessageFilter chooses messages. Zero fields do not restrict.
type MessageFilter struct {
	Sync   string
	Stream sis.Stream
	State  MessageState
	Code   string
	Text   string // part of the key
	Record string // the whole key
	Run    string

	Term    string // keys of the SIS: of what, or whom, the record is about
	Section string
	Person  string

	Before string // cursor: only messages older than the one with this id; newest first
	Limit  int    // 0 means 50; at most 500
}

// A MessageCount says how many messages are in a state for a reason.
type MessageCount struct {
	Stream sis.Stream   `json:"stream"`
	State  MessageState `json:"state"`
	Code   string       `json:"code,omitempty"`
	Count  int64        `json:"count"`
	Oldest time.Time    `json:"oldest"`
}

// An End is a row that is gone.
type End struct {
	Key     string
	Version int64  // of what said so; 0: it has none
	Doubt   string // [Row.Doubt]
}

// A Delta is what a pull changes in the ledger, all or nothing.
type Delta struct {
	Sync       string
	Pull       Pull
	Rows       []Row             // new or different
	Vanished   []End             // rows that are gone; their records stay as they were
	Messages   iter.Seq[Message] // new; made as they are written, as there may be very many. Nil: none
	Superseded []string          // ids of messages that these, or better rows, replace
	Repeated   []string          // ids of messages that came again: the source has not heard what became of them
}

// A Verdict is what a plan decides about a message.
type Verdict struct {
	ID     string
	State  MessageState
	Code   string
	Reason string
	Effect string // natural key of the effect, if there is one
}

// An Aside is a person's word that a record is not to be applied as its newest
// message says. It counts until somebody takes it back, or the SIS sends another
// message about the record.
type Aside struct {
	Stream  sis.Stream
	Record  string
	Message string
	Hold    bool // for now; otherwise for good
	Reason  string
	By      string
	At      time.Time
}

// Says returns what the message says of itself because of it.
func (a Aside) Says() (MessageState, string) {
	if a.Hold {
		return Held, "A person holds it: " + a.Reason
	}
	return Ignored, "A person skipped it: " + a.Reason
}

// A TermChoice is a person's word on whether a term is synced.
type TermChoice struct {
	Term    string    `json:"term"`
	Chosen  bool      `json:"chosen"`
	Reason  string    `json:"reason,omitempty"`
	By      string    `json:"by"`
	Changed time.Time `json:"changed"`
}

// A RekeyState is what is known of two keys that may mean one record.
type RekeyState string

// The states of a suspicion that a record has a new key.
const (
	RekeySuspected RekeyState = "suspected"
	RekeyAccepted  RekeyState = "accepted"
	RekeyRefused   RekeyState = "refused"
)

// A Rekey is a record that is gone and a new one that looks like it.
type Rekey struct {
	Stream  sis.Stream `json:"stream"` // sections or persons
	Old     string     `json:"old"`
	New     string     `json:"new"`
	Term    string     `json:"term,omitempty"`
	Reason  string     `json:"reason"`
	State   RekeyState `json:"state"`
	By      string     `json:"by,omitempty"`
	Changed time.Time  `json:"changed"`
}
