package job

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Mask stands for the value of an argument that is secret.
const Mask = "•••"

// secretWords are parts of the names of fields that hold secrets.
var secretWords = []string{"password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "privatekey", "authorization", "cookie"}

// SecretName reports whether a field of that name holds a secret, whoever
// declares it.
func SecretName(name string) bool {
	name = strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// Secrets are which arguments of a task are secret: those that its schema marks
// as writeOnly, and those with a [SecretName]. The zero Secrets are those of a
// task of which nothing is known: every argument is one.
type Secrets struct{ root *shape }

// SecretsOf reads the JSON Schema of a task's arguments. Where it cannot be
// read, every argument is secret.
func SecretsOf(schema json.RawMessage) Secrets {
	var root *shape
	if json.Unmarshal(schema, &root) != nil {
		return Secrets{}
	}
	return Secrets{root}
}

// A shape is the part of a JSON Schema that tells secrets.
type shape struct {
	Secret     bool              `json:"writeOnly"`
	Properties map[string]*shape `json:"properties"`
	Items      *shape            `json:"items"`
	Additional *shape            `json:"additionalProperties"`
	none       bool              // there can be nothing
}

// closed is the shape of what nothing is known of.
var closed = &shape{Additional: &shape{Secret: true}}

// UnmarshalJSON reads a schema; one that is true or false tells of no secrets.
func (s *shape) UnmarshalJSON(raw []byte) error {
	type plain shape
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' {
		s.none = bytes.Equal(trimmed, []byte("false"))
		return nil
	}
	return json.Unmarshal(raw, (*plain)(s))
}

func (s Secrets) shape() *shape {
	if s.root == nil {
		return closed
	}
	return s.root
}

// field returns the shape of a field, nil if nothing is said of it. Names that
// differ in case are one, as they are for the task.
func (s *shape) field(name string) *shape {
	if s == nil {
		return nil
	}
	if exact := s.Properties[name]; exact != nil {
		return exact
	}
	for other, part := range s.Properties {
		if strings.EqualFold(other, name) {
			return part
		}
	}
	return s.Additional
}

func (s *shape) items() *shape {
	if s == nil {
		return nil
	}
	return s.Items
}

func (s *shape) secret() bool { return s != nil && s.Secret }

// has reports whether there is a secret in s, or may be one.
func (s *shape) has() bool {
	if s == nil {
		return false
	}
	for name, part := range s.Properties {
		if SecretName(name) || part.has() {
			return true
		}
	}
	return s.Secret || s.Additional != nil || s.Items.has()
}

// Hold reports whether an argument is secret, is a part of one, or contains
// one. It is named by the steps that lead to it.
func (s Secrets) Hold(steps []string) bool {
	at := s.shape()
	for _, step := range steps {
		next := at.field(step)
		if at.items() != nil {
			next = at.items()
		}
		if at = next; at.secret() || SecretName(step) {
			return true
		}
	}
	return at.has()
}

// Names are the names of the arguments that the schema marks, at any depth.
func (s Secrets) Names() []string { return s.root.names(nil) }

func (s *shape) names(all []string) []string {
	if s == nil {
		return all
	}
	for name, part := range s.Properties {
		if part.secret() {
			all = append(all, name)
		}
		all = part.names(all)
	}
	return s.Additional.names(s.Items.names(all))
}

// Any reports whether an argument is secret, or may be.
func (s Secrets) Any() bool { return s.shape().any() }

func (s *shape) any() bool {
	if s == nil || s.none {
		return false
	}
	for name, part := range s.Properties {
		if SecretName(name) || part.any() {
			return true
		}
	}
	return s.Secret || s.Items.any() || s.Additional != nil && !s.Additional.none
}

// Values are the secrets in arguments: texts, and numbers as they are written.
func (s Secrets) Values(args json.RawMessage) (values []string) {
	s.shape().walk(decoded(args), nil, func(_ string, value, _ any) any {
		values = leaves(values, value)
		return value
	}, "")
	return values
}

// leaves adds the texts and numbers in v to all.
func leaves(all []string, v any) []string {
	switch v := v.(type) {
	case string:
		all = append(all, v)
	case json.Number:
		all = append(all, v.String())
	case []any:
		for _, part := range v {
			all = leaves(all, part)
		}
	case map[string]any:
		for _, part := range v {
			all = leaves(all, part)
		}
	}
	return all
}

// Masked returns arguments with [Mask] in place of secrets.
func (s Secrets) Masked(args json.RawMessage) json.RawMessage {
	return s.changed(args, nil, func(_, _ any) any { return Mask })
}

// Restored returns arguments in which secrets are as in kept wherever they are
// [Mask]: who edits what was shown to them changes no secret that they did not
// type anew. In a list that is where the element at the same place is the same
// but for its secrets and none was added or taken away: elsewhere nobody can tell
// whose secret a [Mask] stands for, and it stays.
func (s Secrets) Restored(args, kept json.RawMessage) json.RawMessage {
	return s.changed(args, decoded(kept), func(value, old any) any {
		if value == Mask && old != nil {
			return old
		}
		return value
	})
}

// MaskIn returns the name of a secret that is [Mask], which is no value of one;
// empty if there is none.
func (s Secrets) MaskIn(args json.RawMessage) (name string) {
	s.shape().walk(decoded(args), nil, func(path string, value, _ any) any {
		if value == Mask {
			name = path
		}
		return value
	}, "")
	return name
}

// changed returns arguments with every secret as change makes it of its value
// and of the one at the same place in others. Arguments without a secret stay as
// they are written.
func (s Secrets) changed(args json.RawMessage, others any, change func(value, other any) any) json.RawMessage {
	if len(args) == 0 {
		return args
	}
	value := decoded(args)
	if value == nil && !bytes.Equal(bytes.TrimSpace(args), []byte("null")) {
		return encoded(Mask) // nobody can tell what of it is a secret
	}
	found := false
	value = s.shape().walk(value, others, func(_ string, value, other any) any {
		found = true
		return change(value, other)
	}, "")
	if !found {
		return args
	}
	return encoded(value)
}

// walk returns v with its secrets changed.
func (s *shape) walk(v, other any, change func(path string, value, other any) any, path string) any {
	switch v := v.(type) {
	case map[string]any:
		others, _ := other.(map[string]any)
		for name, value := range v {
			if part := s.field(name); part.secret() || SecretName(name) {
				v[name] = change(joined(path, name), value, others[name])
			} else {
				v[name] = part.walk(value, others[name], change, joined(path, name))
			}
		}
	case []any:
		others, _ := other.([]any)
		for i, value := range v {
			var twin any
			if len(others) == len(v) && s.items().alike(value, others[i]) {
				twin = others[i]
			}
			v[i] = s.items().element(value, twin, change, path)
		}
	}
	return v
}

// alike reports whether values are the same but for their secrets.
func (s *shape) alike(v, other any) bool {
	if s.secret() {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		others, ok := other.(map[string]any)
		return ok && len(v) == len(others) && s.sameFields(v, others)
	case []any:
		others, ok := other.([]any)
		return ok && slices.EqualFunc(v, others, s.items().alike)
	}
	return v == other
}

func (s *shape) sameFields(fields, others map[string]any) bool {
	for name, value := range fields {
		other, there := others[name]
		if !there || !SecretName(name) && !s.field(name).alike(value, other) {
			return false
		}
	}
	return true
}

// element is walk of one item of a list.
func (s *shape) element(v, other any, change func(path string, value, other any) any, path string) any {
	if s.secret() {
		return change(path, v, other)
	}
	return s.walk(v, other, change, path)
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// decoded reads JSON with numbers as they are written; nil if it is none.
func decoded(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return nil
	}
	return v
}

func encoded(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return json.RawMessage(`"` + Mask + `"`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
