package events

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// quick reads the three events that every job has, many thousands a second,
// without reflection. It reads what our own writers write, and leaves anything
// else, such as text that is not plain ASCII, to encoding/json.
func quick(kind string, body []byte) (Event, bool) {
	switch kind {
	case AttemptStarted{}.Kind():
		var e AttemptStarted
		ok := fields(body, e.read)
		return e, ok
	case AttemptEnded{}.Kind():
		var e AttemptEnded
		ok := fields(body, e.read)
		return e, ok
	case JobEnqueued{}.Kind():
		var e JobEnqueued
		ok := fields(body, e.read)
		return e, ok
	}
	return nil, false
}

func (e *AttemptStarted) read(name, value []byte) bool {
	switch string(name) {
	case "id":
		return text(value, &e.ID)
	case "attempt":
		return number(value, &e.Attempt)
	case "worker":
		return text(value, &e.Worker)
	case "at":
		return moment(value, &e.At)
	}
	return false
}

func (e *AttemptEnded) read(name, value []byte) bool {
	switch string(name) {
	case "id":
		return text(value, &e.ID)
	case "task":
		return text(value, &e.Task)
	case "attempt":
		return number(value, &e.Attempt)
	case "outcome":
		return text(value, &e.Outcome)
	case "error":
		return text(value, &e.Error)
	case "state":
		return text(value, &e.State)
	case "reason":
		return text(value, &e.Reason)
	case "failures":
		return number(value, &e.Failures)
	case "progress":
		return fields(value, func(name, value []byte) bool { return readProgress(&e.Progress, name, value) })
	case "errors":
		return number(value, &e.Errors)
	case "started":
		return moment(value, &e.Started)
	case "at":
		return moment(value, &e.At)
	}
	return false
}

func (e *JobEnqueued) read(name, value []byte) bool {
	return string(name) == "job" && fields(value, func(name, value []byte) bool { return readJob(&e.Job, name, value) })
}

func readJob(j *job.Job, name, value []byte) bool {
	switch string(name) {
	case "id":
		return text(value, &j.ID)
	case "task":
		return text(value, &j.Task)
	case "description":
		return text(value, &j.Description)
	case "client":
		return text(value, &j.Client)
	case "owner":
		return text(value, &j.Owner)
	case "queue":
		return text(value, &j.Queue)
	case "args":
		j.Args = bytes.Clone(value)
		return json.Valid(value)
	case "state":
		return text(value, &j.State)
	case "progress":
		return fields(value, func(name, value []byte) bool { return readProgress(&j.Progress, name, value) })
	case "errors":
		return number(value, &j.Errors)
	case "attempt":
		return number(value, &j.Attempt)
	case "failures":
		return number(value, &j.Failures)
	case "parent":
		return text(value, &j.Parent)
	case "root":
		return text(value, &j.Root)
	case "trace":
		return text(value, &j.Trace)
	case "tags":
		return json.Unmarshal(value, &j.Tags) == nil
	case "due":
		return moment(value, &j.Due)
	case "created":
		return moment(value, &j.Created)
	}
	return false
}

func readProgress(p *job.Progress, name, value []byte) bool {
	switch string(name) {
	case "stage":
		return text(value, &p.Stage)
	case "done":
		return number(value, &p.Done)
	case "total":
		return number(value, &p.Total)
	case "created":
		return number(value, &p.Created)
	case "changed":
		return number(value, &p.Changed)
	case "removed":
		return number(value, &p.Removed)
	}
	return false
}

// fields calls read with each field of a JSON object that has no spaces. It
// reports whether body is one, and read took all fields.
func fields(body []byte, read func(name, value []byte) bool) bool {
	if len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' {
		return false
	}
	rest := body[1 : len(body)-1]
	for len(rest) > 0 {
		name := quoted(rest)
		if name == nil || len(name) >= len(rest) || rest[len(name)] != ':' {
			return false
		}
		rest = rest[len(name)+1:]
		value := first(rest)
		if value == nil || !read(name[1:len(name)-1], value) {
			return false
		}
		rest = rest[len(value):]
		if len(rest) == 1 || len(rest) > 1 && rest[0] != ',' {
			return false
		}
		rest = bytes.TrimPrefix(rest, comma)
	}
	return true
}

var comma = []byte{','}

// first returns the value with which text begins, or nil.
func first(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	switch text[0] {
	case '"':
		return quoted(text)
	case '{', '[':
		return nested(text)
	}
	value, _, _ := bytes.Cut(text, comma)
	if len(value) == 0 {
		return nil
	}
	return value
}

// quoted returns the string with which text begins, with its quotes, or nil if
// it is not plain.
func quoted(text []byte) []byte {
	if len(text) == 0 || text[0] != '"' {
		return nil
	}
	for i, c := range text[1:] {
		switch {
		case c == '"':
			return text[:i+2]
		case c == '\\' || c < ' ' || c > '~':
			return nil
		}
	}
	return nil
}

// nested returns the object or list with which text begins, or nil.
func nested(text []byte) []byte {
	depth, inside := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inside = !inside
		case inside && c == '\\':
			i++
		case inside:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return text[:i+1]
			}
		}
	}
	return nil
}

func text[S ~string](value []byte, to *S) bool {
	if value[0] != '"' {
		return false
	}
	*to = S(value[1 : len(value)-1])
	return true
}

func number[N int | int64](value []byte, to *N) bool {
	if value[0] == '0' && len(value) > 1 || value[0] < '0' || value[0] > '9' {
		return false
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	*to = N(n)
	return err == nil
}

func moment(value []byte, to *time.Time) bool {
	return value[0] == '"' && to.UnmarshalText(value[1:len(value)-1]) == nil
}
