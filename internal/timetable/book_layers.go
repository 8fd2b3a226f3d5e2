package timetable

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// all is what an edit calls every field that is set in its layer.
const all = "*"

// below returns s as it is up to a layer, and without what is set above it.
func below(s job.Schedule, layer job.Layer) (job.Rule, error) {
	if layer == job.LayerPlatform {
		s.Overrides = slices.DeleteFunc(slices.Clone(s.Overrides), func(o job.Override) bool { return o.Layer != layer })
	}
	err := s.Settle()
	return s.Rule, err
}

// find returns the place of an override, or -1.
func find(overrides []job.Override, layer job.Layer, field string) int {
	return slices.IndexFunc(overrides, func(o job.Override) bool { return o.Layer == layer && o.Field == field })
}

// set puts o in the place of the override of its layer and field.
func set(overrides []job.Override, o job.Override) []job.Override {
	if i := find(overrides, o.Layer, o.Field); i >= 0 {
		overrides[i] = o
		return overrides
	}
	return append(overrides, o)
}

// revert takes fields of a layer away. A cron expression and its dialect are
// set together, and go together.
func revert(overrides []job.Override, layer job.Layer, fields []string) []job.Override {
	gone := slices.Clone(fields)
	if slices.Contains(fields, "cron") || slices.Contains(fields, "dialect") {
		gone = append(gone, "cron", "dialect")
	}
	return slices.DeleteFunc(overrides, func(o job.Override) bool {
		return o.Layer == layer && (slices.Contains(gone, all) || slices.Contains(gone, o.Field))
	})
}

// pinDialects says of each cron expression that is set in a layer in which
// dialect it is, once any layer has one of its own: what another layer says of
// its expression is not said of this one. In that layer it is dialect, and else
// the declared one.
func pinDialects(s *job.Schedule, layer job.Layer, dialect string) {
	if !slices.ContainsFunc(s.Overrides, func(o job.Override) bool { return o.Field == "dialect" }) {
		return
	}
	for _, o := range slices.Clone(s.Overrides) {
		if o.Field != "cron" || find(s.Overrides, o.Layer, "dialect") >= 0 {
			continue
		}
		o.Field, o.Value, o.Default = "dialect", asJSON(s.Base.Dialect), asJSON(s.Base.Dialect)
		if o.Layer == layer {
			o.Value = asJSON(dialect)
		}
		s.Overrides = append(s.Overrides, o)
	}
}

// notices tells of defaults that have changed since people set something else.
// They go when the field is reverted or set anew.
func notices(s job.Schedule) (texts []string, err error) {
	for _, o := range s.Overrides {
		now, err := s.Base.Field(o.Field)
		if err != nil {
			return nil, err
		}
		switch {
		case job.SameJSON(now, o.Default):
		case o.Field == "args": // which may be secret
			texts = append(texts, fmt.Sprintf("The task now declares other args than before; the %s's own setting stays.", o.Layer))
		default:
			texts = append(texts, fmt.Sprintf("The task now declares %s %s (it was %s); the %s's own setting stays.",
				o.Field, shown(now), shown(o.Default), o.Layer))
		}
	}
	return texts, nil
}

func shown(value json.RawMessage) string {
	if isNull(value) {
		return "nothing"
	}
	return string(value)
}

// differing returns the fields in which a and b are not the same, in order.
func differing(a, b job.Rule) (fields []string, err error) {
	if reflect.DeepEqual(a, b) {
		return nil, nil
	}
	was, err := byField(a)
	if err != nil {
		return nil, err
	}
	is, err := byField(b)
	if err != nil {
		return nil, err
	}
	for _, name := range job.RuleFields() {
		if !job.SameJSON(was[name], is[name]) {
			fields = append(fields, name)
		}
	}
	return fields, nil
}

// byField returns the fields of r that it has, by JSON name.
func byField(r job.Rule) (fields map[string]json.RawMessage, err error) {
	raw, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		return nil, fmt.Errorf("read a rule by field: %w", err)
	}
	return fields, nil
}

// timing are the fields that decide which slots there are.
var timing = []string{"dialect", "cron", "zone", "starts_at", "ends_at", "max_runs"}

// sameTimes reports whether a and b have the same slots.
func sameTimes(a, b job.Rule) (bool, error) {
	fields, err := differing(a, b)
	return !slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(timing, f) }), err
}
