package job

import "strings"

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

func (r Reach) fitsTask(task string) bool {
	begin, open := strings.CutSuffix(r.Tasks, "*")
	return r.Tasks == "" || task == r.Tasks || open && strings.HasPrefix(task, begin)
}
