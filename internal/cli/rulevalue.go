package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// fields are fields of a schedule's rule, by JSON name.
type fields map[string]json.RawMessage

// ruleTypes are the Go types of a rule's fields, by JSON name.
func ruleTypes() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	names := job.RuleFields()
	for i, f := range slices.Collect(reflect.TypeFor[client.Rule]().Fields()) {
		types[names[i]] = f.Type
	}
	return types
}

// valueOf returns what a YAML node, which may be JSON, says of a rule's field.
func valueOf(field string, n *yaml.Node) (json.RawMessage, error) {
	kind, ok := ruleTypes()[field]
	if !ok {
		return nil, fmt.Errorf("there is no field %q; a rule has %s", field, strings.Join(job.RuleFields(), ", "))
	}
	var v any
	var err error
	switch kind {
	case reflect.TypeFor[json.RawMessage]():
		v, err = objectOf(n)
	case reflect.TypeFor[job.Seconds]():
		v, err = secondsOf(n)
	default:
		v = reflect.New(kind).Interface()
		if err = n.Decode(v); err != nil {
			err = errors.New("must be " + kindWord(kind))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("field %s %w", field, err)
	}
	return json.Marshal(v)
}

// objectOf reads the arguments of a task.
func objectOf(n *yaml.Node) (json.RawMessage, error) {
	var object map[string]any
	if n.Kind != yaml.MappingNode || n.Decode(&object) != nil {
		return nil, errors.New(`must be an object, such as {"school": "17"}`)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, errors.New("must be what JSON can hold")
	}
	return raw, nil
}

// secondsOf reads a duration as people write it, or a number of seconds.
func secondsOf(n *yaml.Node) (job.Seconds, error) {
	if d, err := time.ParseDuration(n.Value); n.Kind == yaml.ScalarNode && err == nil {
		return job.Seconds(d), nil
	}
	var seconds float64
	if n.Decode(&seconds) != nil {
		return 0, errors.New("must be a duration such as 90s or 10m, or a number of seconds")
	}
	return job.Seconds(seconds * float64(time.Second)), nil
}

func kindWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Pointer:
		return "a time such as 2026-09-01T08:00:00Z"
	case reflect.Map:
		return "names with values, such as {team: finance}"
	}
	return "text"
}

// valueIn is [valueOf] of what was typed after a flag.
func valueIn(field, typed string) (json.RawMessage, error) {
	kind := ruleTypes()[field]
	switch {
	case kind == nil || kind.Kind() == reflect.String || kind == reflect.TypeFor[job.Seconds]():
		return valueOf(field, &yaml.Node{Kind: yaml.ScalarNode, Value: typed})
	case kind.Kind() == reflect.Pointer:
		if t, ok := asTime(typed); ok {
			return json.Marshal(t)
		}
	case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.String && !strings.HasPrefix(typed, "["):
		return json.Marshal(strings.FieldsFunc(typed, func(c rune) bool { return c == ',' || c == ' ' }))
	case kind.Kind() == reflect.Map && !strings.HasPrefix(typed, "{"):
		typed = "{" + strings.ReplaceAll(strings.ReplaceAll(typed, "=", ": "), ",", ", ") + "}"
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(typed), &doc); err != nil || len(doc.Content) == 0 {
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: typed}}}
	}
	return valueOf(field, doc.Content[0])
}

// shown is a field's value as a table has room for it.
func shown(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// ruleOf returns a rule as fields, without those that are empty.
func ruleOf(r client.Rule) (all fields, err error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("read a rule by field: %w", err)
	}
	if err = json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read a rule by field: %w", err)
	}
	return all, nil
}
