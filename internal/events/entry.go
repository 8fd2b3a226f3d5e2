package events

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// An Entry is an event at its place in the stream. Its ID is the position that
// a reader remembers in order to go on behind it. Events that happened in one
// step have the same ID; a reader gets all of them or none.
type Entry struct {
	ID    string    // as Redis gave it: "1764000000000-0"
	At    time.Time // when it was appended
	Event Event     // nil if this build does not know the kind
}

// Ended returns the ids of the jobs that entries say have ended.
func Ended(entries []Entry) (ids []string) {
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case AttemptEnded:
			if e.State.Final() {
				ids = append(ids, e.ID)
			}
		case JobEnded:
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// Later reports whether position a comes after b. The empty position comes
// before all others.
func Later(a, b string) bool {
	aTime, aSeq := position(a)
	bTime, bSeq := position(b)
	return a != "" && (b == "" || cmp.Or(cmp.Compare(aTime, bTime), cmp.Compare(aSeq, bSeq)) > 0)
}

// position reads "1764000000000-7".
func position(id string) (ms, seq uint64) {
	first, second, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(first, 10, 64)
	seq, _ = strconv.ParseUint(second, 10, 64)
	return ms, seq
}
