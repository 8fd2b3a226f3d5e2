package timetable

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// The bounds of what a rule may say.
const (
	longestTime = 366 * 24 * time.Hour // of each of its durations
	mostRuns    = math.MaxInt32
	mostLabels  = 50
)

// checkRule refuses a rule that has no meaning. What it refers to by name is
// not its concern.
func checkRule(r job.Rule) error {
	for _, check := range []func(job.Rule) error{checkTimes, checkPolicies, checkAfter, checkDurations, checkDays, checkCounts, checkTexts} {
		if err := check(r); err != nil {
			return err
		}
	}
	return nil
}

func checkTimes(r job.Rule) error {
	if strings.TrimSpace(r.Cron) == "" {
		return fault.New(fault.Invalid, "Say when it is due: a cron expression such as 30 4 * * 1, or words such as every monday at 04:30.").In("cron")
	}
	if !slices.Contains([]cron.Dialect{cron.Unix, cron.Quartz, cron.Intervals}, cron.Dialect(r.Dialect)) {
		return fault.New(fault.Invalid, "%q is not a dialect; write unix, quartz, every or english.", shorten(r.Dialect)).In("dialect")
	}
	if _, err := cron.ParseDialect(cron.Dialect(r.Dialect), r.Cron); err != nil {
		return refusal(err).In("cron")
	}
	if _, err := cron.Zone(r.Zone); err != nil {
		return refusal(err).In("zone")
	}
	return nil
}

// refusal shows an error of package cron to people, who find in it what is
// wrong and what to write instead.
func refusal(err error) *fault.Error {
	text := err.Error()
	if wrong, ok := errors.AsType[*cron.Error](err); ok && wrong.Field == "" {
		text = "the expression" + strings.TrimPrefix(text, "cron expression")
	}
	return fault.New(fault.Invalid, "%s.", strings.ToUpper(text[:1])+text[1:]).Because(err)
}

func checkPolicies(r job.Rule) error {
	switch {
	case !r.Overlap.Valid():
		return fault.New(fault.Invalid, "%q is no policy for overlaps; write skip, queue one, queue all, abort or allow.", shorten(string(r.Overlap))).In("overlap")
	case !r.CatchUp.Valid():
		return fault.New(fault.Invalid, "%q is no policy for catching up; write none, latest or all.", shorten(string(r.CatchUp))).In("catch_up")
	case !r.JitterBy.Valid():
		return fault.New(fault.Invalid, "%q does not decide how much later a slot starts; write name or chance.", shorten(string(r.JitterBy))).In("jitter_by")
	}
	return nil
}

func checkDurations(r job.Rule) error {
	for _, d := range []struct {
		field string
		is    job.Seconds
	}{
		{"catch_up_within_seconds", r.CatchUpWithin},
		{"latest_start_seconds", r.LatestStart},
		{"jitter_seconds", r.Jitter},
		{"after_limit_seconds", r.AfterLimit},
	} {
		if d.is < 0 || time.Duration(d.is) > longestTime {
			return outOfBounds(d.field, int64(longestTime/time.Second))
		}
	}
	return nil
}

func outOfBounds(field string, most int64) error {
	return fault.New(fault.Invalid, "Field %s must be from 0 to %d.", field, most).In(field)
}

func checkCounts(r job.Rule) error {
	switch {
	case r.CatchUpMost < 0 || r.CatchUpMost > mostRuns:
		return outOfBounds("catch_up_most", mostRuns)
	case r.MaxRuns < 0 || r.MaxRuns > mostRuns:
		return outOfBounds("max_runs", mostRuns)
	}
	return nil
}

func checkDays(r job.Rule) error {
	if r.StartsAt != nil && r.EndsAt != nil && !r.StartsAt.Before(*r.EndsAt) {
		return fault.New(fault.Invalid, "It would end at %s, before it starts at %s; write a later ends_at.",
			r.EndsAt.Format(time.RFC3339), r.StartsAt.Format(time.RFC3339)).In("ends_at")
	}
	return nil
}

func checkTexts(r job.Rule) error {
	var args map[string]json.RawMessage
	if err := json.Unmarshal(r.Args, &args); err != nil || args == nil || !utf8.Valid(r.Args) || bytes.Contains(r.Args, []byte(`\u0000`)) {
		return fault.New(fault.Invalid, `Field args must be a JSON object, such as {"sync":"main"}.`).In("args")
	}
	if !oneLine(r.Owner) {
		return fault.New(fault.Invalid, "Field owner must be one line of at most %d bytes.", maxLine).In("owner")
	}
	if len(r.Labels) > mostLabels {
		return fault.New(fault.Invalid, "There are %d labels; %d is the most.", len(r.Labels), mostLabels).In("labels")
	}
	for name, value := range r.Labels {
		if name == "" || !oneLine(name) || !oneLine(value) {
			return fault.New(fault.Invalid, "The label %q must have a name, and be one line of at most %d bytes.", shorten(name), maxLine).In("labels")
		}
	}
	return nil
}

// fieldForms say how to write each field of a rule.
var fieldForms = map[string]string{
	"dialect": "one of unix, quartz, every and english", "cron": "a text", "zone": "the name of a zone, such as America/New_York",
	"args": "a JSON object", "enabled": "true or false",
	"overlap": "one of skip, queue one, queue all, abort and allow", "catch_up": "one of none, latest and all",
	"catch_up_within_seconds": "a number of seconds", "catch_up_most": "a whole number",
	"latest_start_seconds": "a number of seconds", "jitter_seconds": "a number of seconds", "jitter_by": "name or chance",
	"after": `a list of schedules, such as ["users.import"]`, "after_for": "slot or day",
	"after_limit_seconds": "a number of seconds", "after_else": "one of skip, run and miss",
	"calendar": "the name of a calendar", "starts_at": "a time such as 2026-09-01T08:00:00Z, or null",
	"ends_at": "a time such as 2026-09-01T08:00:00Z, or null", "max_runs": "a whole number",
	"owner": "a text", "labels": `an object of texts, such as {"team":"registry"}`,
}

// checkField refuses a value that the field of that name cannot have, and
// fields that there are not.
func checkField(name string, value json.RawMessage) error {
	form, known := fieldForms[name]
	if !known {
		return fault.New(fault.Invalid, "There is no field %q; there are %s.", shorten(name), strings.Join(job.RuleFields(), ", ")).In(name)
	}
	if !fits(name, value) {
		return fault.New(fault.Invalid, "Field %s must be %s, not %s.", name, form, shorten(string(value))).In(name)
	}
	return nil
}

// fits reports whether value is of the type of that field. Times and
// what it comes after may be null, which means none.
func fits(name string, value json.RawMessage) bool {
	if isNull(value) {
		return slices.Contains([]string{"starts_at", "ends_at", "after"}, name)
	}
	if strings.HasSuffix(name, "_seconds") && !moderate(value) {
		return false
	}
	raw, err := json.Marshal(map[string]json.RawMessage{name: value})
	return err == nil && json.Unmarshal(raw, new(job.Rule)) == nil
}

// moderate reports whether a number of seconds can be a duration at all.
func moderate(value json.RawMessage) bool {
	var n float64
	return json.Unmarshal(value, &n) == nil && math.Abs(n) <= math.MaxInt32
}

func isNull(value json.RawMessage) bool {
	value = bytes.TrimSpace(value)
	return len(value) == 0 || string(value) == "null"
}
