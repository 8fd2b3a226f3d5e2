package check

import (
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// A history is what was done to processes, and when, by the sink's clock.
type history struct {
	start   int64               // of the sink, milliseconds since 1970
	thaws   map[string][]moment // by process incarnation, in order
	hurt    map[string]bool     // incarnations that were killed, frozen or cut off
	deploys map[string]bool     // incarnations that were told to stop
	redis   []moment            // Redis was killed, frozen or came back
	byPID   map[int]string      // incarnations
}

// A moment is a time by the sink's clock, in microseconds.
type moment = int64

func newHistory(sunk []journal.Sunk) *history {
	h := &history{thaws: map[string][]moment{}, hurt: map[string]bool{}, deploys: map[string]bool{}, byPID: map[int]string{}}
	for _, s := range sunk {
		if s.What == journal.Mark {
			h.note(s)
		}
	}
	return h
}

func (h *history) note(s journal.Sunk) {
	if s.Wall != 0 {
		h.start = s.Wall
	}
	if strings.HasPrefix(s.Worker, "redis") {
		h.redis = append(h.redis, s.At)
	}
	switch s.Fault {
	case journal.Started:
		h.byPID[s.PID] = s.Worker
	case journal.Thaw:
		h.thaws[s.Worker] = append(h.thaws[s.Worker], s.At)
	case journal.Deploy:
		h.deploys[s.Worker] = true
	case journal.Kill, journal.Freeze, journal.Cut, journal.Hole, journal.Died:
		h.hurt[s.Worker] = true
	}
}

// thawed returns the last thaw of a process up to a moment.
func (h *history) thawed(process string, upTo moment) (at moment, ok bool) {
	for _, t := range h.thaws[process] {
		if t <= upTo {
			at, ok = t, true
		}
	}
	return at, ok
}

// redisHurt reports whether something happened to Redis in the time before a
// moment.
func (h *history) redisHurt(at moment, before time.Duration) bool {
	for _, t := range h.redis {
		if t <= at && at-t <= before.Microseconds() {
			return true
		}
	}
	return false
}

// moment turns a time of the ledger into one of the sink.
func (h *history) moment(t time.Time) moment {
	return (t.UnixMilli() - h.start) * 1000
}

// process returns the incarnation that a worker's name ends with the number
// of: name@host:pid.
func (h *history) process(worker string) string {
	pid, err := strconv.Atoi(worker[strings.LastIndexByte(worker, ':')+1:])
	if err != nil {
		return ""
	}
	return h.byPID[pid]
}
