package job

import "time"

// An AuditEntry is one request to change something, as the audit keeps it for
// ever. Its outcome is an entry of its own, which follows later: nothing that
// was written is ever written again.
type AuditEntry struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	Method    string    `json:"method"`
	Route     string    `json:"route"`  // the pattern of the path, such as /api/v1/jobs/{id}/abort
	Target    string    `json:"target"` // such as schedules/nightly; empty if the request names nothing
	Content   string    `json:"content,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	RequestID string    `json:"request_id"`

	// Status is that of HTTP where the request was refused at the door, and
	// has no other outcome; else 0.
	Status int    `json:"status,omitempty"`
	Hash   string `json:"hash"`

	// Outcome is nil until it is known. A process that dies in between leaves
	// it so.
	Outcome *AuditOutcome `json:"outcome,omitempty"`
}

// Answered returns the status that the request was answered with; 0 if that is
// not known.
func (e AuditEntry) Answered() int {
	if e.Outcome != nil {
		return e.Outcome.Status
	}
	return e.Status
}

// An AuditOutcome is what became of an [AuditEntry].
type AuditOutcome struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Status  int       `json:"status"`            // of HTTP
	Content string    `json:"content,omitempty"` // JSON: before and after, or counts
	Hash    string    `json:"hash"`
}

// An AuditFilter chooses entries of the audit. What is empty does not restrict.
type AuditFilter struct {
	Actor    string
	Target   string    // a target, or a kind of target such as schedules
	From, To time.Time // [From, To)
	Before   int64     // only entries with a smaller number
	After    int64     // only entries with a larger number
	Oldest   bool      // the oldest first, rather than the newest
	Limit    int
}

// An AuditCheck says whether the chain of the audit is whole. Head is the hash
// of its last row: whoever has kept that of an earlier day can tell whether the
// rows up to it are still those of that day.
type AuditCheck struct {
	Rows   int64       `json:"rows"`
	Head   string      `json:"head"`
	Broken *AuditBreak `json:"broken,omitempty"` // nil: it is whole
}

// An AuditBreak is the first row that does not fit.
type AuditBreak struct {
	Seq int64  `json:"seq"`
	Why string `json:"why"`
}
