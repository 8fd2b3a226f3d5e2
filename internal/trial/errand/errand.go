// Package errand is what a job of a trial is told to do: how long, how
// often it fails, what it locks, what it starts. An errand is the job's whole
// argument, so that whoever reads the ledger afterwards knows what had to
// become of the job without asking who made it.
package errand

import "strconv"

// The tasks that run errands.
const (
	Plain     = "chaos.plain"
	Locked    = "chaos.locked"
	Retrying  = "chaos.retrying"
	Chained   = "chaos.chained"
	Abortable = "chaos.abortable"
	Unique    = "chaos.unique"
	Blocking  = "chaos.blocking"
)

// Tasks are all tasks that run errands.
var Tasks = []string{Plain, Locked, Retrying, Chained, Abortable, Unique, Blocking}

// Attempts is how many attempts at an errand may fail.
const Attempts = 4

// Always is a number of failures that no job survives.
const Always = 1000

// An Errand is what one job does.
type Errand struct {
	Name      string   `json:"name"`                // of this errand alone: two jobs of one name are one too many
	Steps     int      `json:"steps"`               // writes to the sink between the first and the last
	StepMS    int      `json:"step_ms"`             // time before each step
	Fail      int      `json:"fail,omitempty"`      // attempts that fail before one succeeds
	Permanent bool     `json:"permanent,omitempty"` // the first attempt fails for good
	Children  int      `json:"children,omitempty"`  // jobs that it starts
	Depth     int      `json:"depth,omitempty"`     // generations below it
	Same      string   `json:"same,omitempty"`      // what makes unique jobs the same
	Reads     []string `json:"reads,omitempty"`
	Writes    []string `json:"writes,omitempty"`
}

// Succeeds reports whether the errand's job ends well when nobody aborts it.
func (e Errand) Succeeds() bool { return !e.Permanent && e.Fail < Attempts }

// Child returns the errand number i of those that e starts.
func (e Errand) Child(i int) (task string, child Errand) {
	child = Errand{Name: e.Name + "/" + strconv.Itoa(i), Steps: 1, StepMS: e.StepMS}
	if e.Depth > 1 {
		child.Children, child.Depth = e.Children, e.Depth-1
		return Chained, child
	}
	child.Writes = e.Writes
	return Locked, child
}

// A Hold is a resource under its full name, as one job holds it.
type Hold struct {
	Name  string `json:"name"`
	Write bool   `json:"write,omitempty"` // alone; else together with others that do not write
}

// Holds returns everything that a job of that task and client holds while it
// runs its errand.
func (e Errand) Holds(task, client string) []Hold {
	holds := []Hold{{Name: client + "/*", Write: task == Blocking}}
	for _, name := range e.Reads {
		holds = append(holds, Hold{Name: scoped(client, name)})
	}
	for _, name := range e.Writes {
		holds = append(holds, Hold{Name: scoped(client, name), Write: true})
	}
	if task == Unique {
		holds = append(holds, Hold{Name: client + "/unique:" + e.Same, Write: true})
	}
	return holds
}

// scoped is a resource's full name: its client's, or the platform's.
func scoped(client, name string) string {
	if name[0] == '/' {
		return name
	}
	return client + "/" + name
}
