package sis

import "time"

// A Stream is one kind of record that a source sends.
type Stream string

// The streams, in the order in which they are pulled: each refers to the ones
// before it.
const (
	Terms         Stream = "terms"
	Persons       Stream = "persons"
	Sections      Stream = "sections"
	Registrations Stream = "registrations"
)

// Streams are all streams in the order in which they are pulled.
var Streams = []Stream{Terms, Persons, Sections, Registrations}

// A Role is what a person is in a section.
type Role string

// The roles that a sync maps to roles of the target. Others are not synced.
const (
	Student Role = "student"
	Teacher Role = "teacher"
	// Assistant teaches without the right to change the course.
	Assistant Role = "assistant"
)

// An Extract is how far the SIS has prepared a section for its platform.
type Extract string

// The extract statuses. Only sections that are ready, or about which the
// source does not say, are brought into the platform.
const (
	ExtractNone  Extract = "N" // not for a platform, or no longer
	ExtractReady Extract = "R"
	ExtractSent  Extract = "S" // was ready, and has been fetched
	ExtractError Extract = "E"
)

// A Term is a stretch of the academic calendar.
type Term struct {
	Key    string `json:"key"`
	Title  string `json:"title"`
	Kind   string `json:"kind"` // term, semester, schoolYear, gradingPeriod
	Start  Date   `json:"start"`
	End    Date   `json:"end"` // the first day after it
	Parent string `json:"parent,omitempty"`
}

// A Person is a student, a teacher, or both.
type Person struct {
	Key      string `json:"key"`
	Username string `json:"username"` // as the SIS writes it
	Email    string `json:"email,omitempty"`
	Given    string `json:"given"`
	Family   string `json:"family"`
	Roles    []Role `json:"roles"`
	Enabled  bool   `json:"enabled"`
}

// A Section is a class: one course, taught to one group of people, in one or
// more terms.
type Section struct {
	Key    string   `json:"key"`
	Title  string   `json:"title"`
	Code   string   `json:"code,omitempty"` // the class code; need not be unique
	Course string   `json:"course,omitempty"`
	Terms  []string `json:"terms"`
	School string   `json:"school,omitempty"`

	CrossList string `json:"cross_list,omitempty"` // what sections that are taught as one have in common; empty: nothing

	Provider string  `json:"provider,omitempty"` // the platform that it is meant for; empty: the source does not say
	Extract  Extract `json:"extract,omitempty"`  // empty: the source does not say
	Zone     string  `json:"zone,omitempty"`     // IANA name of where its days begin; empty: the sync's
}

// A Registration is a person's place in a section. Its identity is section,
// person and role: providers change their own id for it at will.
type Registration struct {
	Key     string `json:"key"` // the provider's id, an alias
	Section string `json:"section"`
	Person  string `json:"person"`
	Role    Role   `json:"role"`
	Begin   Date   `json:"begin,omitzero"` // zero: the term's
	End     Date   `json:"end,omitzero"`   // the first day after it; zero: the term's
}

// A Date is a civil date without a zone, such as a term's first day. The zero
// Date means none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD, and only that: 31 February, 0000-00-00 and
// 03/04/2026 are errors, never guesses.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() == 0 {
		return Date{}, &Error{Code: "BAD_DATE", Message: "“" + s + "” is not a date; write it as 2026-09-01"}
	}
	return DateOf(t), nil
}

// In returns the first instant of d in that zone: 00:00, the first of two where
// clocks are set back to it, or the end of the gap where they skip it.
func (d Date) In(zone *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
	start, end := t.ZoneBounds()
	if t.Day() != d.Day {
		return end // midnight does not exist: time.Date chose the evening before
	}
	if eve := start.Add(-1); !start.IsZero() && DateOf(eve) == d {
		return t.Add(offset(t) - offset(eve)) // d had begun before clocks were set back
	}
	return t
}

// DateOf returns the civil date of t in the zone of t.
func DateOf(t time.Time) Date { return Date{t.Year(), t.Month(), t.Day()} }

// Add returns the day that is so many days after d.
func (d Date) Add(days int) Date { return DateOf(d.In(time.UTC).AddDate(0, 0, days)) }

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.In(time.UTC).Before(other.In(time.UTC)) }

func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.In(time.UTC).Format(time.DateOnly)
}

// MarshalText implements [encoding.TextMarshaler].
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}
