package job

import "time"

// A System is what an installation runs on. Redis and the ledger are asked each
// time; what one of them does not say is nil or empty, which means unknown.
type System struct {
	Version    string      `json:"version"` // of the scheduler that was asked
	Go         string      `json:"go"`
	Redis      RedisFacts  `json:"redis"`
	Ledger     LedgerFacts `json:"ledger"`
	Recorder   Recorder    `json:"recorder"`
	Schedulers []Scheduler `json:"schedulers"`
	Builds     []Build     `json:"builds"` // that workers run
	Zones      ZoneFacts   `json:"zones"`
	Viewers    int         `json:"viewers"`            // of the live feed of this scheduler
	Troubles   []string    `json:"troubles,omitempty"` // what a person should look at, in sentences
}

// RedisFacts are of the Redis that holds what is in flight.
type RedisFacts struct {
	Answers     bool   `json:"answers"`
	Version     string `json:"version,omitempty"`
	Role        string `json:"role,omitempty"`       // master or replica
	Replicas    *int64 `json:"replicas,omitempty"`   // that follow it
	Memory      *int64 `json:"memory,omitempty"`     // bytes in use
	MaxMemory   *int64 `json:"max_memory,omitempty"` // bytes; 0: as much as the machine has
	Eviction    string `json:"eviction,omitempty"`   // what happens when memory is short; noeviction is safe
	Keys        *int64 `json:"keys,omitempty"`
	Persistence string `json:"persistence,omitempty"` // aof, or none
}

// LedgerFacts are of the database that holds what lasts.
type LedgerFacts struct {
	Answers   bool   `json:"answers"`
	Kind      string `json:"kind"` // SQLite or PostgreSQL
	Version   string `json:"version,omitempty"`
	Size      *int64 `json:"size,omitempty"`      // bytes
	Migration *int64 `json:"migration,omitempty"` // the last change of its schema
	Free      *int64 `json:"free,omitempty"`      // bytes on the disk that it is on; of a server nobody knows
}

// A Recorder is how far the ledger follows what happens.
type Recorder struct {
	Behind Seconds `json:"behind_seconds"`
	Stream *int64  `json:"stream,omitempty"` // events that Redis still holds
}

// A Scheduler is one scheduler process, as it last told the others.
type Scheduler struct {
	Name   string    `json:"name"` // host and process
	Leads  bool      `json:"leads"`
	Ahead  Seconds   `json:"ahead_seconds"` // of its clock, before that of Redis
	Seen   time.Time `json:"seen"`
	Asked  bool      `json:"asked"` // this one answers
	Zones  int       `json:"zones"` // that its schedules use
	Remark string    `json:"remark,omitempty"`
}

// A Build is a version of a worker program, and how many run it.
type Build struct {
	Build   string `json:"build"` // empty: it does not say
	Workers int    `json:"workers"`
}

// ZoneFacts say which time zones schedules are planned with.
type ZoneFacts struct {
	Source  string `json:"source"` // a folder, or that they are built in
	Edition string `json:"edition,omitempty"`
}
