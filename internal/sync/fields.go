package sync

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Hidden stands for what names a person, where whoever looks may not see it.
const Hidden = "•••"

// personal are the fields of records that name a person; keys of the SIS do not.
var personal = map[string]bool{"username": true, "email": true, "given": true, "family": true}

// FieldsOf returns what a record says, and what it said before. Either may be
// empty; a record that is gone says nothing any more.
func FieldsOf(now, before json.RawMessage) (fields []Field) {
	is, was := read(now), read(before)
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, name := range slices.SortedFunc(maps.Keys(all), asPeopleRead) {
		f := Field{Name: name, Value: is[name], Was: was[name], Personal: personal[name]}
		f.Changed = len(was) > 0 && f.Value != f.Was
		if !f.Changed {
			f.Was = ""
		}
		fields = append(fields, f)
	}
	return fields
}

// fieldOrder is how people read a record: what it is before what it says.
var fieldOrder = []string{
	"key", "section", "person", "role", "title", "code", "course", "terms", "school", "kind", "parent",
	"username", "given", "family", "email", "roles", "enabled", "start", "begin", "end", "provider", "extract", "zone",
}

func asPeopleRead(a, b string) int {
	i, j := slices.Index(fieldOrder, a), slices.Index(fieldOrder, b)
	if i >= 0 && j >= 0 {
		return i - j
	}
	if i != j {
		return j - i // one of them is not known, and comes last
	}
	return strings.Compare(a, b)
}

// read returns the fields of a record as text. What is no object has none.
func read(record json.RawMessage) map[string]string {
	var raw map[string]any
	fields := map[string]string{}
	if json.Unmarshal(record, &raw) != nil {
		return fields
	}
	for name, value := range raw {
		fields[name] = textOf(value)
	}
	return fields
}

func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case []any:
		parts := make([]string, len(value))
		for i, one := range value {
			parts[i] = textOf(one)
		}
		return strings.Join(parts, ", ")
	case nil:
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// HideFields returns the fields without what names a person. Whether it has
// changed stays.
func HideFields(fields []Field) []Field {
	hidden := slices.Clone(fields)
	for i, f := range hidden {
		if !f.Personal {
			continue
		}
		hidden[i].Value = veiled(f.Value)
		hidden[i].Was = veiled(f.Was)
	}
	return hidden
}

func veiled(text string) string {
	if text == "" {
		return ""
	}
	return Hidden
}

// HideBody returns a record, or what an effect shows of an account, without what
// names a person.
func HideBody(record json.RawMessage) json.RawMessage {
	var raw map[string]any
	if json.Unmarshal(record, &raw) != nil {
		return record
	}
	for name, value := range raw {
		if text, is := value.(string); personal[name] && is {
			raw[name] = veiled(text)
		}
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return record
	}
	return text
}

// HideEffect returns an effect without what names a person. Which of that
// changes stays.
func HideEffect(e Effect) Effect {
	was, is := read(e.Before), read(e.After)
	e.Before, e.After = HideBody(e.Before), HideBody(e.After)
	var after map[string]any
	if json.Unmarshal(e.After, &after) != nil || len(was) == 0 {
		return e
	}
	for name := range after {
		if personal[name] && is[name] != was[name] && is[name] != "" {
			after[name] = Hidden + " (changed)"
		}
	}
	if text, err := json.Marshal(after); err == nil {
		e.After = text
	}
	return e
}
