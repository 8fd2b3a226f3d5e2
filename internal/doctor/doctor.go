// Package doctor looks at what is known of an installation and says what is
// wrong with it, each in one sentence with its cure. It asks nobody: whoever
// has the facts, jobctl or a page, hands them in. What is not known is never
// said to be well.
package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Level is how bad a finding is.
type Level string

// The levels.
const (
	OK   Level = "ok"
	Warn Level = "warn" // look at it when there is time
	Fail Level = "fail" // work is lost, late or not done
)

// A Finding is the result of one check.
type Finding struct {
	Check    string `json:"check"`
	Level    Level  `json:"level"`
	Sentence string `json:"sentence"` // what is so, and if it is not well, what to do
}

// Facts are what is known of an installation.
type Facts struct {
	Now       time.Time    // by the clock of whoever asks
	Server    time.Time    // by that of the scheduler, at the same time; zero: unknown
	Version   string       // of whoever asks
	System    job.System   //
	Queues    []job.Queue  //
	Workers   []job.Worker //
	Schedules []job.Schedule
	Slots     []job.Slot        // of the last day
	Locks     []job.Lock        //
	Files     []File            // that hold secrets, on this machine
	Unknown   map[string]string // why something could not be asked, by what it is
}

// A File holds a secret.
type File struct {
	Path string
	Open bool // people other than its owner and group may read it, and pass the folders above it
}

// clocksApart is how far clocks may be apart before slots and leases suffer.
const clocksApart = 2 * time.Second

// Examine makes all checks. Each gives one finding at least.
func Examine(f Facts) (all []Finding) {
	for _, check := range []struct {
		name string
		look func(Facts) []Finding
	}{
		{"redis", redis},
		{"redis persistence", persistence},
		{"redis eviction", eviction},
		{"redis memory", memory},
		{"ledger", ledger},
		{"ledger disk", disk},
		{"recorder", recorder},
		{"leader", leader},
		{"clocks", clocks},
		{"time zones", zones},
		{"versions", versions},
		{"workers", workers},
		{"queues", queues},
		{"pauses", pauses},
		{"schedules", schedules},
		{"slots", slots},
		{"locks", locks},
		{"secrets", secrets},
	} {
		if why, unknown := f.Unknown[check.name]; unknown {
			all = append(all, Finding{check.name, Warn, "It could not be looked at: " + why})
			continue
		}
		for _, found := range check.look(f) {
			found.Check = check.name
			all = append(all, found)
		}
	}
	return all
}

// Worst returns the worst level of findings.
func Worst(all []Finding) Level {
	worst := OK
	for _, f := range all {
		if f.Level == Fail || f.Level == Warn && worst == OK {
			worst = f.Level
		}
	}
	return worst
}

// one is a single finding.
func one(level Level, format string, args ...any) []Finding {
	return []Finding{{Level: level, Sentence: fmt.Sprintf(format, args...)}}
}

// orWell returns what was found, or that all is well.
func orWell(found []Finding, format string, args ...any) []Finding {
	if len(found) > 0 {
		return found
	}
	return one(OK, format, args...)
}

// some names the first of many.
func some(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}
