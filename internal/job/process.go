package job

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A Process is a scheduler or a worker, as it last described itself. One that
// has not done so for ten seconds is not listed any more.
type Process struct {
	Name     string     `json:"name"`            // host:pid of a scheduler, binary@host:pid of a worker
	Kind     string     `json:"kind"`            // KindScheduler or KindWorker
	LogLevel string     `json:"log_level"`       // the least that it logs: one of LogLevels
	Until    *time.Time `json:"until,omitempty"` // when that goes back to the level of its settings; nil: it is that
	By       string     `json:"by,omitempty"`    // who changed it
	Seen     time.Time  `json:"seen"`            // when it described itself
}

// The kinds of processes.
const (
	KindScheduler = "scheduler"
	KindWorker    = "worker"
)

// LogLevels are what processes can be told to log, from all to little.
var LogLevels = []string{"debug", "info", "warn", "error"}

// DefaultLevel is the level of a process's settings, whichever that is.
const DefaultLevel = "default"

// Bounds of a change of log level.
const (
	MinLevelTime = time.Second
	MaxLevelTime = 24 * time.Hour
)

// A LevelWish is what people want processes to log.
type LevelWish struct {
	Level string    `json:"level"` // one of LogLevels; DefaultLevel: as the settings say
	Until time.Time `json:"until"`
	By    string    `json:"by"`
}

// Bounds of a profile.
const (
	MinProfile = time.Second
	MaxProfile = time.Minute
)

// CheckProfile refuses a profile that takes too long, or no time.
func CheckProfile(d time.Duration) error {
	if d < MinProfile || d > MaxProfile {
		return fault.New(fault.Invalid, "A profile takes 1 to 60 seconds, not %s.", d).In("seconds")
	}
	return nil
}
