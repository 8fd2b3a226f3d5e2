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

// Home begins the keys of an installation. The braces are a hash tag: all keys
// have the same, those of asynq too, so that they are in one slot of a Redis
// Cluster and a script may change any of them in one step.
const Home = "beadle:{b}:"

// Keys are what every script of an installation names as its keys: one that
// never exists. The scripts name their keys themselves; this tells a node of a
// Cluster which slot they are in, and one that has given the slot away, or is
// about to, refuses before the first line has run.
var Keys = []string{Home}

// prefix begins every key of this package.
const prefix = Home + "lock:"

// Locks are what jobs hold and wait for, as people see it, and the limits that
// operators set.
type Locks struct {
	rdb redis.UniversalClient
}

// New returns the locks that are kept in rdb.
func New(rdb redis.UniversalClient) *Locks { return &Locks{rdb} }
