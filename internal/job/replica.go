package job

import "time"

// A Replica is what a scheduler process tells the others, so that they notice
// when they would plan differently.
type Replica struct {
	Name  string            // host and process
	Zones map[string]string // a fingerprint of the rules of each zone, by year and name
	Ahead time.Duration     // of its clock, before that of Redis
	Seen  time.Time
}
