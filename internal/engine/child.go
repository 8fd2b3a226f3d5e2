package engine

import (
	"crypto/sha256"

	"github.com/google/uuid"
)

// childID returns the id of the job that a job enqueues under that task and
// key: always the same one, and sorted by its parent's time like any UUIDv7.
func childID(parent, task, key string) string {
	sum := sha256.Sum256([]byte(parent + "\x00" + task + "\x00" + key))
	id := uuid.UUID(sum[:16])
	if p, err := uuid.Parse(parent); err == nil {
		copy(id[:6], p[:6])
	}
	id[6] = id[6]&0x0F | 0x70
	id[8] = id[8]&0x3F | 0x80
	return id.String()
}
