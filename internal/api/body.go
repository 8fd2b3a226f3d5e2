package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"
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
		if wrong.Field == "" {
			return fault.New(fault.Invalid, "The body must be a JSON object, not %s.", article(wrong.Value))
		}
		return fault.New(fault.Invalid, "Field %s must be %s, not %s.", wrong.Field, wordFor(wrong.Type), article(wrong.Value)).In(wrong.Field)
	}
	if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		return notATime(raw, ", not "+wrong.Value)
	}
	if strings.HasPrefix(err.Error(), "Time.UnmarshalJSON") {
		return notATime(raw, "")
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		field = strings.Trim(field, `"`)
		return fault.New(fault.Invalid, "There is no field %s; this request takes %s.", field, fieldNames(dst)).In(field)
	}
	return fault.New(fault.Invalid, "The body is not valid JSON: %s.", strings.TrimPrefix(err.Error(), "json: "))
}

// notATime names the field of the body that is to be a time and is none.
func notATime(raw []byte, not string) error {
	var times struct{ At, Expires json.RawMessage }
	_ = json.Unmarshal(raw, &times) // it is an object, or there were no times in it
	field := "expires"
	if len(times.At) > 0 && json.Unmarshal(times.At, new(time.Time)) != nil {
		field = "at"
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
	}
	return "an object"
}

// fieldNames lists what the body may hold, which dst points to.
func fieldNames(dst any) string {
	var names []string
	for field := range reflect.TypeOf(dst).Elem().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// nothing is the body of a request that needs no words.
type nothing struct{}
