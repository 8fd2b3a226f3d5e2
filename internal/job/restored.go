package job

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A Restored ledger came out of a backup, and does not know yet what Redis has
// done since.
type Restored struct {
	Made     time.Time `json:"made"`     // when the backup was
	Epoch    string    `json:"epoch"`    // of the Redis data set that the backup was recorded from
	Position string    `json:"position"` // in its event stream
	Redrive  Redrive   `json:"redrive"`
}

// Redrive says which jobs run again that the backup knows as unfinished and
// Redis does not know any more.
type Redrive string

// The choices. Without any, it is RedriveLost.
const (
	RedriveLost Redrive = "lost" // those that Redis has lost; what has ended since the backup is not run twice
	RedriveAll  Redrive = "all"  // those too of which it is not known how they ended
	RedriveNone Redrive = "none" // none
)

// ParseRedrive reads a choice as people type it.
func ParseRedrive(text string) (Redrive, error) {
	switch r := Redrive(text); r {
	case RedriveLost, RedriveAll, RedriveNone:
		return r, nil
	}
	return "", fault.New(fault.Invalid, "--redrive must be lost, all or none, not %q", text).In("redrive")
}

// A Settlement is what became of the jobs of a restored ledger and of those in
// Redis.
type Settlement struct {
	Made       time.Time `json:"made"`       // when the backup was
	SameRedis  bool      `json:"same_redis"` // Redis holds what it held then, and what came after
	Unfinished int       `json:"unfinished"` // jobs that the backup knows as unfinished; the next five add up to it
	Both       int       `json:"both"`       // Redis has them too: they go on
	Ended      int       `json:"ended"`      // they have ended since, and Redis knew how
	Unknown    int       `json:"unknown"`    // they have ended since, nobody knows how: failed, and not run again
	Redriven   int       `json:"redriven"`   // they are enqueued again
	Refused    int       `json:"refused"`    // Redis has lost them, and they were not to run again: failed

	Adopted int `json:"adopted"` // jobs that only Redis knew, and that go on
	Past    int `json:"past"`    // the same, ended
}
