package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The bounds of a page of anything.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// asFault returns the fault in err, or an empty one.
func asFault(err error) fault.Error {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return *e
	}
	return fault.Error{}
}

// A query reads the parameters of a request and remembers the first that makes
// no sense.
type query struct {
	values url.Values
	err    error
}

func queryOf(r *http.Request) *query { return &query{values: r.URL.Query()} }

// refuse remembers what is wrong with a parameter.
func (q *query) refuse(name, format string, args ...any) {
	if q.err == nil {
		q.err = fault.New(fault.Invalid, "Parameter "+name+" "+format+".", args...).In(name)
	}
}

// text returns the one value of a parameter, or nothing.
func (q *query) text(name string) string {
	if len(q.values[name]) > 1 {
		q.refuse(name, "may be given once only")
	}
	return q.values.Get(name)
}

// number returns a whole number from low to high.
func (q *query) number(name string, otherwise, low, high int64) int64 {
	text := q.text(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		q.refuse(name, "must be a whole number from %d to %d, not %q", low, high, text)
		return otherwise
	}
	return n
}

func (q *query) limit() int { return int(q.number("limit", defaultLimit, 1, maxLimit)) }

// after returns the number that a page begins behind.
func (q *query) after() int64 { return q.number("after", 0, 0, 1<<53) }

func (q *query) flag(name string) bool {
	switch text := q.text(name); text {
	case "1", "true":
		return true
	case "", "0", "false":
	default:
		q.refuse(name, "must be 1 or 0, not %q", text)
	}
	return false
}

func (q *query) time(name string) time.Time {
	text := q.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		q.refuse(name, "must be a time such as 2026-09-01T08:00:00Z, not %q", text)
	}
	return t
}

// list returns the values of a parameter that may be repeated, or given with
// commas.
func (q *query) list(name string) (all []string) {
	for _, value := range q.values[name] {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

func (q *query) states() (states []job.State) {
	for _, name := range q.list("state") {
		s := job.State(name)
		if !s.Valid() {
			q.refuse("state", "must be one of %s, not %q", stateNames(), name)
		}
		states = append(states, s)
	}
	return states
}

func stateNames() string {
	var names []string
	for _, s := range job.States {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// jobParams are the parameters that choose jobs.
var jobParams = []string{"q", "state", "task", "client", "owner", "root", "schedule", "errors", "before", "limit"}

// filter reads which jobs a list is to show: those of q, a filter as people
// type it, that are also those of the other parameters.
func (q *query) filter() (job.Filter, error) {
	f, err := job.ParseFilter(q.text("q"))
	if err != nil && q.err == nil {
		q.err = err
	}
	for name, place := range map[string]*string{"task": &f.Task, "client": &f.Client, "owner": &f.Owner, "root": &f.Root, "schedule": &f.Schedule} {
		q.also(name, place)
	}
	if states := q.states(); len(states) > 0 {
		if len(f.States) > 0 {
			q.refuse("state", "cannot be given together with a state in q")
		}
		f.States = states
	}
	f.Errors = q.flag("errors") || f.Errors
	f.Before, f.Limit = q.text("before"), q.limit()
	if _, _, err := job.ParseCursor(f.Before); err != nil && q.err == nil {
		q.err = err
	}
	if q.err == nil {
		q.err = f.Check()
	}
	return f, q.err
}

// also reads a parameter whose word q may hold too.
func (q *query) also(name string, place *string) {
	switch value := q.text(name); {
	case value == "" || value == *place:
	case *place != "":
		q.refuse(name, "and the word %s: in q differ; give one of them", name)
	default:
		*place = value
	}
}
