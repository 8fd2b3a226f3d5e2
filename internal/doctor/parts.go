package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

func redis(f Facts) []Finding {
	switch r := f.System.Redis; {
	case !r.Answers:
		return one(Fail, "Redis does not answer: jobs can be neither started nor run. Start it, or correct the setting redis.")
	case r.Role == "replica":
		return one(Fail, "Redis is a replica, which takes no writes: let the setting redis name the master, or Sentinels.")
	case r.Version == "":
		return one(Warn, "Redis does not say what version it is; an embedded one is for trials only.")
	default:
		return one(OK, "Redis %s answers.", r.Version)
	}
}

func persistence(f Facts) []Finding {
	switch f.System.Redis.Persistence {
	case "aof":
		return one(OK, "Redis keeps what it acknowledges in an append-only file.")
	case "none":
		return one(Fail, "Redis keeps nothing on disk: accepted jobs are lost when it stops. Set appendonly yes.")
	}
	return one(Warn, "Nobody knows whether Redis keeps anything on disk; an embedded one does not.")
}

func eviction(f Facts) []Finding {
	r := f.System.Redis
	switch {
	case r.Eviction == "noeviction" || r.MaxMemory != nil && *r.MaxMemory == 0 && r.Eviction != "":
		return one(OK, "Redis drops no keys when its memory is short.")
	case r.Eviction == "":
		return one(Warn, "Nobody knows what Redis does when its memory is short: set maxmemory-policy noeviction.")
	}
	return one(Fail, "Redis may drop jobs when its memory is short (%s). Set maxmemory-policy noeviction.", r.Eviction)
}

func memory(f Facts) []Finding {
	r := f.System.Redis
	if r.Memory == nil {
		return one(Warn, "Nobody knows how much memory Redis uses.")
	}
	if r.MaxMemory == nil || *r.MaxMemory == 0 {
		return one(OK, "Redis uses %s, and has no limit of its own.", size(*r.Memory))
	}
	percent := 100 * *r.Memory / *r.MaxMemory
	text := fmt.Sprintf("Redis uses %d %% of its %s", percent, size(*r.MaxMemory))
	switch {
	case percent >= 95:
		return one(Fail, "%s: it is about to refuse jobs. Raise maxmemory, or let workers catch up.", text)
	case percent >= 80:
		return one(Warn, "%s: raise maxmemory before it refuses jobs.", text)
	}
	return one(OK, "%s.", text)
}

// size is bytes as people read them.
func size(bytes int64) string {
	if bytes < 1<<30 {
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}

func ledger(f Facts) []Finding {
	l := f.System.Ledger
	if !l.Answers {
		return one(Fail, "The ledger does not answer: what happens waits in Redis, and what has ended cannot be shown. Start its database, or correct the setting ledger.")
	}
	text := strings.TrimSpace(l.Kind + " " + l.Version)
	if l.Migration != nil {
		text += fmt.Sprintf(" with schema %d", *l.Migration)
	}
	if l.Size != nil {
		text += ", " + size(*l.Size)
	}
	return one(OK, "The ledger answers: %s.", text)
}

// leastFree is how much room a ledger must have on its disk.
const leastFree = 1 << 30

func disk(f Facts) []Finding {
	switch free := f.System.Ledger.Free; {
	case free == nil:
		return one(OK, "The free disk of the ledger is not known here; watch it where the database runs.")
	case *free < leastFree/8:
		return one(Fail, "Only %s are free where the ledger is: it will soon take nothing more. Make room, or shorten retention.", size(*free))
	case *free < leastFree:
		return one(Warn, "Only %s are free where the ledger is: make room, or shorten retention.", size(*free))
	default:
		return one(OK, "%s are free where the ledger is.", size(*free))
	}
}

func recorder(f Facts) []Finding {
	behind := time.Duration(f.System.Recorder.Behind)
	text := fmt.Sprintf("The ledger is %s behind what happens", behind.Round(time.Millisecond))
	switch {
	case behind > time.Minute:
		return one(Fail, "%s: see that the ledger answers and is fast enough; nothing is lost while Redis has memory.", text)
	case behind > clocksApart:
		return one(Warn, "%s: lists show less than there is.", text)
	}
	return one(OK, "%s.", text)
}

func leader(f Facts) []Finding {
	if slices.ContainsFunc(f.System.Schedulers, func(s job.Scheduler) bool { return s.Leads }) {
		return one(OK, "A scheduler leads; %d in all.", len(f.System.Schedulers))
	}
	return one(Fail, "No scheduler leads: schedules start no jobs and nothing is recorded. See the log of the schedulers.")
}

func clocks(f Facts) (found []Finding) {
	for _, s := range f.System.Schedulers {
		if ahead := time.Duration(s.Ahead); ahead.Abs() > clocksApart {
			found = append(found, one(Fail, "The clock of scheduler %s is %s away from that of Redis: its slots come at the wrong time. Keep both right with NTP.", s.Name, ahead.Abs().Round(time.Millisecond))...)
		}
	}
	// The answer's date has whole seconds.
	if apart := f.Now.Sub(f.Server).Abs(); !f.Server.IsZero() && apart > clocksApart+time.Second {
		found = append(found, one(Warn, "The clock of this machine is %s away from that of the server: times that you type mean something else there. Keep both right with NTP.", apart.Round(time.Second))...)
	}
	return orWell(found, "The clocks of schedulers and of Redis agree; workers go by that of Redis.")
}

func zones(f Facts) (found []Finding) {
	for _, s := range f.System.Schedulers {
		if strings.Contains(s.Remark, "time zone") {
			found = append(found, one(Fail, "Scheduler %s would plan differently: %s.", s.Name, strings.TrimSuffix(s.Remark, "."))...)
		}
	}
	edition := f.System.Zones.Edition
	if edition == "" {
		edition = "of an unknown edition"
	}
	return orWell(found, "Schedules are planned with the time zones of %s, %s; all schedulers agree.", f.System.Zones.Source, edition)
}

func versions(f Facts) (found []Finding) {
	var builds []string
	for _, b := range f.System.Builds {
		if b.Build != "" {
			builds = append(builds, b.Build)
		}
	}
	if len(builds) > 1 {
		found = one(Warn, "Workers run different builds (%s): finish the upgrade.", some(builds))
	}
	if f.Version != f.System.Version {
		found = append(found, one(Warn, "This jobctl is %s and the server %s: use the same version.", f.Version, f.System.Version)...)
	}
	return orWell(found, "Everything is of version %s.", f.System.Version)
}
