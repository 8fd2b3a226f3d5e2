package tasks

import "fmt"

// A Registry holds tasks by their exact names. It does not change once made.
type Registry struct {
	byName map[string]Task
	infos  []Info
}

// NewRegistry returns the registry of all. It panics if two share a name or a
// declaration is wrong.
func NewRegistry(all ...Task) *Registry {
	r := &Registry{byName: map[string]Task{}}
	for _, t := range all {
		info := t.Info()
		if _, taken := r.byName[info.Name]; taken {
			panic(fmt.Sprintf("tasks: two tasks are named %s", info.Name))
		}
		r.byName[info.Name] = t
		r.infos = append(r.infos, info)
	}
	return r
}

// Lookup returns the task of exactly that name.
func (r *Registry) Lookup(name string) (Task, bool) {
	t, ok := r.byName[name]
	return t, ok
}

// Infos describes all tasks, in the order they were registered.
func (r *Registry) Infos() []Info { return r.infos }
