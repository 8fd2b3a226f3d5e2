package job

import "time"

// A Grant is the right to work with what was asked for, until its lease runs
// out or is renewed. Of two grants of one resource, the later one has the
// greater fence.
type Grant struct {
	Fence int64
	Lease time.Duration // counted from before it was asked for
}

// A Holder says who stands in the way of a grant, and since when.
type Holder struct {
	Resource string // empty: an earlier grant of the same job
	JobID    string
	Since    time.Time
}
