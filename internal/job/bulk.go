package job

// The bounds of what is done to many jobs at once.
const (
	MostAtOnce = 100_000
	MostIDs    = 500
)

// A Bulk says what to do to which jobs: those of a filter, or those that are
// named.
type Bulk struct {
	Filter string   `json:"filter,omitempty"`
	IDs    []string `json:"ids,omitempty"`
	Expect *int     `json:"expect,omitempty"`  // how many whoever asks has seen; if it has grown much since, nothing is done
	DryRun bool     `json:"dry_run,omitempty"` // count only
	Reason string   `json:"reason,omitempty"`  // for the audit
}

// BulkResult is what became of a [Bulk].
type BulkResult struct {
	Count   int           `json:"count"`            // jobs that were meant
	Sample  []Job         `json:"sample,omitempty"` // some of them, of a dry run
	Done    int           `json:"done"`
	Refused []BulkRefusal `json:"refused,omitempty"`
}

// A BulkRefusal is why something was not done to some jobs.
type BulkRefusal struct {
	Reason string `json:"reason"` // of the first one
	Jobs   int    `json:"jobs"`
	First  string `json:"first"` // its id
}
