// Package sink stands for a system that jobs write to and that takes fences
// seriously: it keeps the greatest fence that it has seen for each job and each
// resource, and refuses a write with a smaller one. It writes down what it was
// asked and how it decided, in the order of its decisions and by its own clock;
// what happens to the processes around it is told to it too, so that there is
// one clock for everything.
package sink

import (
	"encoding/json"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// A Sink decides about writes. It serves them over HTTP, one line of JSON in a
// request, and may be used by several goroutines.
type Sink struct {
	mu     sync.Mutex
	start  time.Time
	fences *fences
	log    *journal.Log
}

// New returns a sink that writes to log. Wall is what the time is now by the
// clock that the ledger's times are read off.
func New(log *journal.Log, wall time.Time) (*Sink, error) {
	s := &Sink{start: time.Now(), fences: newFences(), log: log}
	return s, log.Add(journal.Sunk{What: journal.Mark, Wall: wall.UnixMilli()})
}

// An answer says whether a write was accepted, and how many attempts at the job
// have failed.
type answer struct {
	OK       bool `json:"ok"`
	Failures int  `json:"failures"`
}

// ServeHTTP decides about one line and answers when it is written down.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var told journal.Sunk
	if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a, err := s.decide(told)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if err := json.NewEncoder(w).Encode(a); err != nil {
		log.Print("answer: ", err)
	}
}

// Tell tells the sink what was done to a process.
func (s *Sink) Tell(mark journal.Sunk) error {
	_, err := s.decide(mark)
	return err
}

func (s *Sink) decide(told journal.Sunk) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	told.At = time.Since(s.start).Microseconds()
	if told.What != journal.Left && told.What != journal.Mark {
		told.OK = s.fences.take(told)
	}
	return answer{told.OK, s.fences.failures(told.Job)}, s.log.Add(told)
}
