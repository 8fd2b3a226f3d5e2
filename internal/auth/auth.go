// Package auth says who may do what.
//
// Whoever sends a request is a [Who]: a person who logged in, a program with an
// API token, or, where no access is configured and only this machine is served,
// simply [Local]. It travels in the context of the request, so that there is one
// answer to "who is it" for every face.
//
// A person has grants. A [Grant] is a [Role] over the jobs of a client, or of
// all clients, and of the tasks that a pattern names:
//
//	viewer       sees all jobs, schedules, errors, workers and limits
//	power-user   starts jobs of those tasks, and sees, aborts and retries the jobs that are theirs
//	operator     both, and changes them: schedules, locks, limits, queues, workers
//	superadmin   all of it, and people, tokens, clients, retention and the audit
//
// Things that belong to no client, such as a worker or the settings of a queue,
// are seen by whoever sees anything at all, and changed by those whose grant
// covers every client and every task.
//
// This package is the words and the rule; it keeps nothing. Package door lets
// people in.
package auth

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A Right is one kind of thing that somebody may do.
type Right string

// The rights.
const (
	Own        Right = "own"        // start jobs, and see, abort and retry one's own
	See        Right = "see"        // look at everything but people, tokens and the audit
	Operate    Right = "operate"    // change jobs of others, schedules, locks, limits, queues, workers, links
	Administer Right = "administer" // people, tokens of others, clients, retention, the audit; secrets in arguments
)

// A Role is a set of rights, under the name that people know.
type Role string

// The roles.
const (
	Viewer     Role = "viewer"
	PowerUser  Role = "power-user"
	Operator   Role = "operator"
	Superadmin Role = "superadmin"
)

// Roles are all roles, from the least to the most.
var Roles = []Role{Viewer, PowerUser, Operator, Superadmin}

// rights is what each role may do.
var rights = map[Role][]Right{
	Viewer:     {See},
	PowerUser:  {Own},
	Operator:   {Own, See, Operate},
	Superadmin: {Own, See, Operate, Administer},
}

// Valid reports whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Has reports whether a role includes a right.
func (r Role) Has(right Right) bool { return slices.Contains(rights[r], right) }

// A Grant is a role over some jobs.
type Grant struct {
	Role   Role   `json:"role"`
	Client string `json:"client,omitempty"` // empty: of every client
	Tasks  string `json:"tasks,omitempty"`  // a task, or those that begin so: "sis.*"; empty: every task
}

// Gives reports whether g gives a right over jobs of that client and task.
func (g Grant) Gives(r Right, client, task string) bool {
	return g.Role.Has(r) && (g.Client == "" || g.Client == client) && job.Reach{Tasks: g.Tasks}.Fits("", task, "")
}

// Everywhere reports whether g covers every client and every task.
func (g Grant) Everywhere() bool { return g.Client == "" && (g.Tasks == "" || g.Tasks == "*") }

// String returns g as people read it: "operator of north, tasks sis.*".
func (g Grant) String() string {
	text := string(g.Role)
	if g.Client != "" {
		text += " of " + g.Client
	}
	if g.Tasks != "" && g.Tasks != "*" {
		text += ", tasks " + g.Tasks
	}
	return text
}

// Who is the sender of a request. The zero Who is nobody, who may nothing.
type Who struct {
	Name   string  // what jobs, histories and the audit call it
	Title  string  // the name of the person; may be empty
	Grants []Grant // of the person
	Token  string  // the id of the token that it came with; empty: none
	Within []Grant // what the token is good for, besides; nil: all that the person may

	Session string // the id of the session; empty: none
	By      string // the superadmin who looks at the pages as this person would see them; empty: nobody does
}

// Local is who does things where no access is configured.
var Local = Who{Name: "local", Grants: []Grant{{Role: Superadmin}}}

// May reports whether w has a right over jobs of that client and task.
func (w Who) May(r Right, client, task string) bool {
	return gives(w.Grants, r, client, task) && (w.Within == nil || gives(w.Within, r, client, task))
}

func gives(grants []Grant, r Right, client, task string) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool { return g.Gives(r, client, task) })
}

// Everywhere reports whether w has a right over every client and every task,
// which is what it takes to change what belongs to no client.
func (w Who) Everywhere(r Right) bool {
	return slices.ContainsFunc(w.reach(r), Grant.Everywhere)
}

// Anywhere reports whether there is anything that w has a right over.
func (w Who) Anywhere(r Right) bool { return len(w.reach(r)) > 0 }

// reach returns what w has a right over: the grants that give it, cut down to
// what the token is good for.
func (w Who) reach(r Right) (reach []Grant) {
	for _, g := range w.Grants {
		if !g.Role.Has(r) {
			continue
		}
		if w.Within == nil {
			reach = append(reach, g)
			continue
		}
		for _, limit := range w.Within {
			if both, ok := g.meet(limit); ok && limit.Role.Has(r) {
				reach = append(reach, both)
			}
		}
	}
	return reach
}

// meet returns what both g and other cover, in the role of g.
func (g Grant) meet(other Grant) (Grant, bool) {
	both, ok := job.Reach{Client: g.Client, Tasks: g.Tasks}.Meet(job.Reach{Client: other.Client, Tasks: other.Tasks})
	return Grant{Role: g.Role, Client: both.Client, Tasks: both.Tasks}, ok
}

// Sight returns what w may see of jobs: those that fit one of the reaches. Nil
// means all of them, and an empty list none.
func (w Who) Sight() []job.Reach {
	sight := []job.Reach{}
	for _, g := range w.reach(See) {
		if g.Everywhere() {
			return nil
		}
		sight = append(sight, job.Reach{Client: g.Client, Tasks: g.Tasks})
	}
	for _, g := range w.reach(Own) {
		sight = append(sight, job.Reach{Client: g.Client, Tasks: g.Tasks, Owner: w.Name})
	}
	return sight
}

// Sees reports whether w may see a job. Whoever started the first job of a
// lineage sees all of it; who that is, the caller knows.
func (w Who) Sees(j job.Job) bool {
	return w.May(See, j.Client, j.Task) || w.Name != "" && j.Owner == w.Name && w.May(Own, j.Client, j.Task)
}

// Handles reports whether w may abort and retry a job.
func (w Who) Handles(j job.Job) bool {
	return w.By == "" && (w.May(Operate, j.Client, j.Task) || w.Name != "" && j.Owner == w.Name && w.May(Own, j.Client, j.Task))
}

type whoKey struct{}

// With returns a context in which w acts.
func With(ctx context.Context, w Who) context.Context { return context.WithValue(ctx, whoKey{}, w) }

// Of returns who acts in ctx: nobody, if it was not said.
func Of(ctx context.Context) Who {
	w, _ := ctx.Value(whoKey{}).(Who)
	return w
}
