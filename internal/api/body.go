package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// maxBody bounds what a request may carry.
const maxBody = 1 << 20

// decode reads the request's body, one JSON object, into dst. An empty body is
// an empty object. Its errors are one line that names the field and says what
// is right.
func decode(w http.ResponseWriter, r *http.Request, dst any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return unreadable(err)
	}
	return parse(raw, dst)
}

// parse reads raw, one JSON object, into dst, as decode does.
func parse(raw []byte, dst any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if !utf8.Valid(raw) {
		return fault.New(fault.Invalid, "The body must be UTF-8 text.")
	}
	if bytes.Contains(raw, []byte(`\u0000`)) {
		return fault.New(fault.Invalid, `The body holds a NUL character (\u0000), which cannot be stored.`)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		return explain(err, raw, dst)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "The body must be one JSON object, and there is more after it.")
	}
	return nil
}

func unreadable(err error) error {
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return fault.New(fault.Invalid, "The body is longer than 1 MiB, the most that is accepted.")
	}
	return fault.New(fault.Invalid, "The body ended before it was complete.").Because(err)
}

func explain(err error, raw []byte, dst any) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := jsonPath(wrong.Field)
		if field == "" {
			return fault.New(fault.Invalid, "The body must be a JSON object, not %s.", article(wrong.Value))
		}
		return fault.New(fault.Invalid, "Field %s must be %s, not %s.", field, wordFor(wrong.Type), article(wrong.Value)).In(field)
	}
	if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		return notATime(raw, dst, ", not "+wrong.Value)
	}
	if strings.HasPrefix(err.Error(), "Time.UnmarshalJSON") {
		return notATime(raw, dst, "")
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		field = strings.Trim(field, `"`)
		return fault.New(fault.Invalid, "There is no field %s; this request takes %s.", field, fieldNames(dst)).In(field)
	}
	return fault.New(fault.Invalid, "The body is not valid JSON: %s.", strings.TrimPrefix(err.Error(), "json: "))
}

// jsonPath returns where a field is for somebody who writes JSON, without the
// Go types that it is embedded in.
func jsonPath(field string) string {
	steps := slices.DeleteFunc(strings.Split(field, "."), func(step string) bool { return step != "" && unicode.IsUpper(rune(step[0])) })
	return strings.Join(steps, ".")
}

// notATime names the field of the body that is to be a time and is none.
func notATime(raw []byte, dst any, not string) error {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(raw, &given) // it is an object, or there were no times in it
	var field string
	for name, kind := range fieldsOf(reflect.TypeOf(dst).Elem()) {
		if kind == reflect.TypeFor[time.Time]() && len(given[name]) > 0 && json.Unmarshal(given[name], new(time.Time)) != nil {
			field = name
			break
		}
	}
	return fault.New(fault.Invalid, "Field %s must be a time such as 2026-09-01T08:00:00Z%s.", field, not).In(field)
}

// wordFor says what t is to somebody who writes JSON.
func wordFor(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}

// fieldNames lists what the body may hold, which dst points to.
func fieldNames(dst any) string {
	var names []string
	for name := range fieldsOf(reflect.TypeOf(dst).Elem()) {
		names = append(names, name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// fieldsOf are the JSON names of a type's fields, with their types.
func fieldsOf(t reflect.Type) iter.Seq2[string, reflect.Type] {
	return func(yield func(string, reflect.Type) bool) {
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.Anonymous && name != "-" && !yield(name, f.Type) {
				return
			}
		}
	}
}

// nothing is the body of a request that needs no words.
type nothing struct{}
