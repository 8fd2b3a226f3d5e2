package timetable

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// delay returns how much later than due a slot of s starts, to the
// millisecond. It follows from the schedule and the slot alone, so that a
// successor starts it at the same time, and it is never as long as to the next
// slot, so that slots start in order. A zero next means that there is none.
func delay(s job.Schedule, due, next time.Time) time.Duration {
	most := time.Duration(s.Jitter)
	if !next.IsZero() {
		most = min(most, next.Sub(due))
	}
	if most < time.Millisecond {
		return 0
	}
	var ms [8]byte
	if s.JitterBy == job.JitterByChance {
		binary.BigEndian.PutUint64(ms[:], uint64(due.UnixMilli()))
	}
	sum := sha256.Sum256(append(ms[:], "jitter of "+s.Name...))
	share := binary.BigEndian.Uint64(sum[:]) % uint64(most.Milliseconds())
	return time.Duration(share) * time.Millisecond
}
