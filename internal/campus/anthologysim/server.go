package anthologysim

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Options say who may call, and how a server answers.
type Options struct {
	Token          string // a bearer token that is accepted; empty: none
	User, Password string // basic authentication that is accepted; empty: none
	Page           int    // messages in one answer at most; 0: as many as are asked for
	BusyEvery      int    // every so many calls it is too busy; 0: never
	CutEvery       int    // every so many calls the answer ends in the middle; 0: never
}

// Server is the simulated SIS. It may be used by several goroutines at once.
type Server struct {
	options Options

	mu         sync.Mutex
	last       int // id of the newest message
	queues     map[string][]Fields
	told       []Acknowledgement
	registered map[registration]bool // that there ever was a message about
	teachers   map[string][]string   // of sections
	sections   map[string]Fields     // what was said of them last
	attendance map[place]Attendance
	faults     []Fault
	calls      int
}

// Fields are what a message, a question or an answer says.
type Fields map[string]any

// An Acknowledgement is what the SIS was told about one message.
type Acknowledgement struct {
	Operation string // AcknowledgeTerms, …
	MessageID string
	Refused   bool
	Code      string
}

// A Fault is what becomes of one call instead of its answer.
type Fault struct {
	Status     int // of HTTP; 0: 200
	RetryAfter int // seconds
	Cut        bool
}

// New returns a server that has nothing to say yet.
func New(o Options) *Server {
	return &Server{
		options: o, queues: map[string][]Fields{}, registered: map[registration]bool{}, teachers: map[string][]string{},
		sections: map[string]Fields{}, attendance: map[place]Attendance{},
	}
}

// Fail makes as many of the next calls fail as there are faults.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Acknowledged returns what was acknowledged, oldest first.
func (s *Server) Acknowledged() []Acknowledgement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	operation := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	var asked Fields
	switch {
	case !s.admits(r):
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case r.Method != http.MethodPost:
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
	case json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20)).Decode(&asked) != nil:
		http.Error(w, "send a JSON object", http.StatusBadRequest)
	default:
		s.answer(w, operation, asked)
	}
}

func (s *Server) admits(r *http.Request) bool {
	user, password, basic := r.BasicAuth()
	if basic {
		return s.options.User != "" && same(user, s.options.User) && same(password, s.options.Password)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && s.options.Token != "" && same(token, s.options.Token)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (s *Server) answer(w http.ResponseWriter, operation string, asked Fields) {
	fault := s.nextFault()
	if fault.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(fault.RetryAfter))
	}
	if fault.Status != 0 {
		http.Error(w, "something went wrong", fault.Status)
		return
	}
	messages, ok := s.do(operation, asked)
	if !ok {
		http.NotFound(w, nil)
		return
	}
	text, err := json.Marshal(Fields{"Status": "OK", "Result": "", "InfoMessages": []string{}, "Messages": messages})
	if err != nil {
		panic(err) // what came as JSON, or was put in as texts and numbers
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if fault.Cut {
		fmt.Fprintf(w, "%s", text[:len(text)/2])
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, "%s", text)
}

// nextFault returns what becomes of this call: what was asked for, or else what
// is its turn.
func (s *Server) nextFault() (next Fault) {
	s.calls++
	switch {
	case len(s.faults) > 0:
		next, s.faults = s.faults[0], s.faults[1:]
	case due(s.calls, s.options.BusyEvery):
		next.Status, next.RetryAfter = http.StatusTooManyRequests, 1
	case due(s.calls, s.options.CutEvery):
		next.Cut = true
	}
	return next
}

func due(count, every int) bool { return every > 0 && count%every == 0 }

// do runs an operation. It is not ok if there is none of that name.
func (s *Server) do(operation string, asked Fields) ([]Fields, bool) {
	subject, gets := strings.CutPrefix(operation, "Get")
	about, acknowledges := strings.CutPrefix(operation, "Acknowledge")
	switch {
	case operation == "PostAttendance":
		return s.postAll(listOf(asked["Attendances"])), true
	case gets && slices.Contains(subjects, subject):
		return s.get(subject, asked), true
	case acknowledges && slices.Contains(subjects, about):
		return s.acknowledge(about, listOf(asked["Messages"])), true
	}
	return nil, false
}
