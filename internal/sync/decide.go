package sync

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A HoldState is where a hold stands.
type HoldState string

// The states of a hold. One without a state only says why something is not in
// the plan: there is nothing to decide.
const (
	HoldWaits    HoldState = "waits"  // for people
	HoldFrozen   HoldState = "frozen" // for the end of a freeze, by itself
	HoldApproved HoldState = "approved"
	HoldRejected HoldState = "rejected"
)

// A Hold is why some effects of a plan are not applied.
type Hold struct {
	ID        string     `json:"id,omitempty"` // within the plan
	Code      string     `json:"code"`
	State     HoldState  `json:"state,omitempty"`
	Scope     Scope      `json:"scope,omitempty"`
	Term      string     `json:"term,omitempty"` // keys of the SIS
	School    string     `json:"school,omitempty"`
	Section   string     `json:"section,omitempty"`
	Stream    sis.Stream `json:"stream,omitempty"` // whose keys it asks about
	Drops     int        `json:"drops,omitempty"`
	Changes   int        `json:"changes,omitempty"`
	Of        int        `json:"of,omitempty"`
	Effects   int        `json:"effects,omitempty"` // how many it holds
	Needs     int        `json:"needs,omitempty"`   // how many people must approve
	Digest    string     `json:"digest,omitempty"`  // of the effects that it holds
	Message   string     `json:"message"`
	Decisions []Decision `json:"decisions,omitempty"`
}

// Approvals returns who has approved.
func (h Hold) Approvals() (by []string) {
	for _, d := range h.Decisions {
		if d.Choice == Approve {
			by = append(by, d.By)
		}
	}
	return by
}

// A Choice is what a person decides about a hold.
type Choice string

// What can be decided.
const (
	Approve Choice = "approved"
	Reject  Choice = "rejected"
)

// A Decision is what a person said about a hold.
type Decision struct {
	Hold    string    `json:"hold"`
	Choice  Choice    `json:"choice"`
	By      string    `json:"by"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	Carried string    `json:"carried,omitempty"` // the plan that it was said about, if another
}

// A Ruling is a decision that is about to be made.
type Ruling struct {
	Sync     string
	Plan     string
	Hold     string // empty: all that wait
	Choice   Choice
	By       string
	Reason   string
	Starters []string // who started what made the plan: none of them can be the second to approve
	Since    time.Time
	At       time.Time
}

// A Cause is why a person does not want something written.
type Cause string

// The causes of an override.
const (
	WasRejected Cause = "rejected"
	WasUndone   Cause = "undone"
)

// An Override is what a person does not want written, until the SIS says
// something else or a person releases it.
type Override struct {
	Effect string    `json:"effect"` // see [Effect.Lasting]
	Wish   string    `json:"-"`      // what the SIS wants there; see [Wish]
	Cause  Cause     `json:"cause"`
	Plan   string    `json:"plan"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Lasting returns the natural key of what an effect changes, once its course is
// there: the same in every plan.
func (e Effect) Lasting() string {
	if e.Course == "" || e.Op.OfGroup() {
		return e.Key
	}
	return Place{e.Person, e.Course, e.Role}.Key()
}

// Key returns the natural key of a place.
func (p Place) Key() string { return "enrolment " + p.Person + "|" + p.Course + "|" + string(p.Role) }

// Wish returns a digest of what an effect leaves behind. What only the target
// knows of an account is not in it.
func Wish(op EffectOp, after json.RawMessage) string {
	switch {
	case op.OfGroup():
		return digestOf(string(op))
	case op == RemoveRole && string(after) == "{}": // nothing
		return digestOf("")
	}
	if op == UpdateUser || op == CreateUser {
		var u sis.User
		if json.Unmarshal(after, &u) == nil {
			return digestOf(u.Email, u.Given, u.Family)
		}
	}
	var span Span
	if json.Unmarshal(after, &span) == nil && op != CreateCourse {
		return digestOf(stamp(span.Start), stamp(span.End), strconv.FormatBool(span.Suspended))
	}
	return digestOf(string(after))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// DigestOf returns a digest of a set of effects: what they change, and what
// they leave behind.
func DigestOf(effects []Effect) string {
	all := make([]string, len(effects))
	for i, e := range effects {
		all[i] = e.Lasting() + "\x00" + Wish(e.Op, e.After)
	}
	slices.Sort(all)
	return digestOf(all...)
}

func digestOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// A PlanFilter chooses plans. Zero fields do not restrict.
type PlanFilter struct {
	Syncs  []string // of these; none: of no sync
	State  PlanState
	Before string // cursor: only plans older than the one of this id; newest first
	Limit  int    // 0 means 50; at most 500
}
