package lock

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// Lease is how long the lease of a worker, or of the leader, lasts from when
// it was asked for or last renewed.
const Lease = 6 * time.Second

// maxName bounds the names of resources and holders, in bytes.
const maxName = 200

// prefix begins every key of this package.
const prefix = "beadle:{lock}:"

// Locks are what jobs hold and wait for, as people see it, and the limits that
// operators set.
type Locks struct {
	rdb redis.UniversalClient
}

// New returns the locks that are kept in rdb.
func New(rdb redis.UniversalClient) *Locks { return &Locks{rdb} }
