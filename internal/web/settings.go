package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// A setting is one thing about a schedule that people set: a field of its
// rule, or two that mean something only together. The page of a schedule shows
// settings, the form asks for them.
type setting struct {
	Label  string
	Fields []string // JSON names; the form knows it by the first
	Kind   string   // of its control: text, area, check, select, count, time
	Hint   string
	Choice []option // of a select

	Say   func(job.Rule) string // for people
	Write func(job.Rule) string // for the form
	Read  func(r *job.Rule, text string) error
}

// An option is one choice of a select.
type option struct{ Value, Word string }

func (s setting) name() string { return s.Fields[0] }

// settings are all of them, in the order in which they are read: the zone
// first, for the others are read in it.
var settings = []setting{
	{
		Label: "Time zone", Fields: []string{"zone"}, Kind: "text", Hint: "An IANA name, such as Europe/Berlin.",
		Say: func(r job.Rule) string { return r.Zone }, Write: func(r job.Rule) string { return r.Zone },
		Read: func(r *job.Rule, text string) error { r.Zone = text; return nil },
	},
	{
		Label: "When", Fields: []string{"cron", "dialect"}, Kind: "text",
		Hint: "In words, such as “every weekday at 06:30” or “on the last friday of every month at 10:15”; as unix or Quartz cron; or as an interval, such as “90 minutes from 2026-01-05 08:00”.",
		Say:  sayWhen, Write: func(r job.Rule) string { return r.Cron },
		Read: func(r *job.Rule, text string) error { r.Cron, r.Dialect = text, ""; return nil },
	},
	{
		Label: "Arguments", Fields: []string{"args"}, Kind: "area", Hint: "What its jobs are asked to do, as a JSON object.",
		Say: func(r job.Rule) string { return compact(r.Args) }, Write: func(r job.Rule) string { return pretty(r.Args) },
		Read: readArgs,
	},
	{
		Label: "Switched on", Fields: []string{"enabled"}, Kind: "check",
		Say: func(r job.Rule) string { return either(r.Enabled, "on", "off") }, Write: func(r job.Rule) string { return either(r.Enabled, "on", "") },
		Read: func(r *job.Rule, text string) error { r.Enabled = text != ""; return nil },
	},
	{
		Label: "Overlap", Fields: []string{"overlap"}, Kind: "select", Hint: "What becomes of a slot while the job of an earlier one has not ended.", Choice: overlaps,
		Say: func(r job.Rule) string { return chosen(overlaps, string(r.Overlap)) }, Write: func(r job.Rule) string { return string(r.Overlap) },
		Read: func(r *job.Rule, text string) error { r.Overlap = job.Overlap(text); return nil },
	},
	{
		Label: "Catch-up", Fields: []string{"catch_up"}, Kind: "select", Hint: "Which slots run later that were due while the scheduler was down.", Choice: catchUps,
		Say: func(r job.Rule) string { return chosen(catchUps, string(r.CatchUp)) }, Write: func(r job.Rule) string { return string(r.CatchUp) },
		Read: func(r *job.Rule, text string) error { r.CatchUp = job.CatchUp(text); return nil },
	},
	lasting("Catch up within", "catch_up_within_seconds", "Older slots are missed. Empty: 24 h.", "24 h", func(r *job.Rule) *job.Seconds { return &r.CatchUpWithin }),
	counting("Catch up at most", "catch_up_most", "Slots at a time, if all are caught up. Empty: 100.", "100 slots", func(r *job.Rule) *int { return &r.CatchUpMost }),
	lasting("Latest start", "latest_start_seconds", "A slot that is later than this is missed. Empty: no limit.", "no limit", func(r *job.Rule) *job.Seconds { return &r.LatestStart }),
	lasting("Jitter", "jitter_seconds", "Slots start up to this much after they are due, so that not all start at once.", "none", func(r *job.Rule) *job.Seconds { return &r.Jitter }),
	{
		Label: "Jitter by", Fields: []string{"jitter_by"}, Kind: "select", Choice: jitters,
		Say: func(r job.Rule) string { return chosen(jitters, string(r.JitterBy)) }, Write: func(r job.Rule) string { return string(r.JitterBy) },
		Read: func(r *job.Rule, text string) error { r.JitterBy = job.JitterBy(text); return nil },
	},
	{
		Label: "After", Fields: []string{"after"}, Kind: "text", Hint: "Schedules whose job must have succeeded first, with commas between: users.import, users.groups.",
		Say: func(r job.Rule) string { return cmp.Or(writeNames(r), "nothing") }, Write: writeNames,
		Read: func(r *job.Rule, text string) error { r.After = readNames(text); return nil },
	},
	{
		Label: "Waits for", Fields: []string{"after_for"}, Kind: "select", Hint: "Which job of theirs.", Choice: afterFors,
		Say:   func(r job.Rule) string { return chosen(afterFors, string(cmp.Or(r.AfterFor, job.AfterSlot))) },
		Write: func(r job.Rule) string { return string(cmp.Or(r.AfterFor, job.AfterSlot)) },
		Read:  func(r *job.Rule, text string) error { r.AfterFor = unless(text, job.AfterSlot); return nil },
	},
	lasting("Waits at most", "after_limit_seconds", "Empty: 12 h.", "12 h", func(r *job.Rule) *job.Seconds { return &r.AfterLimit }),
	{
		Label: "Otherwise", Fields: []string{"after_else"}, Kind: "select", Hint: "What becomes of a slot if they do not succeed.", Choice: afterElses,
		Say:   func(r job.Rule) string { return chosen(afterElses, string(cmp.Or(r.AfterElse, job.ElseSkip))) },
		Write: func(r job.Rule) string { return string(cmp.Or(r.AfterElse, job.ElseSkip)) },
		Read:  func(r *job.Rule, text string) error { r.AfterElse = unless(text, job.ElseSkip); return nil },
	},
	{
		Label: "Calendar", Fields: []string{"calendar"}, Kind: "select", Hint: "Its times are left out.",
		Say: func(r job.Rule) string { return cmp.Or(r.Calendar, "none") }, Write: func(r job.Rule) string { return r.Calendar },
		Read: func(r *job.Rule, text string) error { r.Calendar = text; return nil },
	},
	moment("Starts", "starts_at", "No slots before this.", func(r *job.Rule) **time.Time { return &r.StartsAt }),
	moment("Ends", "ends_at", "No slots from this time on.", func(r *job.Rule) **time.Time { return &r.EndsAt }),
	counting("Runs at most", "max_runs", "It is over after so many jobs. Empty: never.", "no limit", func(r *job.Rule) *int { return &r.MaxRuns }),
	{
		Label: "Owner", Fields: []string{"owner"}, Kind: "text", Hint: "Who answers for it.",
		Say: func(r job.Rule) string { return cmp.Or(r.Owner, "nobody") }, Write: func(r job.Rule) string { return r.Owner },
		Read: func(r *job.Rule, text string) error { r.Owner = text; return nil },
	},
	{
		Label: "Labels", Fields: []string{"labels"}, Kind: "text", Hint: "For finding it: term=2026-fall, faculty=arts.",
		Say: func(r job.Rule) string { return cmp.Or(writeLabels(r.Labels), "none") }, Write: func(r job.Rule) string { return writeLabels(r.Labels) },
		Read: readLabels,
	},
}

