package timetable

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
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

// CheckRule returns all that makes no sense in a rule, each as a fault.Error
// that names its field. What it refers to by name is not its concern.
func CheckRule(r job.Rule) []*fault.Error {
	var all faults
	for _, check := range []func(job.Rule, *faults){checkTimes, checkPolicies, checkAfter, checkDurations, checkDays, checkCounts, checkTexts} {
		check(r, &all)
	}
	return all
}

// checkRule refuses a rule that makes no sense, for the first reason.
func checkRule(r job.Rule) error {
	if wrong := CheckRule(r); len(wrong) > 0 {
		return wrong[0]
	}
	return nil
}

// faults are what is wrong with a rule.
type faults []*fault.Error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, fault.New(fault.Invalid, format, args...).In(field))
}

func checkTimes(r job.Rule, wrong *faults) {
	switch _, err := cron.ParseDialect(cron.Dialect(r.Dialect), r.Cron); {
	case strings.TrimSpace(r.Cron) == "":
		wrong.add("cron", "Say when it is due: a cron expression such as 30 4 * * 1, or words such as every monday at 04:30.")
	case !slices.Contains([]cron.Dialect{cron.Unix, cron.Quartz, cron.Intervals}, cron.Dialect(r.Dialect)):
		wrong.add("dialect", "%q is not a dialect; write unix, quartz, every or english.", shorten(r.Dialect))
	case err != nil:
		*wrong = append(*wrong, refusal(err).In("cron"))
	}
	if _, err := cron.Zone(r.Zone); err != nil {
		*wrong = append(*wrong, refusal(err).In("zone"))
	}
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

func checkPolicies(r job.Rule, wrong *faults) {
	if !r.Overlap.Valid() {
		wrong.add("overlap", "%q is no policy for overlaps; write skip, queue one, queue all, abort or allow.", shorten(string(r.Overlap)))
	}
	if !r.CatchUp.Valid() {
		wrong.add("catch_up", "%q is no policy for catching up; write none, latest or all.", shorten(string(r.CatchUp)))
	}
	if !r.JitterBy.Valid() {
		wrong.add("jitter_by", "%q does not decide how much later a slot starts; write name or chance.", shorten(string(r.JitterBy)))
	}
}

func checkDurations(r job.Rule, wrong *faults) {
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
			wrong.add(d.field, "Field %s must be from 0 to %d.", d.field, int64(longestTime/time.Second))
		}
	}
}

func checkCounts(r job.Rule, wrong *faults) {
	for _, c := range []struct {
		field string
		is    int
	}{{"catch_up_most", r.CatchUpMost}, {"max_runs", r.MaxRuns}} {
		if c.is < 0 || c.is > mostRuns {
			wrong.add(c.field, "Field %s must be from 0 to %d.", c.field, mostRuns)
		}
	}
}

func checkDays(r job.Rule, wrong *faults) {
	for _, d := range []struct {
		field string
		is    *time.Time
	}{{"starts_at", r.StartsAt}, {"ends_at", r.EndsAt}} {
		if d.is != nil && !inCalendar(*d.is) {
			wrong.add(d.field, "Field %s must be a time from 1970 to 9999, not %s.", d.field, d.is.Format(time.RFC3339))
		}
	}
	if r.StartsAt != nil && r.EndsAt != nil && !r.StartsAt.Before(*r.EndsAt) {
		wrong.add("ends_at", "It would end at %s, before it starts at %s; write a later ends_at.",
			r.EndsAt.Format(time.RFC3339), r.StartsAt.Format(time.RFC3339))
	}
}

// inCalendar reports whether a time is one that can be kept, and be written in
// every zone.
func inCalendar(t time.Time) bool {
	first, end := time.Unix(0, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	return !t.Before(first) && t.Before(end)
}

func checkTexts(r job.Rule, wrong *faults) {
	var args map[string]json.RawMessage
	if err := json.Unmarshal(r.Args, &args); err != nil || args == nil || !utf8.Valid(r.Args) || bytes.Contains(r.Args, []byte(`\u0000`)) {
		wrong.add("args", `Field args must be a JSON object, such as {"sync":"main"}.`)
	}
	if !oneLine(r.Owner) {
		wrong.add("owner", "Field owner must be one line of at most %d bytes.", maxLine)
	}
	if len(r.Labels) > mostLabels {
		wrong.add("labels", "There are %d labels; %d is the most.", len(r.Labels), mostLabels)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		if value := r.Labels[name]; name == "" || !oneLine(name) || !oneLine(value) {
			wrong.add("labels", "The label %q must have a name, and be one line of at most %d bytes.", shorten(name), maxLine)
		}
	}
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
