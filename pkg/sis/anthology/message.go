package anthology

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A message is what the SIS says of one thing: texts by the names of fields in
// lower case, with those of the objects in it.
type message map[string]string

// field returns what the message says in the field that the SIS calls so.
func (m message) field(name string) string { return m[strings.ToLower(name)] }

// UnmarshalJSON implements [json.Unmarshaler].
func (m *message) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber() // ids keep the form that the SIS gave them
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		return err
	}
	*m = message{}
	m.add(fields)
	return nil
}

// add takes over fields. What stands outside counts before what stands in an
// object.
func (m message) add(fields map[string]any) {
	for name, value := range fields {
		if _, inner := value.(map[string]any); !inner {
			m[strings.ToLower(name)] = textOf(value)
		}
	}
	for _, value := range fields {
		if inner, ok := value.(map[string]any); ok {
			more := message{}
			more.add(inner)
			for name, text := range more {
				if _, known := m[name]; !known {
					m[name] = text
				}
			}
		}
	}
}

// textOf writes a list with commas, and nothing as "".
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = textOf(item)
		}
		return strings.Join(items, ",")
	}
	return fmt.Sprint(value)
}

// An envelope is what stands around messages.
type envelope struct {
	status, result string
}

// read reads an answer and hands every message to visit as it comes. Errors
// of visit are returned as they are.
func (n names) read(body io.Reader, visit func(message) error) error {
	d := json.NewDecoder(body)
	start, err := d.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return errShape
	}
	var e envelope
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := n.member(d, fmt.Sprint(name), &e, visit); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	return e.refusal()
}

var errShape = errors.New("the answer is not an object with a status and a list of messages")

// member reads one member of an answer.
func (n names) member(d *json.Decoder, name string, e *envelope, visit func(message) error) error {
	switch {
	case strings.EqualFold(name, n.fields["Messages"]):
		return each(d, visit)
	case strings.EqualFold(name, n.fields["Status"]):
		return d.Decode(&e.status)
	case strings.EqualFold(name, n.fields["Result"]):
		var result any
		err := d.Decode(&result)
		e.result = textOf(result)
		return err
	}
	var other json.RawMessage
	return d.Decode(&other)
}

func each(d *json.Decoder, visit func(message) error) error {
	start, err := d.Token()
	if err != nil || start == nil {
		return err
	}
	if start != json.Delim('[') {
		return errShape
	}
	for d.More() {
		var m message
		if err := d.Decode(&m); err != nil {
			return err
		}
		if err := visit(m); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// refusal returns why there are no messages. What the SIS says about it is for
// the log: it may be about a person.
func (e envelope) refusal() error {
	switch strings.ToUpper(e.status) {
	case "OK":
		return nil
	case "":
		return errShape
	}
	return &sis.Error{
		Code: "SRC_UNAVAILABLE", Message: "The SIS reports an error instead of messages; its own words are in the log.",
		Temporary: true, Err: errors.New(e.result),
	}
}
