package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Kinds of the stream that report one event of many jobs at once. Whoever reads
// them gets the events one by one.
const (
	manyStarted = "attempts.started" // ids, and an AttemptStarted that all share
	manyEnded   = "attempts.ended"   // a list of AttemptEnded
)

// UnmarshalAll is [Unmarshal] for kinds of the stream that may report several
// events. What this build does not know is a nil Event and no error.
func UnmarshalAll(kind string, body []byte) ([]Event, error) {
	switch kind {
	case manyStarted:
		return startedOf(body)
	case manyEnded:
		return endedOf(body)
	}
	e, err := Unmarshal(kind, body)
	return []Event{e}, err
}

func startedOf(body []byte) ([]Event, error) {
	var many struct {
		IDs []string `json:"ids"`
		AttemptStarted
	}
	if err := json.Unmarshal(body, &many); err != nil {
		return nil, fmt.Errorf("read event %s: %w", manyStarted, err)
	}
	all := make([]Event, len(many.IDs))
	for i, id := range many.IDs {
		e := many.AttemptStarted
		e.ID = id
		all[i] = e
	}
	return all, nil
}

func endedOf(body []byte) ([]Event, error) {
	if len(body) < 2 || body[0] != '[' || body[len(body)-1] != ']' {
		return nil, fmt.Errorf("read event %s: no list", manyEnded)
	}
	var all []Event
	for rest := body[1 : len(body)-1]; len(rest) > 0; rest = bytes.TrimPrefix(rest, comma) {
		value := first(rest)
		if value == nil {
			return endedSlowly(body)
		}
		e, err := Unmarshal(AttemptEnded{}.Kind(), value)
		if err != nil {
			return nil, err
		}
		all, rest = append(all, e), rest[len(value):]
	}
	return all, nil
}

// endedSlowly reads a list that is not plain.
func endedSlowly(body []byte) ([]Event, error) {
	var list []AttemptEnded
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("read event %s: %w", manyEnded, err)
	}
	all := make([]Event, len(list))
	for i, e := range list {
		all[i] = e
	}
	return all, nil
}

// Append appends e as JSON, as encoding/json would write it but for fields
// that are zero, which it leaves out. Many thousands are written each second.
func (e AttemptEnded) Append(b []byte) []byte {
	b = appendText(append(b, `{"id":`...), e.ID)
	b = appendText(append(b, `,"task":`...), e.Task)
	b = strconv.AppendInt(append(b, `,"attempt":`...), int64(e.Attempt), 10)
	b = appendText(append(b, `,"outcome":`...), string(e.Outcome))
	b = appendText(append(b, `,"state":`...), string(e.State))
	if e.Error != "" {
		b = appendText(append(b, `,"error":`...), e.Error)
	}
	if e.Reason != "" {
		b = appendText(append(b, `,"reason":`...), e.Reason)
	}
	if e.Failures != 0 {
		b = strconv.AppendInt(append(b, `,"failures":`...), int64(e.Failures), 10)
	}
	if e.Progress != (job.Progress{}) {
		raw, _ := json.Marshal(e.Progress) // numbers and text only
		b = append(append(b, `,"progress":`...), raw...)
	}
	if e.Errors != 0 {
		b = strconv.AppendInt(append(b, `,"errors":`...), e.Errors, 10)
	}
	if e.Due != nil {
		b = appendTime(append(b, `,"due":`...), *e.Due)
	}
	b = appendTime(append(b, `,"started":`...), e.Started)
	b = appendTime(append(b, `,"at":`...), e.At)
	return append(b, '}')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			raw, _ := json.Marshal(s) // text always has a JSON form
			return append(b, raw...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
