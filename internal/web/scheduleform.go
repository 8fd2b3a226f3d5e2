package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A form is what somebody typed about a schedule. Beside each control it says
// what stood there at first (was.NAME), so that only what was typed counts:
// what others have changed meanwhile stays as it is.
type form struct {
	values  url.Values
	rule    job.Rule // with what was typed
	changed []setting
	errors  map[string]string // what is wrong, by control; "" for the whole
}

// readForm reads what was typed on top of a rule.
func readForm(values url.Values, rule job.Rule) form {
	f := form{values: values, rule: rule, errors: map[string]string{}}
	for _, set := range settings {
		if !f.touched(set) {
			continue
		}
		f.changed = append(f.changed, set)
		if err := set.Read(&f.rule, f.text(set.name())); err != nil {
			f.errors[set.name()] = fault.Message(err)
		}
	}
	return f
}

// text returns what is in a control, with the line ends of here.
func (f form) text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.values.Get(name), "\r\n", "\n"))
}

// touched reports whether a control was changed, or had nothing to begin with.
// An unchecked box sends nothing.
func (f form) touched(set setting) bool {
	if !f.values.Has(set.name()) && set.Kind != "check" {
		return false
	}
	return !f.values.Has("was."+set.name()) || f.text(set.name()) != f.text("was."+set.name())
}

func (f form) layer() job.Layer { return job.Layer(cmp.Or(f.text("layer"), string(job.LayerPlatform))) }

func (f form) revision() int64 {
	n, err := strconv.ParseInt(f.text("revision"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// blame keeps a refusal beside the control at fault. Other failures are
// returned.
func (f form) blame(err error, otherwise string) error {
	refusal := asFault(err)
	if refusal == nil || refusal.Kind != fault.Invalid {
		return err
	}
	f.errors[control(cmp.Or(refusal.Field, otherwise))] = refusal.Msg
	return nil
}

// control returns the name of the control for a field; empty for one that the
// form does not have.
func control(field string) string {
	if set, ok := settingOf(field); ok {
		return set.name()
	}
	if slices.Contains([]string{"name", "task", "client", "layer", "reason"}, field) {
		return field
	}
	return ""
}

// check adds what is wrong with a change of sch before anybody is asked.
func (f form) check(sch job.Schedule) {
	if f.text("reason") == "" {
		f.errors["reason"] = "Say why, in a sentence. The history keeps it."
	}
	if !f.layer().Valid() {
		f.errors["layer"] = "Choose the platform or the client."
	}
	if len(f.changed) == 0 {
		f.errors[""] = "Nothing was changed."
	}
	for _, set := range f.changed {
		if _, ok := overrideOf(sch, set, job.LayerClient); ok && f.layer() == job.LayerPlatform {
			f.errors[set.name()] = "The client has set this, which counts before the platform. Set it for the client, or revert it first."
		}
	}
}

// edit returns the change that f is.
func (f form) edit(ctx context.Context) (job.Edit, error) {
	e := job.Edit{Layer: f.layer(), Set: map[string]json.RawMessage{}, Revision: f.revision(), By: actor(ctx), Reason: f.text("reason")}
	for _, set := range f.changed {
		for _, field := range set.Fields {
			value, err := f.rule.Field(field)
			if err != nil {
				return e, fmt.Errorf("read what was typed: %w", err)
			}
			if value == nil {
				value = json.RawMessage("null")
			}
			e.Set[field] = value
		}
	}
	return e, nil
}

// A group is controls under one heading.
type group struct {
	Title  string
	Inputs []input
}

// An input is a setting as the form asks for it.
type input struct {
	setting
	Name      string
	Text, Was string
	New       bool // nothing stood there at first
	Error     string
	Origin    string // what the code says, where something else holds
	From      string // who says that
}

var groups = []struct {
	title  string
	fields []string
}{
	{"When", []string{"cron", "zone"}},
	{"Left out", []string{"calendar", "starts_at", "ends_at"}},
	{"What", []string{"args", "enabled"}},
	{"After others", []string{"after", "after_for", "after_limit_seconds", "after_else"}},
	{"What becomes of slots that cannot simply run", []string{"overlap", "catch_up", "catch_up_within_seconds", "catch_up_most", "latest_start_seconds", "jitter_seconds", "jitter_by", "max_runs"}},
	{"Who", []string{"owner", "labels"}},
}

// grouped are the settings in the order of their groups.
func grouped() (sorted []setting) {
	for _, g := range groups {
		for _, field := range g.fields {
			set, _ := settingOf(field)
			sorted = append(sorted, set)
		}
	}
	return sorted
}

// groupsOf makes the controls for sch; text says what is in them.
func groupsOf(sch job.Schedule, isNew bool, calendars []job.Calendar, text func(setting) string, errors map[string]string) (all []group) {
	for _, g := range groups {
		shown := group{Title: g.title}
		for _, name := range g.fields {
			set, _ := settingOf(name)
			in := input{setting: set, Name: name, Text: text(set), Was: set.Write(sch.Rule), New: isNew, Error: errors[name]}
			if code := set.Say(sch.Base); !isNew && code != set.Say(sch.Rule) {
				in.Origin, in.From = code, either(sch.Declared, "The code says", "Created with")
			}
			if name == "calendar" {
				in.Choice = calendarChoice(calendars, in.Text)
			}
			shown.Inputs = append(shown.Inputs, in)
		}
		all = append(all, shown)
	}
	return all
}

func calendarChoice(calendars []job.Calendar, chosen string) []option {
	options := []option{{"", "none"}}
	for _, c := range calendars {
		options = append(options, option{c.Name, cmp.Or(c.Title, c.Name)})
	}
	if !slices.ContainsFunc(options, func(o option) bool { return o.Value == chosen }) {
		options = append(options, option{chosen, chosen})
	}
	return options
}
