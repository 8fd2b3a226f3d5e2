package job

import (
	"encoding/json"
	"slices"
	"strings"
)

// Scope returns the full name of a resource that a job of client names: it is
// the client's, unless it begins with "/". No name stays none.
func Scope(client, resource string) string {
	if resource == "" || strings.HasPrefix(resource, "/") {
		return resource
	}
	return client + "/" + resource
}

// WantsOf returns which resources a job of the task wants that has these
// arguments, as far as it was announced. What is not known is taken for one
// resource that all jobs of the task and client write.
func (d Declaration) WantsOf(client string, args json.RawMessage) (w Wants, known bool) {
	if !d.Locks {
		return Wants{}.scoped(client), true
	}
	for _, s := range d.Schedules {
		if s.Wants != nil && SameJSON(s.Args, args) {
			return s.Wants.scoped(client), true
		}
	}
	if len(d.Reads)+len(d.Writes) > 0 && SameJSON(args, json.RawMessage("{}")) {
		return Wants{Reads: d.Reads, Writes: d.Writes}.scoped(client), true
	}
	return Wants{Writes: []string{"task " + d.Name}}.scoped(client), false
}

// scoped returns w of a job of client. All that a blocking job keeps waiting
// is a resource too, which it writes and the others read.
func (w Wants) scoped(client string) Wants {
	all := Wants{Blocking: w.Blocking}
	for _, name := range w.Reads {
		all.Reads = append(all.Reads, Scope(client, name))
	}
	for _, name := range w.Writes {
		all.Writes = append(all.Writes, Scope(client, name))
	}
	if everything := Scope(client, "*"); w.Blocking {
		all.Writes = append(all.Writes, everything)
	} else {
		all.Reads = append(all.Reads, everything)
	}
	return all
}

// Clash returns a resource for which a job that wants w and one that wants o
// cannot run at a time; empty if there is none. Both are of [Declaration.WantsOf].
func (w Wants) Clash(o Wants) string {
	for _, name := range w.Writes {
		if slices.Contains(o.Writes, name) || slices.Contains(o.Reads, name) {
			return name
		}
	}
	for _, name := range o.Writes {
		if slices.Contains(w.Reads, name) {
			return name
		}
	}
	return ""
}