var (
	overlaps = []option{
		{string(job.OverlapSkip), "skip the slot"},
		{string(job.OverlapQueueOne), "queue one: one job waits, further slots are skipped"},
		{string(job.OverlapQueueAll), "queue all, one after the other"},
		{string(job.OverlapAbort), "abort the earlier job and start"},
		{string(job.OverlapAllow), "run both"},
	}
	catchUps = []option{
		{string(job.CatchUpLatest), "the latest one"},
		{string(job.CatchUpAll), "all, the oldest first"},
		{string(job.CatchUpNone), "none"},
	}
	afterFors = []option{
		{string(job.AfterSlot), "the latest since its own last slot"},
		{string(job.AfterDay), "any of the same day"},
	}
	afterElses = []option{
		{string(job.ElseSkip), "skip: the slot is blocked"},
		{string(job.ElseRun), "run all the same"},
		{string(job.ElseMiss), "miss: the slot is missed, which raises an alarm"},
	}
	jitters = []option{
		{string(job.JitterByName), "name: always the same for this schedule"},
		{string(job.JitterByChance), "chance: each slot anew"},
	}
)

// settingOf returns the setting that a field of a rule belongs to.
func settingOf(field string) (setting, bool) {
	for _, s := range settings {
		if slices.Contains(s.Fields, field) {
			return s, true
		}
	}
	return setting{}, false
}

