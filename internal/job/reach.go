package job

import (
	"cmp"
	"strings"
)

// A Reach is some of all jobs. Empty fields do not restrict.
type Reach struct {
	Client string
	Tasks  string // a task, or those that begin so: "sis.*"; "*": every task
	Owner  string
}

// Fits reports whether a job of that client, task and owner is in r.
func (r Reach) Fits(client, task, owner string) bool {
	return (r.Client == "" || r.Client == client) && (r.Owner == "" || r.Owner == owner) && r.fitsTask(task)
}

// Meet returns what is in both r and other; not ok if nothing can be.
func (r Reach) Meet(other Reach) (both Reach, ok bool) {
	if !meets(r.Client, other.Client) || !meets(r.Owner, other.Owner) {
		return Reach{}, false
	}
	tasks, ok := meetTasks(r.Tasks, other.Tasks)
	return Reach{Client: cmp.Or(r.Client, other.Client), Tasks: tasks, Owner: cmp.Or(r.Owner, other.Owner)}, ok
}

func meets(a, b string) bool { return a == "" || b == "" || a == b }

// meetTasks returns the pattern of the tasks that are of both.
func meetTasks(a, b string) (string, bool) {
	if a == "" || a == "*" {
		return b, true
	}
	if b == "" || b == "*" {
		return a, true
	}
	if len(strings.TrimSuffix(a, "*")) < len(strings.TrimSuffix(b, "*")) {
		a, b = b, a
	}
	return a, Reach{Tasks: b}.fitsTask(strings.TrimSuffix(a, "*"))
}

func (r Reach) fitsTask(task string) bool {
	begin, open := strings.CutSuffix(r.Tasks, "*")
	return r.Tasks == "" || task == r.Tasks || open && strings.HasPrefix(task, begin)
}
