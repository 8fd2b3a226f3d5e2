package cli

import (
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/timetable"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// calendar reads a calendar.
func (f *yamlFile) calendar(n *yaml.Node) (c client.Calendar) {
	c.Exclusions = []client.Exclusion{}
	f.keys(n, "a calendar", map[string]func(*yaml.Node){
		"name": f.text(&c.Name), "title": f.text(&c.Title),
		"exclusions": func(n *yaml.Node) {
			f.items(n, "exclusions", func(n *yaml.Node) { c.Exclusions = append(c.Exclusions, f.exclusion(n)) })
		},
		"revision": func(n *yaml.Node) {
			if n.Decode(&c.Revision) != nil {
				f.wrong(n, "revision must be a whole number")
			}
		},
	})
	if c.Name == "" {
		f.wrong(n, "a calendar needs a name")
	} else if err := timetable.CheckCalendar(client.Calendar{Name: c.Name, Title: c.Title}); err != nil {
		f.wrong(n, "%s", fault.Message(err))
	}
	return c
}

func (f *yamlFile) exclusion(n *yaml.Node) (e client.Exclusion) {
	before := len(f.problems)
	f.keys(n, "an exclusion", map[string]func(*yaml.Node){
		"title": f.text(&e.Title), "from": f.text(&e.From), "to": f.text(&e.To), "start": f.text(&e.Start), "end": f.text(&e.End),
		"weekdays": func(n *yaml.Node) {
			f.items(n, "weekdays", func(n *yaml.Node) {
				var day string
				f.text(&day)(n)
				e.Weekdays = append(e.Weekdays, day)
			})
		},
	})
	err := timetable.CheckCalendar(client.Calendar{Name: "this", Exclusions: []client.Exclusion{e}})
	if err != nil && len(f.problems) == before {
		f.wrong(n, "%s", fault.Message(err))
	}
	return e
}
