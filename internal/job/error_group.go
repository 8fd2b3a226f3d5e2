package job

import (
	"strconv"
	"time"
)

// AttemptFailedCode is the code of the failure of a whole attempt, where errors
// are grouped.
const AttemptFailedCode = "ATTEMPT_FAILED"

// An ErrorGroup is the errors that share a fingerprint: record errors, and
// failures of attempts. It outlives the jobs that it counts.
type ErrorGroup struct {
	Fingerprint string    `json:"fingerprint"`
	Task        string    `json:"task"`
	Code        string    `json:"code"`
	Pattern     string    `json:"pattern"`
	Errors      int64     `json:"errors"`
	Jobs        int64     `json:"jobs"`    // that had such an error
	Clients     int64     `json:"clients"` // of these jobs
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	JobID       string    `json:"job"`     // of the newest
	Message     string    `json:"message"` // of the newest
}

// Cursor is where the page of groups behind g begins.
func (g ErrorGroup) Cursor() string {
	return strconv.FormatInt(g.Last.UnixMilli(), 10) + "." + g.Fingerprint
}

// An ErrorFilter chooses groups of errors. Empty fields do not restrict. Counts
// and times are those of the client, if one is named.
type ErrorFilter struct {
	Task   string
	Client string
	Text   string    // in the pattern or the code, in any case
	From   time.Time // last seen then or later
	To     time.Time // first seen before
	Before string    // the cursor that the last page ended with
	Limit  int

	Fingerprint string // of the only group that is looked for

	// Within are the errors that the reader may see, by client and task. Nil
	// means all of them, and an empty list none; a reach with an owner is none.
	Within []Reach
}

// A GroupedError is one error of a group. Its Seq is zero if it is the failure
// of an attempt.
type GroupedError struct {
	RecordError

	JobID  string `json:"job"`
	Client string `json:"client"`
}

// Cursor is where the page of errors behind e begins.
func (e GroupedError) Cursor() string {
	return strconv.FormatInt(e.At.UnixMilli(), 10) + "." + strconv.FormatInt(e.Place(), 10) + "." + e.JobID
}

// attemptPlace keeps the places of attempts apart from those of records.
const attemptPlace = 1 << 40

// Place orders the errors that a job had at one time.
func (e GroupedError) Place() int64 {
	if e.Seq == 0 {
		return attemptPlace + int64(e.Attempt)
	}
	return e.Seq
}
