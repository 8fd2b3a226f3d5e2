// Sink stands for a system that jobs write to and that takes fences seriously:
// it keeps the greatest fence that it has seen for each job and each resource,
// and refuses a write with a smaller one. It writes down what it was asked and
// how it decided, in the order of its decisions and by its own clock; what
// happens to the processes around it is told to it too, so that there is one
// clock for everything.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/chaos/journal"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve")
	path := flag.String("log", journal.Sink, "file to write decisions to")
	flag.Parse()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	decisions, err := journal.Open(*path)
	if err != nil {
		log.Fatal(err)
	}
	s := &sink{start: time.Now(), fences: newFences(), log: decisions}
	if err := decisions.Add(journal.Sunk{What: journal.Mark, Wall: s.start.UnixMilli()}); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(l, s))
}

type sink struct {
	sync.Mutex
	start  time.Time
	fences *fences
	log    *journal.Log
}

// An answer says whether a write was accepted, and how many attempts at the job
// have failed.
type answer struct {
	OK       bool `json:"ok"`
	Failures int  `json:"failures"`
}

// ServeHTTP decides about one line and answers when it is written down.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var told journal.Sunk
	if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a, err := s.decide(told)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(w).Encode(a); err != nil {
		log.Print("answer: ", err)
	}
}

func (s *sink) decide(told journal.Sunk) (answer, error) {
	s.Lock()
	defer s.Unlock()
	told.At = time.Since(s.start).Microseconds()
	if told.What != journal.Left && told.What != journal.Mark {
		told.OK = s.fences.take(told)
	}
	return answer{told.OK, s.fences.failures(told.Job)}, s.log.Add(told)
}
