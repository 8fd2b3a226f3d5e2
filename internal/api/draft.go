package api

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// draft returns the schedule that n asks for: the rule of the one that it
// begins with, with the fields that n sets. What nobody says is empty.
func (a *API) draft(ctx context.Context, n client.NewSchedule) (job.Schedule, error) {
	from, err := a.pattern(ctx, n.From)
	if err != nil {
		return job.Schedule{}, err
	}
	rule, err := ruled(from.Rule, n.Rule)
	if err != nil {
		return job.Schedule{}, err
	}
	s := job.Schedule{Name: n.Name, Task: firstOf(n.Task, from.Task), Client: firstOf(n.Client, from.Client), Rule: rule}
	if untold(n.Rule) {
		s.Dialect = ""
	}
	return s, nil
}

// pattern returns the schedule that a new one begins with.
func (a *API) pattern(ctx context.Context, name string) (job.Schedule, error) {
	if name == "" {
		return job.Schedule{Rule: job.Rule{Enabled: true}}, nil
	}
	s, err := a.Ledger.Schedule(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return s, fault.New(fault.Invalid, "There is no schedule %s to begin with; jobctl schedules lists them.", name).In("from")
	}
	return s, err
}

// untold reports whether fields have a cron expression in whatever dialect.
func untold(fields map[string]json.RawMessage) bool {
	_, cron := fields["cron"]
	_, dialect := fields["dialect"]
	return cron && !dialect
}

// ruled returns r with the fields that were given, by JSON name.
func ruled(r job.Rule, given map[string]json.RawMessage) (job.Rule, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		i := slices.Index(job.RuleFields(), name)
		if i < 0 {
			return r, unknownRuleField(name)
		}
		if err := setField(reflect.ValueOf(&r).Elem().Field(i), name, given[name]); err != nil {
			return r, err
		}
	}
	return r, nil
}

func unknownRuleField(name string) error {
	return fault.New(fault.Invalid, "A rule has no field %s; it has %s.", name, strings.Join(job.RuleFields(), ", ")).In(name)
}

// setField replaces all of a field, which keeps nothing of what it was.
func setField(field reflect.Value, name string, value json.RawMessage) error {
	fresh := reflect.New(field.Type())
	if isNull(value) && !mayBeNull(field) || json.Unmarshal(value, fresh.Interface()) != nil {
		return fault.New(fault.Invalid, "Field %s must be %s, not %s.", name, ruleWord(field.Type()), clipped(value)).In(name)
	}
	field.Set(fresh.Elem())
	return nil
}

func isNull(value json.RawMessage) bool { return bytes.Equal(value, []byte("null")) }

func mayBeNull(field reflect.Value) bool {
	return field.Kind() == reflect.Pointer || field.Kind() == reflect.Map || field.Kind() == reflect.Slice
}

// ruleWord says what a field of a rule is to somebody who writes JSON.
func ruleWord(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[job.Seconds]():
		return "a number of seconds"
	case reflect.TypeFor[*time.Time]():
		return "a time such as 2026-09-01T08:00:00Z, or null"
	case reflect.TypeFor[map[string]string]():
		return `an object of strings such as {"team":"registry"}`
	}
	return wordFor(t)
}

// clipped returns the beginning of a value, to be shown.
func clipped(value json.RawMessage) string {
	const most = 40
	if len(value) <= most {
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:most]), "") + "…"
}
