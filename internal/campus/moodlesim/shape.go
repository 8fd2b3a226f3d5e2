package moodlesim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A shape is what a parameter may look like. Moodle compares what came with
// what its cleaning would make of it: a difference refuses the whole call.
type shape interface {
	// complaint says what is against v, in the words that Moodle shows with site
	// debugging on; empty if there is nothing.
	complaint(v value) string
}

// A scalar accepts a single text that passes its test.
type scalar struct {
	kind string // in Moodle's words
	test func(text string) bool
}

func (s scalar) complaint(v value) string {
	switch {
	case v.array != nil:
		return "Scalar type expected, array or object received."
	case !s.test(v.text):
		return fmt.Sprintf("Invalid external api parameter: the value is %q, the server was expecting %q type", v.text, s.kind)
	default:
		return ""
	}
}

// A list accepts an array whose elements all have one shape.
type list struct{ of shape }

func (l list) complaint(v value) string {
	if v.array == nil {
		return onlyArrays(v)
	}
	for _, key := range v.array.keys {
		if complaint := l.of.complaint(v.array.values[key]); complaint != "" {
			return complaint
		}
	}
	return ""
}

func onlyArrays(v value) string { return "Only arrays accepted. The bad value is: '" + v.text + "'" }

// A structure accepts an array with these fields, and no others.
type structure []field

type field struct {
	name     string
	shape    shape
	optional bool
}

func (s structure) complaint(v value) string {
	if v.array == nil {
		return onlyArrays(v)
	}
	for _, f := range s {
		if complaint := f.complaint(v.array); complaint != "" {
			return complaint
		}
	}
	var unexpected []string
	for _, key := range v.array.keys {
		if !slices.ContainsFunc(s, func(f field) bool { return f.name == key }) {
			unexpected = append(unexpected, key)
		}
	}
	if unexpected == nil {
		return ""
	}
	return "Unexpected keys (" + strings.Join(unexpected, ",") + ") detected in parameter array."
}

func (f field) complaint(within *array) string {
	v, ok := within.values[f.name]
	switch {
	case !ok && f.optional:
		return ""
	case !ok:
		return "Missing required key in single structure: " + f.name
	}
	if complaint := f.shape.complaint(v); complaint != "" {
		return f.name + " => " + errParameter.message + ": " + complaint
	}
	return ""
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
	anyText  = scalar{"raw", func(string) bool { return true }}
	noTags   = scalar{"notags", func(s string) bool { return !tags.MatchString(s) }}
	integer  = scalar{"int", isInteger}
	boolean  = scalar{"bool", func(s string) bool { return s == "0" || s == "1" }}
	letters  = scalar{"alpha", alpha.MatchString}
	username = scalar{"username", usernames.MatchString}
	authName = scalar{"auth", func(s string) bool { return s == "manual" || s == "oauth2" || s == "nologin" || s == "email" }}
	language = scalar{"lang", func(s string) bool { return s == "" || s == "en" }}
	trimmed  = scalar{"email", func(s string) bool { return strings.TrimSpace(s) == s }}
)

func isInteger(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && strconv.Itoa(n) == s
}

var (
	tags      = regexp.MustCompile(`<[^\s0-9]`)
	alpha     = regexp.MustCompile(`^[a-zA-Z]*$`)
	usernames = regexp.MustCompile(`^[-.@_a-z0-9]*$`)
	emails    = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]+$`)
)
