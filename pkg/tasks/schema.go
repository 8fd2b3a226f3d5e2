package tasks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Schema returns the JSON Schema (draft 2020-12) of A, from its json, doc and
// secret tags. A must be a struct of strings, numbers, booleans, [time.Time], slices,
// maps by string, pointers and structs of these; anything else panics, which a
// programmer sees when the worker starts.
func Schema[A any]() json.RawMessage {
	t := reflect.TypeFor[A]()
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("tasks: arguments must be a struct, not %s", t))
	}
	raw, err := json.Marshal(schemaOf(t))
	if err != nil {
		panic(fmt.Sprintf("tasks: schema of %s: %v", t, err))
	}
	return raw
}

// A schema is the part of JSON Schema that arguments need.
type schema struct {
	Type        string             `json:"type"`
	Format      string             `json:"format,omitempty"`
	Description string             `json:"description,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"` // false, or the schema of a map's values
	WriteOnly   bool               `json:"writeOnly,omitempty"`            // it is secret
}

// field is one argument as JSON knows it.
type field struct {
	name, doc string
	required  bool
	secret    bool
	kind      reflect.Type
}

func (f field) describe() string {
	if f.doc != "" {
		return f.doc
	}
	return typeWord(f.kind)
}

// fields returns the arguments that t declares, embedded structs included.
func fields(t reflect.Type) []field {
	if t.Kind() != reflect.Struct {
		return nil
	}
	var all []field
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			all = append(all, fields(f.Type)...)
		default:
			if name == "" {
				name = f.Name
			}
			optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") || f.Type.Kind() == reflect.Pointer
			all = append(all, field{name, f.Tag.Get("doc"), !optional, isSecret(f), f.Type})
		}
	}
	return all
}

// isSecret reports whether a field has the tag secret:"true". Any other value
// panics: a secret that is shown because of a slip is found too late.
func isSecret(f reflect.StructField) bool {
	switch value, tagged := f.Tag.Lookup("secret"); {
	case !tagged || value == "false":
		return false
	case value == "true":
		return true
	}
	panic(fmt.Sprintf("tasks: the tag secret of field %s must be \"true\" or \"false\"", f.Name))
}

func schemaOf(t reflect.Type) *schema {
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &schema{Type: "integer"}
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Slice:
		return &schema{Type: "array", Items: schemaOf(t.Elem())}
	case reflect.Map:
		return &schema{Type: "object", Additional: schemaOf(t.Elem())}
	case reflect.Struct:
		return structSchema(t)
	}
	panic(fmt.Sprintf("tasks: an argument cannot be of type %s", t))
}

func structSchema(t reflect.Type) *schema {
	if t == reflect.TypeFor[time.Time]() {
		return &schema{Type: "string", Format: "date-time"}
	}
	s := &schema{Type: "object", Properties: map[string]*schema{}, Additional: false}
	for _, f := range fields(t) {
		property := schemaOf(f.kind)
		property.Description, property.WriteOnly = f.doc, f.secret
		s.Properties[f.name] = property
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

// typeWord says what t is to somebody who types arguments.
func typeWord(t reflect.Type) string {
	s := schemaOf(t)
	switch {
	case s.Format == "date-time":
		return "a time such as 2026-09-01T08:00:00Z"
	case s.Type == "integer":
		return "a whole number"
	case s.Type == "boolean":
		return "true or false"
	case s.Type == "array":
		return "a list"
	case s.Type == "object":
		return "an object"
	}
	return "a " + s.Type
}
