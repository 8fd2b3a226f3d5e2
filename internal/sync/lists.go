package sync

import "github.com/beadle-jobs/beadle/pkg/sis"

// A SectionState is where a section stands on its way to a course.
type SectionState string

// The states of a section, each with what it takes to leave it.
const (
	SectionLinked    SectionState = "linked"    // to a course
	SectionAvailable SectionState = "available" // to be linked: a person, or the next run, finds its course
	SectionWaiting   SectionState = "waiting"   // for the SIS, or for its term to be selected; its reason says which
	SectionUnlinked  SectionState = "unlinked"  // by a person, for good
	SectionSuspected SectionState = "suspected" // to be one that is gone, under a new id; a person says
	SectionGone      SectionState = "gone"      // from the SIS
)

// SectionStates are all states in the order in which people read them.
var SectionStates = []SectionState{SectionLinked, SectionAvailable, SectionSuspected, SectionWaiting, SectionUnlinked, SectionGone}

// A Section is a section with the course it is linked to.
type Section struct {
	sis.Section
	Gone    bool         `json:"gone,omitempty"`
	Link    *Link        `json:"link,omitempty"` // nil: never linked
	State   SectionState `json:"state"`
	Trouble string       `json:"trouble,omitempty"` // code: why it is not linked, or nobody is added
	Reason  string       `json:"reason,omitempty"`  // the same, in a sentence
	Before  string       `json:"before,omitempty"`  // the key that it seems to have had
}

// A SectionFilter chooses sections. Zero fields do not restrict.
type SectionFilter struct {
	Sync  string
	State SectionState
	Term  string // key
	Text  string // part of the key, the title or the class code
	After string // cursor: only sections behind the one with this key; by title
	Limit int    // 0 means 50; at most 500
}

// A Registered is a registration of a section, and what became of it.
type Registered struct {
	sis.Registration
	Gone    bool         `json:"gone,omitempty"`
	Message string       `json:"message,omitempty"` // id of the newest message about it
	State   MessageState `json:"state,omitempty"`
	Code    string       `json:"code,omitempty"`
	Reason  string       `json:"reason,omitempty"`
}

// A Term is a term and whether it is synced.
type Term struct {
	sis.Term
	Gone     bool        `json:"gone,omitempty"`
	Sections int64       `json:"sections"`         // that are not gone
	Selected bool        `json:"selected"`         // by the settings, or by a person
	Choice   *TermChoice `json:"choice,omitempty"` // a person's word; nil: the settings say
}

// Chosen returns whether a term is synced: a person's word goes before the
// settings.
func (t Term) Chosen(s Sync) bool {
	if t.Choice != nil {
		return t.Choice.Chosen
	}
	return s.Selects(t.Key)
}

// A MessageDetail is a message and what it led to.
type MessageDetail struct {
	Message
	Before *Message `json:"before,omitempty"` // the one about the same record before it
	Fields []Field  `json:"fields"`           // of the record, and what they were before
	Plan   string   `json:"plan,omitempty"`   // the plan that looked at it last
	Effect *Effect  `json:"effect,omitempty"` // what that plan does because of it
}

// A Field is one thing that a record says, as people read it.
type Field struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Was      string `json:"was,omitempty"` // in the message before
	Changed  bool   `json:"changed,omitempty"`
	Personal bool   `json:"personal,omitempty"` // names a person
}
