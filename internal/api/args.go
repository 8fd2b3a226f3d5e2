package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// CheckArgs holds a job's arguments against the schema that the task declares,
// before anything is enqueued. What is wrong is said in the words that the
// task itself would use, in one line that names the argument.
func CheckArgs(schema, args json.RawMessage) error {
	compiled, err := compile(schema)
	if err != nil {
		return fmt.Errorf("read the task's schema: %w", err)
	}
	return fits(compiled, args)
}

// fits is CheckArgs with a schema that is compiled already.
func fits(compiled *jsonschema.Schema, args json.RawMessage) error {
	given, err := jsonschema.UnmarshalJSON(bytes.NewReader(args))
	if err != nil {
		return fault.New(fault.Invalid, "arguments are not valid JSON: %v", err).In("args")
	}
	err = compiled.Validate(given)
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return sentence(compiled, firstCause(invalid), given)
	}
	if err != nil {
		return fmt.Errorf("check the arguments: %w", err)
	}
	return checkNumbers(compiled, nil, given)
}

func compile(schema json.RawMessage) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: checkTime})
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

// checkTime is as strict as the task that will read the time.
func checkTime(v any) error {
	text, ok := v.(string)
	if !ok {
		return nil
	}
	return new(time.Time).UnmarshalText([]byte(text))
}

// firstCause returns the innermost thing that is wrong, the same one each time:
// what must not be there before what is missing.
func firstCause(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	for len(e.Causes) > 0 {
		e = slices.MinFunc(e.Causes, func(a, b *jsonschema.ValidationError) int {
			if order := rank(a) - rank(b); order != 0 {
				return order
			}
			return strings.Compare(dotted(a.InstanceLocation), dotted(b.InstanceLocation))
		})
	}
	return e
}

func rank(e *jsonschema.ValidationError) int {
	switch e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return 0
	case *kind.Required:
		return 2
	}
	return 1
}

func dotted(location []string) string { return strings.Join(location, ".") }

// sentence says what e is to somebody who typed arguments.
func sentence(root *jsonschema.Schema, e *jsonschema.ValidationError, args any) error {
	where, at := e.InstanceLocation, dotted(e.InstanceLocation)
	schema := schemaAt(root, where)
	if isSecret(root, where) {
		return wrong(at, "argument %s must be %s; what it is now is secret", at, typeWord(schema))
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		slices.Sort(k.Properties)
		name := dotted(append(slices.Clone(where), k.Properties[0]))
		return wrong(name, "there is no argument %s; %s", name, known(schema))
	case *kind.Required:
		name := k.Missing[0]
		full := dotted(append(slices.Clone(where), name))
		return wrong(full, "argument %s is required: %s", full, describe(schemaAt(schema, []string{name})))
	case *kind.Type:
		if len(where) == 0 {
			return wrong("args", "arguments must be a JSON object, not %s", article(k.Got))
		}
		return wrong(at, "argument %s must be %s, not %s", at, typeWord(schema), article(typeName(k.Got, schema, valueAt(args, where))))
	case *kind.Format:
		return wrong(at, "argument %s must be %s, not %q", at, typeWord(schema), k.Got)
	}
	return wrong(at, "argument %s must be %s", at, typeWord(schema))
}

// isSecret reports whether what is at a place of the arguments is not to be
// quoted.
func isSecret(root *jsonschema.Schema, location []string) bool {
	for i, step := range location {
		if s := schemaAt(root, location[:i+1]); s != nil && s.WriteOnly || job.SecretName(step) {
			return true
		}
	}
	return false
}

func wrong(field, format string, args ...any) error {
	return fault.New(fault.Invalid, format, args...).In(field)
}

// schemaAt returns the schema of a part of the arguments; nil where it is not
// described.
func schemaAt(s *jsonschema.Schema, location []string) *jsonschema.Schema {
	for _, step := range location {
		switch {
		case s == nil:
			return nil
		case s.Properties[step] != nil:
			s = s.Properties[step]
		case s.Items2020 != nil:
			s = s.Items2020
		default:
			s, _ = s.AdditionalProperties.(*jsonschema.Schema)
		}
	}
	return s
}

func valueAt(v any, location []string) any {
	for _, step := range location {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[step]
	}
	return v
}

func known(s *jsonschema.Schema) string {
	if s == nil || len(s.Properties) == 0 {
		return "this task takes none"
	}
	return "this task takes " + strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", ")
}

func describe(s *jsonschema.Schema) string {
	if s != nil && s.Description != "" {
		return s.Description
	}
	return typeWord(s)
}

// typeWord says what an argument has to be.
func typeWord(s *jsonschema.Schema) string {
	if s == nil || s.Types == nil {
		return "something else"
	}
	if s.Format != nil && s.Format.Name == "date-time" {
		return "a time such as 2026-09-01T08:00:00Z"
	}
	switch types := s.Types.ToStrings(); types[0] {
	case "integer":
		return "a whole number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	default:
		return "a " + types[0]
	}
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// typeName names a JSON value as Go's decoder does, which has the same to say
// in a worker.
func typeName(got string, wanted *jsonschema.Schema, value any) string {
	n, isNumber := value.(json.Number)
	switch {
	case got == "boolean":
		return "bool"
	case isNumber && typeWord(wanted) == "a whole number":
		return "number " + n.String()
	case isNumber:
		return "number"
	}
	return got
}

var wholeNumber = regexp.MustCompile(`^-?\d{1,18}$`)

// checkNumbers refuses what JSON Schema takes for numbers and no task can
// read: 1.0 and 1e3 where a whole number is wanted, and 1e999 anywhere.
func checkNumbers(s *jsonschema.Schema, at []string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if err := checkNumbers(schemaAt(s, []string{name}), append(at, name), v[name]); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range v {
			index := strconv.Itoa(i)
			if err := checkNumbers(schemaAt(s, []string{index}), append(at, index), item); err != nil {
				return err
			}
		}
	case json.Number:
		switch want := typeWord(s); {
		case readable(v, want):
		case s != nil && s.WriteOnly || isSecret(nil, at):
			return wrong(dotted(at), "argument %s must be %s; what it is now is secret", dotted(at), want)
		default:
			return wrong(dotted(at), "argument %s must be %s, not a number %s", dotted(at), want, v)
		}
	}
	return nil
}

func readable(n json.Number, want string) bool {
	if want == "a whole number" {
		return wholeNumber.MatchString(n.String())
	}
	_, err := n.Float64()
	return err == nil
}
