package sync

import (
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// An AttendanceState is what became of a person's attendance on a day.
type AttendanceState string

// The states of attendance.
const (
	AttComputed AttendanceState = "computed" // what is to be posted, if anything, is not posted yet
	AttPosted   AttendanceState = "posted"   // the sink says what we say
	AttUnknown  AttendanceState = "unknown"  // it was sent, and nobody knows whether it arrived
	AttHeld     AttendanceState = "held"     // for a person's decision
	AttConflict AttendanceState = "conflict" // the SIS has something else, which wins
	AttRefused  AttendanceState = "refused"  // the sink will not take it as it stands
)

// AttendanceStates are all states in the order in which people read them.
var AttendanceStates = []AttendanceState{AttComputed, AttHeld, AttUnknown, AttConflict, AttRefused, AttPosted}

// The codes of attendance.
const (
	AttOutside      = "ATT_OUTSIDE_ENROLMENT" // activity of a day on which the person was not registered
	AttFinalised    = "ATT_FINALISED"         // the day is over for good, and changed
	AttExists       = "ATT_EXISTS"            // the SIS had attendance of that day before we posted any
	AttChanged      = "ATT_CONFLICT"          // the SIS's is not what we posted: a person changed it
	AttCapped       = "ATT_CAP"               // there was more than a day may have
	AttNotKnown     = "ATT_UNKNOWN"           // the sink did not say whether it has it
	AttFeedback     = "ATT_FEEDBACK_DROP"     // the person dropped the section soon after we posted
	BrakeAttendance = "BRAKE_ATTENDANCE"      // far fewer people attended than usual, or the log is silent
)

// An AttendancePlace is whose attendance of which section on which day.
type AttendancePlace struct {
	Section string   `json:"section"` // keys of the SIS
	Person  string   `json:"person"`
	Day     sis.Date `json:"day"` // in the section's zone
}

// Attendance is a person's attendance in a section on a day, as it was
// computed and as it was posted.
type Attendance struct {
	AttendancePlace
	Zone     string          `json:"zone"` // IANA name
	Minutes  int             `json:"minutes"`
	Digest   string          `json:"-"`                // of the activity that the minutes are of
	Posted   *int            `json:"posted,omitempty"` // minutes that the sink is known to have from us; nil: none
	Sent     int             `json:"-"`                // minutes that were sent last
	Revision int             `json:"revision"`         // how often something was sent
	State    AttendanceState `json:"state"`
	Code     string          `json:"code,omitempty"`
	Message  string          `json:"message,omitempty"` // one sentence
	Receipt  string          `json:"receipt,omitempty"` // of the sink
	SentAt   time.Time       `json:"sent_at,omitzero"`
	Changed  time.Time       `json:"changed"`
}

// An AttendanceClass is how many of a section's students attended on a day.
type AttendanceClass struct {
	Section  string   `json:"section"` // empty: of the whole sync
	Day      sis.Date `json:"day"`
	Students int      `json:"students"` // who were registered
	Attended int      `json:"attended"` // who have minutes
}

// An AttendanceHold keeps a day of a section from being posted until a person
// lets it go.
type AttendanceHold struct {
	AttendanceClass           // as it was when it was held; the empty section is the whole sync
	Code            string    `json:"code"`
	Reason          string    `json:"reason"` // one sentence
	Made            time.Time `json:"made"`
	ReleasedBy      string    `json:"released_by,omitempty"`
	Because         string    `json:"because,omitempty"` // why it was released
	Released        time.Time `json:"released,omitzero"`
}

// Open reports whether the hold still holds.
func (h AttendanceHold) Open() bool { return h.Released.IsZero() }

// A Collected is what collecting attendance changes in the ledger, all or
// nothing.
type Collected struct {
	Sync    string
	Days    []Attendance // new or changed
	Classes []AttendanceClass
	Holds   []AttendanceHold // new
	Lifted  []AttendanceHold // whose reason is gone
	At      time.Time
}

// An AttendanceFilter chooses attendance. Zero fields do not restrict.
type AttendanceFilter struct {
	Sync    string
	From    sis.Date // first day
	To      sis.Date // last day
	Section string
	Person  string
	State   AttendanceState
	Code    string
	After   AttendancePlace // cursor: only what comes after it, by day downwards, section and person
	Limit   int             // 0: all
}

// An AttendanceSummary is what is known of a section on a day.
type AttendanceSummary struct {
	AttendanceClass
	Title   string                    `json:"title,omitempty"`
	Minutes int64                     `json:"minutes"`        // computed
	Posted  int64                     `json:"posted"`         // minutes that were posted
	States  map[AttendanceState]int64 `json:"states"`         // of people with attendance
	Hold    *AttendanceHold           `json:"hold,omitempty"` // of the section, or of the whole sync
}

// A FeedbackDrop is a person who dropped a section soon after attendance was
// posted: a rule of the SIS may have dropped them because of it.
type FeedbackDrop struct {
	AttendancePlace
	Posted  int // minutes
	SentAt  time.Time
	Dropped time.Time
}
