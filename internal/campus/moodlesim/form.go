package moodlesim

import (
	"net/url"
	"strconv"
	"strings"
)

// A value is what PHP makes of one variable of a form: a text, or an array.
type value struct {
	text  string
	array *array // nil for a text
}

// An array is PHP's: it has keys in the order of their first appearance, and
// counts on from the highest number when a key is left empty.
type array struct {
	keys   []string
	values map[string]value
	next   int
}

func newArray() *array { return &array{values: map[string]value{}} }

// parseForm adds the variables of a form to a, and stops after limit and one:
// what follows is dropped, as PHP drops it.
func (a *array) parseForm(form string, limit int) {
	count := 0
	for pair := range strings.SplitSeq(form, "&") {
		if pair == "" {
			continue
		}
		if count++; count > limit+1 {
			return
		}
		name, text, _ := strings.Cut(pair, "=")
		if keys := path(unescape(name)); keys[0] != "" {
			a.assign(keys, unescape(text))
		}
	}
}

// unescape decodes a form's text; what is not an escape stays as it is.
func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return strings.ReplaceAll(s, "+", " ")
}

// path splits a[b][c] into its keys. What follows the last bracket is ignored.
func path(name string) []string {
	base, rest, nested := strings.Cut(name, "[")
	keys := []string{base}
	for nested {
		key, after, closed := strings.Cut(rest, "]")
		if !closed && len(keys) == 1 {
			return []string{base + "_" + rest}
		} else if !closed {
			break
		}
		keys = append(keys, key)
		rest, nested = strings.CutPrefix(after, "[")
	}
	return keys
}

// assign sets the value at that path; what was there before is overwritten.
func (a *array) assign(path []string, text string) {
	for _, key := range path[:len(path)-1] {
		key = a.key(key)
		inner := a.values[key].array
		if inner == nil {
			inner = newArray()
			a.set(key, value{array: inner})
		}
		a = inner
	}
	a.set(a.key(path[len(path)-1]), value{text: text})
}

// key returns the key to use: the next number for an empty one.
func (a *array) key(key string) string {
	if key == "" {
		return strconv.Itoa(a.next)
	}
	return key
}

func (a *array) set(key string, v value) {
	if _, known := a.values[key]; !known {
		a.keys = append(a.keys, key)
	}
	a.values[key] = v
	if n, err := strconv.Atoi(key); err == nil && n >= a.next {
		a.next = n + 1
	}
}

// take removes a variable and returns its text.
func (a *array) take(key string) string {
	v := a.values[key]
	a.drop(key)
	return v.text
}

func (a *array) drop(key string) {
	if _, known := a.values[key]; !known {
		return
	}
	delete(a.values, key)
	kept := a.keys[:0]
	for _, k := range a.keys {
		if k != key {
			kept = append(kept, k)
		}
	}
	a.keys = kept
}

func (a *array) has(key string) bool {
	_, ok := a.values[key]
	return ok
}

func (a *array) text(key string) string { return a.values[key].text }

// number returns a variable whose shape is a number; zero if it is not there.
func (a *array) number(key string) int {
	n, _ := strconv.Atoi(a.text(key))
	return n
}

// texts returns the elements of a list of texts.
func (a *array) texts(key string) []string {
	var texts []string
	if list := a.values[key].array; list != nil {
		for _, k := range list.keys {
			texts = append(texts, list.text(k))
		}
	}
	return texts
}

// rows returns the elements of a list of structures.
func (a *array) rows(key string) []*array {
	var rows []*array
	if list := a.values[key].array; list != nil {
		for _, k := range list.keys {
			rows = append(rows, list.values[k].array)
		}
	}
	return rows
}