// lasting is a setting that is a length of time; none is said as that.
func lasting(label, field, hint, none string, of func(*job.Rule) *job.Seconds) setting {
	write := func(r job.Rule) string { return writeLasting(*of(&r)) }
	return setting{
		Label: label, Fields: []string{field}, Kind: "text", Hint: hint, Write: write,
		Say: func(r job.Rule) string { return cmp.Or(write(r), none) },
		Read: func(r *job.Rule, text string) (err error) {
			*of(r), err = readLasting(text)
			return err
		},
	}
}

// counting is a setting that is a number; 0 is said as none.
func counting(label, field, hint, none string, of func(*job.Rule) *int) setting {
	write := func(r job.Rule) string {
		if n := *of(&r); n != 0 {
			return strconv.Itoa(n)
		}
		return ""
	}
	return setting{
		Label: label, Fields: []string{field}, Kind: "count", Hint: hint, Write: write,
		Say: func(r job.Rule) string { return cmp.Or(write(r), none) },
		Read: func(r *job.Rule, text string) error {
			n, err := strconv.Atoi(cmp.Or(text, "0"))
			if err != nil || n < 0 {
				return fault.New(fault.Invalid, "“%s” is not a number from 0 up.", text)
			}
			*of(r) = n
			return nil
		},
	}
}

// minute is how browsers write a local time.
const minute = "2006-01-02T15:04"

// moment is a setting that is a local time in the zone of the schedule.
func moment(label, field, hint string, of func(*job.Rule) **time.Time) setting {
	format := func(r job.Rule, layout string) string {
		if t := *of(&r); t != nil {
			return t.In(zoneOf(r.Zone)).Format(layout)
		}
		return ""
	}
	return setting{
		Label: label, Fields: []string{field}, Kind: "time", Hint: hint,
		Write: func(r job.Rule) string { return format(r, minute) },
		Say:   func(r job.Rule) string { return cmp.Or(format(r, "2 Jan 2006, 15:04 MST"), "no limit") },
		Read: func(r *job.Rule, text string) (err error) {
			*of(r), err = readMoment(text, zoneOf(r.Zone))
			return err
		},
	}
}

// readMoment reads a local time; empty is none.
func readMoment(text string, zone *time.Location) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{minute, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return &t, nil
		}
	}
	return nil, fault.New(fault.Invalid, "“%s” is not a time; write it as 2026-09-01 08:00.", text)
}

// zoneOf returns the zone of that name; UTC if there is none.
func zoneOf(name string) *time.Location {
	if zone, err := cron.Zone(name); err == nil {
		return zone
	}
	return time.UTC
}

// sayWhen says when a rule is due, in words and as it is written.
func sayWhen(r job.Rule) string {
	if words := inWords(r); words != "" {
		return words + " (" + r.Cron + ")"
	}
	return r.Cron
}

// inWords returns what a rule's cron expression means; empty if it cannot be
// read.
func inWords(r job.Rule) string {
	trigger, err := cron.ParseDialect(cron.Dialect(r.Dialect), r.Cron)
	if err != nil {
		return ""
	}
	return trigger.Describe()
}

func readArgs(r *job.Rule, text string) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(cmp.Or(text, "{}")), &object); err != nil || object == nil {
		return fault.New(fault.Invalid, "The arguments are not a JSON object, such as {\"sync\": \"main\"}.")
	}
	r.Args = json.RawMessage(compact([]byte(cmp.Or(text, "{}"))))
	return nil
}

func writeNames(r job.Rule) string { return strings.Join(r.After, ", ") }

func readNames(text string) (names []string) {
	return append(names, strings.FieldsFunc(text, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })...)
}

// unless returns text, or nothing if that means the same.
func unless[S ~string](text string, nothing S) S {
	if text == string(nothing) {
		return ""
	}
	return S(text)
}

func writeLabels(labels map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, strings.TrimSuffix(name+"="+labels[name], "="))
	}
	return strings.Join(parts, ", ")
}

func readLabels(r *job.Rule, text string) error {
	r.Labels = nil
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' || c == '\n' }) {
		name, value, _ := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if name == "" {
			return fault.New(fault.Invalid, "“%s” is not a label; write it as term=2026-fall.", strings.TrimSpace(part))
		}
		if r.Labels == nil {
			r.Labels = map[string]string{}
		}
		r.Labels[name] = value
	}
	return nil
}

// compact writes JSON on one line; what is not JSON is shown as it is.
func compact(raw json.RawMessage) string {
	var buf bytes.Buffer
	if json.Compact(&buf, raw) != nil {
		return string(raw)
	}
	return buf.String()
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func chosen(options []option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Word
		}
	}
	return value
}
