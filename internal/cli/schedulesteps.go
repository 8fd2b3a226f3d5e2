package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func calendarStep(c fileCalendar, there map[string]client.Calendar, reason string) (importStep, bool) {
	was, exists := there[c.Name]
	step := importStep{What: "calendar " + c.Name, Action: "create", at: c.at}
	if exists {
		step.Action = "replace"
	}
	if exists && was.Title == c.Title && reflect.DeepEqual(was.Exclusions, c.Exclusions) {
		return step, false
	}
	c.Revision = was.Revision
	step.do = func(ctx context.Context, server *client.Client) error {
		_, err := server.PutCalendar(ctx, c.Calendar, reason)
		return err
	}
	return step, true
}

// scheduleStep says what makes a schedule as the file has it.
func (f *yamlFile) scheduleStep(s fileSchedule, there map[string]client.Schedule, reason string) (importStep, bool) {
	was, exists := there[s.name]
	asks := len(s.rule)+len(s.clientRule) > 0
	switch {
	case !exists && s.task == "" && asks:
		f.wrong(s.at, "there is no schedule %s, and without a task none can be created", s.name)
	case exists && s.task != "" && s.task != was.Task:
		f.wrong(s.at, "schedule %s is of task %s, not %s", s.name, was.Task, s.task)
	case exists && s.client != "" && s.client != was.Client:
		f.wrong(s.at, "schedule %s is of client %s, not %s; the client of a schedule does not change", s.name, was.Client, s.client)
	case exists:
		return editStep(s, was, reason)
	case asks:
		return createStep(s, reason), true
	}
	return importStep{}, false
}

func createStep(s fileSchedule, reason string) importStep {
	rule, _ := ruleOf(job.DefaultRule()) // was JSON a moment ago
	maps.Copy(rule, s.rule)
	maps.Copy(rule, s.clientRule)
	step := importStep{What: "schedule " + s.name, Action: "create", at: s.at, name: s.name, task: s.task, rule: rule}
	for _, field := range job.RuleFields() {
		if value, ok := s.rule[field]; ok {
			step.Changes = append(step.Changes, importChange{"", field, "", shown(value)})
		}
		if value, ok := s.clientRule[field]; ok {
			step.Changes = append(step.Changes, importChange{client.LayerClient, field, "", shown(value)})
		}
	}
	step.do = func(ctx context.Context, c *client.Client) error {
		made, err := c.CreateSchedule(ctx, client.NewSchedule{Name: s.name, Task: s.task, Client: s.client, Reason: reason, Rule: s.rule})
		if err != nil || len(s.clientRule) == 0 {
			return err
		}
		_, err = c.EditSchedule(ctx, s.name, client.Edit{Layer: client.LayerClient, Set: s.clientRule, Revision: made.Revision, Reason: reason})
		return inLayer(client.LayerClient, err)
	}
	return step
}

// editStep sets and takes back what makes both layers as the file has them.
func editStep(s fileSchedule, was client.Schedule, reason string) (importStep, bool) {
	step := importStep{What: "schedule " + s.name, Action: "edit", at: s.at, name: s.name, task: was.Task}
	base, _ := ruleOf(was.Base) // was JSON a moment ago
	platform := layerEdit{was: was, layer: client.LayerPlatform, wanted: s.rule, below: base}
	if !was.Declared {
		platform.usual, _ = ruleOf(job.DefaultRule())
	}
	first := platform.edit(&step)
	clients := layerEdit{was: was, layer: client.LayerClient, wanted: s.clientRule, below: platform.result()}
	second := clients.edit(&step)
	step.rule = clients.result()
	step.do = func(ctx context.Context, c *client.Client) error {
		revision := was.Revision
		for _, e := range []client.Edit{first, second} {
			if len(e.Set)+len(e.Revert) == 0 {
				continue
			}
			e.Reason, e.Revision = reason, revision
			now, err := c.EditSchedule(ctx, s.name, e)
			if err != nil {
				return inLayer(e.Layer, err)
			}
			revision = now.Revision
		}
		return nil
	}
	return step, len(step.Changes) > 0
}

// inLayer says in which layer a change was refused.
func inLayer(layer client.Layer, err error) error {
	if err != nil {
		return fmt.Errorf("in the layer of the %s: %w", layer, err)
	}
	return nil
}

// A layerEdit works out what changes in one layer.
type layerEdit struct {
	was    client.Schedule
	layer  client.Layer
	wanted fields // what the file says
	below  fields // what holds without the layer
	usual  fields // what holds where the file says nothing; nil: what is below
}

// edit returns what is to be set and reverted, and notes it in step. What is
// as below the layer need not be set in it.
func (l layerEdit) edit(step *importStep) client.Edit {
	e := client.Edit{Layer: l.layer, Set: map[string]json.RawMessage{}}
	set, result := overridesIn(l.was, l.layer), l.result()
	for _, field := range job.RuleFields() {
		now, overridden := set[field]
		if !overridden {
			now = l.below[field]
		}
		wanted, named := result[field], l.wanted[field] != nil
		switch {
		case !named && overridden && canonical(field, wanted) == canonical(field, l.below[field]):
			e.Revert = append(e.Revert, field)
		case canonical(field, wanted) == canonical(field, now):
			continue
		default:
			e.Set[field] = orNone(field, wanted)
		}
		step.Changes = append(step.Changes, importChange{l.layer, field, shown(now), shown(wanted)})
	}
	return e
}

// result is what holds up to this layer once the file is imported.
func (l layerEdit) result() fields {
	all := maps.Clone(l.below)
	if l.usual != nil {
		cron := all["cron"] // has no usual
		all = maps.Clone(l.usual)
		all["cron"] = cron
	}
	maps.Copy(all, l.wanted)
	return all
}

// orNone returns how JSON says that a field is empty.
func orNone(field string, raw json.RawMessage) json.RawMessage {
	switch {
	case len(raw) > 0:
		return raw
	case field == "labels":
		return json.RawMessage("{}")
	}
	return json.RawMessage("null")
}
