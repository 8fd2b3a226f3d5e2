package tasks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// strictUnmarshal decodes raw, which must be one JSON object, into dst. Its
// errors are one line that names the field and says what is right.
func strictUnmarshal(raw json.RawMessage, dst any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		return explain(err, reflect.TypeOf(dst).Elem())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("arguments must be one JSON object, and there is more after it")
	}
	return missing(raw, reflect.TypeOf(dst).Elem())
}

func explain(err error, args reflect.Type) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return fmt.Errorf("arguments must be a JSON object, not %s", article(wrong.Value))
		}
		if secretAt(args, wrong.Field) {
			return fmt.Errorf("argument %s must be %s; what it is now is secret", wrong.Field, typeWord(wrong.Type))
		}
		return fmt.Errorf("argument %s must be %s, not %s", wrong.Field, typeWord(wrong.Type), article(wrong.Value))
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("there is no argument %s; %s", strings.Trim(field, `"`), known(args))
	}
	return fmt.Errorf("arguments are not valid JSON: %w", err)
}

// secretAt reports whether an argument is secret, or a part of one that is.
func secretAt(args reflect.Type, path string) bool {
	name, rest, _ := strings.Cut(path, ".")
	for k := args.Kind(); k == reflect.Pointer || k == reflect.Slice || k == reflect.Map; k = args.Kind() {
		args = args.Elem()
	}
	for _, f := range fields(args) {
		if f.name == name {
			return f.secret || rest != "" && secretAt(f.kind, rest)
		}
	}
	return false
}

func article(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// requiredFields remembers the required fields of each type of arguments.
var requiredFields sync.Map // reflect.Type -> []field

func requiredOf(args reflect.Type) []field {
	if all, ok := requiredFields.Load(args); ok {
		return all.([]field)
	}
	var all []field
	for _, f := range fields(args) {
		if f.required {
			all = append(all, f)
		}
	}
	requiredFields.Store(args, all)
	return all
}

// missing reports the first required field that raw lacks.
func missing(raw json.RawMessage, args reflect.Type) error {
	if raw = bytes.TrimLeft(raw, " \t\r\n"); len(raw) == 0 || raw[0] != '{' {
		return errors.New("arguments must be a JSON object")
	}
	required := requiredOf(args)
	if len(required) == 0 {
		return nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return errors.New("arguments must be a JSON object")
	}
	for _, f := range required {
		if _, ok := given[f.name]; !ok {
			return fmt.Errorf("argument %s is required: %s", f.name, f.describe())
		}
	}
	return nil
}

func known(args reflect.Type) string {
	var names []string
	for _, f := range fields(args) {
		names = append(names, f.name)
	}
	if len(names) == 0 {
		return "this task takes none"
	}
	slices.Sort(names)
	return "this task takes " + strings.Join(names, ", ")
}
