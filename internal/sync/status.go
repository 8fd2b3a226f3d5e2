package sync

// A Status is how a sync stands, in numbers.
type Status struct {
	Sync          string                 `json:"sync"`
	Pulls         []Pull                 `json:"pulls"`
	Terms         int64                  `json:"terms"`
	People        People                 `json:"people"`
	Sections      Sections               `json:"sections"`
	Links         map[LinkHow]int64      `json:"links"`         // in force, by how they came about
	Registrations Registrations          `json:"registrations"` // by state
	Enrolments    Enrolments             `json:"enrolments"`    // in the target, as last written
	Effects       map[EffectOp]int64     `json:"effects"`       // applied to the target so far
	Messages      map[MessageState]int64 `json:"messages"`
	Codes         map[string]int64       `json:"codes"` // messages that wait, are held or rejected, by code
	Plan          *Plan                  `json:"plan,omitempty"`
}

// People counts persons.
type People struct {
	Known  int64 `json:"known"`
	Gone   int64 `json:"gone"`
	Linked int64 `json:"linked"` // have an account in the target
}

// Sections counts sections.
type Sections struct {
	Known     int64 `json:"known"`
	Gone      int64 `json:"gone"`
	Linked    int64 `json:"linked"`
	Available int64 `json:"available"` // to be linked
}

// Registrations counts registrations by state. Those that are not gone are
// applied, or wait, or are held, or were planned and not applied yet.
type Registrations struct {
	Active  int64 `json:"active"`
	Gone    int64 `json:"gone"`
	Waiting int64 `json:"waiting"`
	Held    int64 `json:"held"`
}

// Enrolments counts enrolments.
type Enrolments struct {
	Active    int64 `json:"active"`
	Suspended int64 `json:"suspended"`
}
