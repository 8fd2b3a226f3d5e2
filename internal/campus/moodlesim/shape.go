package moodlesim

import (
	"regexp"
	"strconv"
	"strings"
)

// A shape is what a parameter may look like. Moodle compares what came with
// what its cleaning would make of it: a difference refuses the whole call.
type shape interface {
	accepts(v value) bool
}

// A scalar accepts a single text that passes its test.
type scalar func(text string) bool

func (s scalar) accepts(v value) bool { return v.array == nil && s(v.text) }

// A list accepts an array whose elements all have one shape.
type list struct{ of shape }

func (l list) accepts(v value) bool {
	if v.array == nil {
		return false
	}
	for _, element := range v.array.values {
		if !l.of.accepts(element) {
			return false
		}
	}
	return true
}

// A structure accepts an array with these fields, and no others.
type structure []field

type field struct {
	name     string
	shape    shape
	optional bool
}

func (s structure) accepts(v value) bool {
	if v.array == nil {
		return false
	}
	known := 0
	for _, f := range s {
		inner, ok := v.array.values[f.name]
		if ok {
			known++
		}
		if ok && !f.shape.accepts(inner) || !ok && !f.optional {
			return false
		}
	}
	return known == len(v.array.values)
}

func required(s shape, names ...string) structure { return named(s, false, names) }
func optional(s shape, names ...string) structure { return named(s, true, names) }

func named(s shape, optional bool, names []string) structure {
	var fields structure
	for _, name := range names {
		fields = append(fields, field{name, s, optional})
	}
	return fields
}

// fields puts several groups of fields together.
func fields(groups ...structure) structure {
	var all structure
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// The scalars that Moodle's parameters are declared with.
var (
	anyText  scalar = func(string) bool { return true }
	noTags   scalar = func(s string) bool { return !tags.MatchString(s) }
	integer  scalar = func(s string) bool { n, err := strconv.Atoi(s); return err == nil && strconv.Itoa(n) == s }
	boolean  scalar = func(s string) bool { return s == "0" || s == "1" }
	letters  scalar = func(s string) bool { return alpha.MatchString(s) }
	username scalar = func(s string) bool { return usernames.MatchString(s) }
	authName scalar = func(s string) bool { return s == "manual" || s == "oauth2" || s == "nologin" || s == "email" }
	language scalar = func(s string) bool { return s == "" || s == "en" }
	trimmed  scalar = func(s string) bool { return strings.TrimSpace(s) == s }
)

var (
	tags      = regexp.MustCompile(`<[^\s0-9]`)
	alpha     = regexp.MustCompile(`^[a-zA-Z]*$`)
	usernames = regexp.MustCompile(`^[-.@_a-z0-9]*$`)
	emails    = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]+$`)
)
