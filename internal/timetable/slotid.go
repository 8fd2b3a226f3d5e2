package timetable

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// SlotID returns the id of a slot's job: a UUIDv7 of the due time, so that it
// sorts among the other jobs, and always the same for the same slot, so that
// no slot becomes two jobs.
func SlotID(schedule string, due time.Time) string {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(due.UnixMilli()))
	sum := sha256.Sum256(append(ms[:], schedule...))
	id := uuid.UUID(sum[:16])
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70 // version 7
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id.String()
}
