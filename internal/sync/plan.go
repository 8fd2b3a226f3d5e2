package sync

import (
	"encoding/json"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A LinkHow is how a section came by its course.
type LinkHow string

// How a section came by its course, or lost it.
const (
	Auto     LinkHow = "auto"     // its key or class code named exactly one
	Manual   LinkHow = "manual"   // a person said so
	Created  LinkHow = "created"  // it was made for the section
	Rekeyed  LinkHow = "rekeyed"  // a person said that it is another section under a new id
	Several  LinkHow = "several"  // it did not: more than one could be meant
	Orphaned LinkHow = "orphaned" // it had one, which is gone from the target
)

// A Link is the pairing of a section with a course of the target.
type Link struct {
	Section   string    `json:"section"`
	Course    string    `json:"course,omitempty"` // the target's id
	Shortname string    `json:"shortname,omitempty"`
	How       LinkHow   `json:"how"`
	Linked    bool      `json:"linked"` // see [Link.Decided]
	Reason    string    `json:"reason,omitempty"`
	Changed   time.Time `json:"changed"`
}

// Decided reports whether the link is not to be looked for: it is there, a
// person has undone it, or its course is gone.
func (k Link) Decided() bool { return k.Linked || k.How == Manual || k.How == Orphaned }

// A PersonLink is the pairing of a person with an account of the target, and
// what was last written to it.
type PersonLink struct {
	Person      string
	User        string // the target's id
	Username    string
	Email       string
	Given       string
	Family      string
	Orientation Orientation
}

// Orientation is where a person stands with the orientation course.
type Orientation string

// Where a person stands with the orientation course, beside none.
const (
	OrientationOwed Orientation = "owed" // was tried, and failed
	OrientationDone Orientation = "done"
)

// A Place is what a person is in a course of the target.
type Place struct {
	Person string
	Course string // the target's id
	Role   sis.Role
}

// A Span is when an enrolment holds. Zero times mean no limit.
type Span struct {
	Start     time.Time `json:"start,omitzero"`
	End       time.Time `json:"end,omitzero"`
	Suspended bool      `json:"suspended,omitempty"`
}

// An Enrolment is a place as it was last written to the target.
type Enrolment struct {
	Place
	Span
}

// Campus is all that a plan is made from.
type Campus struct {
	Terms         map[string]sis.Term
	Persons       []Known[sis.Person] // in order of arrival
	Sections      []Known[sis.Section]
	Registrations []Known[sis.Registration]
	Links         map[string]Link       // by section
	People        map[string]PersonLink // by person
	Applied       map[Place]Span
	Unsure        map[Place]bool  // written by a process that did not live to say so
	Chosen        map[string]bool // terms that a person chose, or took out
	Rekeys        []Rekey

	Groups    map[GroupKey]Group
	Members   map[Member]bool     // whom the sync has put into groups; false: it may have
	Overrides map[string]Override // by [Effect.Lasting]: what people do not want written
	Asides    []Aside
}

// Selects reports whether a term is synced: people's word goes before the
// settings.
func (c Campus) Selects(s Sync, term string) bool {
	if chosen, said := c.Chosen[term]; said {
		return chosen
	}
	return s.Selects(term)
}

// BrakeErrorsCode is the code of a pull in which too many rows cannot be read,
// and of the hold of the whole plan. Rejecting it means: not with this file. The
// changes are nothing that nobody wants, and the next plan makes them again.
const BrakeErrorsCode = "BRAKE_ERRORS"

// An EffectOp is a kind of write to the target.
type EffectOp string

// The kinds of writes to the target, in the order in which they are made.
const (
	CreateCourse    EffectOp = "create_course"
	CreateUser      EffectOp = "create_user"
	UpdateUser      EffectOp = "update_user"
	Orient          EffectOp = "orientation"
	Enrol           EffectOp = "enrol"
	UpdateEnrolment EffectOp = "update_enrolment"
	Suspend         EffectOp = "suspend"
	RemoveRole      EffectOp = "remove_role" // from somebody who stays in the course
	CreateGroup     EffectOp = "create_group"
	JoinGroup       EffectOp = "join_group"
	LeaveGroup      EffectOp = "leave_group"
)

// EffectOps are all kinds, in that order.
var EffectOps = []EffectOp{CreateCourse, CreateUser, UpdateUser, Orient, Enrol, UpdateEnrolment, Suspend, RemoveRole, CreateGroup, JoinGroup, LeaveGroup}

// An EffectState is how far an effect has come.
type EffectState string

// The states of an effect.
const (
	EffectPlanned EffectState = "planned"
	EffectHeld    EffectState = "held"    // by a brake; the plan says which
	EffectSent    EffectState = "sent"    // handed to the target; the answer is not in
	EffectUnknown EffectState = "unknown" // the target did not say what became of it
	EffectApplied EffectState = "applied"
	EffectFailed  EffectState = "failed"

	EffectRejected EffectState = "rejected" // a person does not want it
	EffectSkipped  EffectState = "skipped"  // of an undo: cannot or need not be undone; its message says why
	EffectUndone   EffectState = "undone"   // was applied, and taken back by a later plan
)

// EffectStates are all states of an effect.
var EffectStates = []EffectState{
	EffectPlanned, EffectHeld, EffectSent, EffectUnknown, EffectApplied, EffectFailed, EffectRejected, EffectSkipped, EffectUndone,
}

// An Effect is one write to the target, with its before and after.
type Effect struct {
	Seq      int64           `json:"seq"` // order in the plan, 1 for the first
	Op       EffectOp        `json:"op"`
	Key      string          `json:"key"`              // natural key: what it changes
	Person   string          `json:"person,omitempty"` // keys of the SIS
	Section  string          `json:"section,omitempty"`
	Course   string          `json:"course,omitempty"` // the target's id; empty: of the course made for the section
	Role     sis.Role        `json:"role,omitempty"`
	Before   json.RawMessage `json:"before,omitempty"` // a User, Course or Span; empty: nothing was there
	After    json.RawMessage `json:"after"`
	State    EffectState     `json:"state"`
	Code     string          `json:"code,omitempty"`
	Message  string          `json:"message,omitempty"`
	Attempts int             `json:"attempts"`
	Hold     string          `json:"hold,omitempty"`   // id of the plan's hold that held it, decided or not
	Undoes   int64           `json:"undoes,omitempty"` // number of the effect of the other plan that it takes back
}

// A PlanState is how far a plan has come.
type PlanState string

// The states of a plan.
const (
	PlanDraft    PlanState = "draft"    // to be read only
	PlanApproved PlanState = "approved" // to be applied next
	PlanApplying PlanState = "applying"
	PlanHeld     PlanState = "held"    // what people must decide on is left
	PlanWaiting  PlanState = "waiting" // for the end of a freeze
	PlanDone     PlanState = "done"
	PlanRejected PlanState = "rejected" // nothing of it was wanted
	PlanAborted  PlanState = "aborted"  // replaced by a later one before it was done
	PlanExpired  PlanState = "expired"  // nobody decided in time
)

// PlanStates are all states of a plan.
var PlanStates = []PlanState{
	PlanDraft, PlanApproved, PlanApplying, PlanHeld, PlanWaiting, PlanDone, PlanRejected, PlanAborted, PlanExpired,
}

// Ended reports whether nothing of the plan can be decided or written any more.
func (s PlanState) Ended() bool {
	return s == PlanDone || s == PlanRejected || s == PlanAborted || s == PlanExpired
}

// A PlanKind is what a plan is for.
type PlanKind string

// The kinds of plans.
const (
	ToSync      PlanKind = "sync"
	ToUndo      PlanKind = "undo"     // takes back what another plan did
	ForTeachers PlanKind = "teachers" // brings their accounts in order, and nothing else
)

// A Plan is what a run is about to write to the target.
type Plan struct {
	ID      string             `json:"id"` // of the job that made it
	Sync    string             `json:"sync"`
	Kind    PlanKind           `json:"kind"`
	Undoes  string             `json:"undoes,omitempty"` // the plan that it takes back
	Reason  string             `json:"reason,omitempty"` // why
	Run     string             `json:"run"`
	State   PlanState          `json:"state"`
	Counts  map[EffectOp]int64 `json:"counts"`
	Future  int64              `json:"future"` // enrolments written that begin later than today
	Held    []Hold             `json:"held,omitempty"`
	Shards  []Shard            `json:"-"` // parts that jobs of their own write; none: one job writes all
	Created time.Time          `json:"created"`
	Changed time.Time          `json:"changed"`
}

// Effects returns how many effects the plan has, held ones included.
func (p Plan) Effects() (n int64) {
	for _, count := range p.Counts {
		n += count
	}
	return n
}

// Waits returns the holds that wait for people.
func (p Plan) Waits() (holds []Hold) {
	for _, h := range p.Held {
		if h.State == HoldWaits {
			holds = append(holds, h)
		}
	}
	return holds
}

// A Draft is a plan as it was just made: the ledger takes it whole or not at
// all, and gives up earlier plans that were not done.
type Draft struct {
	Rekeys   []Rekey // new suspicions
	Plan     Plan
	Effects  []Effect
	Verdicts []Verdict
	Adopted  []PersonLink // accounts that were there already
	Lifted   []string     // what overrides are about that the SIS has changed since
}

// A Settlement is what became of some effects of a plan: the ledger takes it
// in one transaction, so that nothing is forgotten or counted twice.
type Settlement struct {
	Sync    string
	Plan    string
	Effects []Effect // State, Code and Message are new
	Links   []Link
	People  []PersonLink
	Applied []Enrolment
	Removed []Place // from which their roles were taken
	Groups  []Group
	Joined  []Member
	Left    []Member

	Undoes    string // the plan whose effects these take back
	Overrides []Override
}

// Purged counts what was deleted because it ended long ago.
type Purged struct{ Messages, Plans, Effects int64 }

// An EffectFilter chooses effects of a plan. Zero fields do not restrict.
type EffectFilter struct {
	Op    EffectOp
	State EffectState
	Hold  string // id of a hold

	Person  string // keys of the SIS
	Section string

	After int64 // cursor: only effects after this one
	Limit int   // 0 means 50; at most 500
}

// Equal reports whether two spans mean the same.
func (s Span) Equal(other Span) bool {
	return s.Start.Equal(other.Start) && s.End.Equal(other.End) && s.Suspended == other.Suspended
}
