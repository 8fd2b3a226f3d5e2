package sync

import (
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A PersonFile is all that is kept about one person, for whoever asks what is.
type PersonFile struct {
	Sync          string             `json:"sync"`
	Person        sis.Person         `json:"person"`
	Gone          bool               `json:"gone"` // the SIS does not send the person any more
	Account       *PersonLink        `json:"account,omitempty"`
	Registrations []sis.Registration `json:"registrations"`
	Enrolments    []Enrolment        `json:"enrolments"` // as last written
	Messages      []Message          `json:"messages"`
	Effects       int64              `json:"effects"`    // of plans that are kept
	Attendance    []Attendance       `json:"attendance"` // the newest day first
	Seen          []Sighting         `json:"seen"`       // oldest first
}

// A Sighting is that a person was seen in a course of the target, by a source of
// attendance that only tells the last time.
type Sighting struct {
	Course string    `json:"course"` // the target's id
	At     time.Time `json:"at"`
}

// An Erasure is what was removed of a person.
type Erasure struct {
	Messages int64 `json:"messages"` // whose bodies were emptied
	Effects  int64 `json:"effects"`  // whose before and after were emptied
	Account  bool  `json:"account"`  // what was last written to it is forgotten
	Seen     int64 `json:"seen"`     // sightings that were deleted
}
