// Package journal is what the processes of a trial write down: lines of
// JSON in files that only grow. Each line is written by one call, so that
// neither a neighbour nor a kill -9 can spoil another one's line.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
)

// The files of one run.
const (
	Sink     = "sink.jsonl"     // Sunk: what the sink was asked, in the order in which it decided
	Handlers = "handlers.jsonl" // Handled: what the handlers say that they did
	Accepted = "accepted.jsonl" // Asked: what the API acknowledged
	Ledger   = "ledger.jsonl"   // the API's job details at the end
	Slots    = "slots.jsonl"    // Due: what the API says became of each due time; there only if the run had schedules
)

// What the sink is told.
const (
	Begin = "begin" // the first write of an attempt
	Write = "write"
	End   = "end"  // the last write, with how the handler is about to return
	Left  = "left" // no write: the handler's code returns now
	Mark  = "mark" // no write: something was done to a process
)

// Child is what a handler says when another job was acknowledged to it.
const Child = "child"

// How a handler returns.
const (
	OK        = "ok"
	Error     = "error"
	Permanent = "permanent"
	Stopped   = "stopped" // its context ended
)

// A Sunk is a line of the sink: one thing that it was told.
type Sunk struct {
	At      int64         `json:"at"` // microseconds since the sink started, by its monotonic clock
	What    string        `json:"what"`
	Job     string        `json:"job,omitempty"`
	Attempt int           `json:"attempt,omitempty"`
	Worker  string        `json:"worker,omitempty"` // or whatever process a mark is about: "worker-1.3", its third incarnation
	Fence   int64         `json:"fence,omitempty"`
	Holds   []errand.Hold `json:"holds,omitempty"`
	Result  string        `json:"result,omitempty"` // of an end
	OK      bool          `json:"ok,omitempty"`     // the write was accepted
	Fault   Fault         `json:"fault,omitempty"`  // of a mark
	PID     int           `json:"pid,omitempty"`    // of a mark that a process started
	Wall    int64         `json:"wall,omitempty"`   // of the first mark: milliseconds since 1970 at 0
}

// A Fault is what was done to a process, or stopped being done.
type Fault string

// The faults. Thaw, Heal and Start end others.
const (
	Started Fault = "start"
	Kill    Fault = "kill"   // -9
	Deploy  Fault = "deploy" // told to stop, then replaced
	Freeze  Fault = "freeze" // SIGSTOP
	Thaw    Fault = "thaw"   // SIGCONT
	Cut     Fault = "cut"    // connections to Redis broken and refused
	Hole    Fault = "hole"   // connections to Redis stay open, and nothing comes through until they heal
	Heal    Fault = "heal"   // Cut or Hole ends
	Died    Fault = "died"   // it ended by itself
	Loss    Fault = "loss"   // Redis came back without something that it had acknowledged
)

// A Handled is a line of the handlers.
type Handled struct {
	What    string `json:"what"` // Begin, End or Child
	Job     string `json:"job"`
	Attempt int    `json:"attempt"`
	Worker  string `json:"worker"`
	Fence   int64  `json:"fence"`
	Result  string `json:"result,omitempty"` // of an end
	Child   string `json:"child,omitempty"`  // the job that was acknowledged
	Name    string `json:"name,omitempty"`   // the child's errand
}

// An Asked is a line of those who ask the API.
type Asked struct {
	What  string `json:"what"` // Accept, Refuse, Abort or Aborted
	ID    string `json:"id"`
	Key   string `json:"key,omitempty"`
	Task  string `json:"task,omitempty"`
	State string `json:"state,omitempty"` // of the job, as the API said; or why it was refused
	At    int64  `json:"at,omitempty"`    // milliseconds since 1970
}

// What became of asking the API.
const (
	Accept  = "accepted" // the job exists
	Refuse  = "refused"  // the API does not want the job, and not because of trouble
	Abort   = "abort"    // the job is about to be aborted
	Aborted = "aborted"  // the API said so
)

// A Log is a file that only grows.
type Log struct{ file *os.File }

// Open opens the file, and makes it if there is none.
func Open(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Log{f}, nil
}

// Add writes v as one line.
func (l *Log) Add(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }

// Read reads every line of a file.
func Read[T any](path string) ([]T, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	var all []T
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		all = append(all, v)
	}
	return all, lines.Err()
}

// A Due is what the API says of one schedule.
type Due struct {
	Schedule string        `json:"schedule"`
	Every    time.Duration `json:"every_ns"` // from one due time to the next
	From     time.Time     `json:"from"`     // it is due from then on
	To       time.Time     `json:"to"`       // every slot up to here must have its outcome
	Slots    []Slot        `json:"slots"`    // in any order
}

// A Slot is what became of one due time.
type Slot struct {
	Due     time.Time `json:"due"`
	Outcome string    `json:"outcome"`
	Job     string    `json:"job_id"`
	Lag     float64   `json:"lag_seconds"`
}
