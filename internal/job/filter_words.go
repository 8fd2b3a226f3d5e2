package job

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// FilterWords are the words of the filter language, with what each asks for, in
// the order in which [Filter.String] writes them.
var FilterWords = []FilterWord{
	{"state:", "a state; several are separated by commas"},
	{"task:", "a task, or those that begin so: sis.*"},
	{"client:", "the client whose job it is"},
	{"owner:", "who started it"},
	{"queue:", "the queue that it runs in"},
	{"server:", "the worker that holds it, or did last"},
	{"schedule:", "the schedule whose job it is"},
	{"root:", "the first job of its lineage"},
	{"tag:", "with a tag that it was given; several have to be there together"},
	{"errors:yes", "with record errors, or failed"},
	{"error:", "words in its error"},
	{"payload.", "a field of its arguments: payload.school:17"},
	{"run>", "ran, or has run, so long: 5m; run< for less"},
	{"wait>", "waited, or has waited, so long: 10m; wait< for less"},
	{"created>", "since a day or a time: 2026-09-01; created< for before it"},
}

// A FilterWord is one that a filter may hold.
type FilterWord struct{ Word, Asks string }

// The bounds of what a filter may be.
const (
	maxFilter  = 2000 // bytes
	maxWords   = 16
	maxPayload = 8
)

// ParseFilter reads a filter as people type it: words such as state:failed and
// run>5m, and any other text, which is searched in descriptions, errors and
// ids. What holds spaces, or looks like a word and is none, stands in quotes.
func ParseFilter(text string) (Filter, error) {
	var f Filter
	if len(text) > maxFilter || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return f, fault.New(fault.Invalid, "The filter must be text of at most %d bytes.", maxFilter).In("q")
	}
	terms, err := termsOf(text)
	if err != nil {
		return f, err
	}
	for _, t := range terms {
		if err := f.take(t); err != nil {
			return Filter{}, err
		}
	}
	return f, nil
}

// A term is one part of a filter: text, or a word with what it compares.
type term struct {
	word  string // "state", "run"; empty: text
	sign  byte   // ':', '<' or '>'
	value string
}

// termsOf takes a filter apart.
func termsOf(text string) (terms []term, err error) {
	for {
		if text = strings.TrimLeftFunc(text, unicode.IsSpace); text == "" {
			return terms, nil
		}
		var t term
		if i := strings.IndexFunc(text, func(r rune) bool { return strings.ContainsRune(`:<>"`, r) || unicode.IsSpace(r) }); i >= 0 && strings.ContainsRune(":<>", rune(text[i])) {
			t.word, t.sign, text = text[:i], text[i], text[i+1:]
			if t.word == "" {
				return nil, fault.New(fault.Invalid, "A word is missing before %q; text with that sign stands in quotes.", string(t.sign)).In("q")
			}
		}
		if t.value, text, err = valueOf(text); err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
}

// valueOf takes a value off the front of text, in quotes or up to a space.
func valueOf(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:], nil
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fault.New(fault.Invalid, "A quotation mark is missing at the end of %s.", text).In("q")
}

// take adds what t asks for to f.
func (f *Filter) take(t term) error {
	if path, ok := strings.CutPrefix(t.word, "payload."); ok && t.sign == ':' {
		return f.takePayload(path, t.value)
	}
	switch {
	case t.word == "":
		return f.takeText(t.value)
	case t.sign != ':':
		return f.takeBound(t)
	case t.value == "":
		return fault.New(fault.Invalid, "Say what %s: is to be.", t.word).In("q")
	}
	if place := f.place(t.word); place != nil {
		if *place != "" && *place != t.value {
			return fault.New(fault.Invalid, "%s: may be given once only.", t.word).In("q")
		}
		*place = t.value
		return nil
	}
	return f.takeOther(t)
}

// place returns where the value of a word goes; nil if it is no plain text.
func (f *Filter) place(word string) *string {
	switch word {
	case "task":
		return &f.Task
	case "client":
		return &f.Client
	case "owner":
		return &f.Owner
	case "queue":
		return &f.Queue
	case "server":
		return &f.Server
	case "schedule":
		return &f.Schedule
	case "root":
		return &f.Root
	}
	return nil
}

func (f *Filter) takeOther(t term) error {
	switch t.word {
	case "state":
		return f.takeStates(t.value)
	case "error":
		if f.Error != "" || !searchable(t.value) {
			return fault.New(fault.Invalid, "error: takes words of the error, once; not %q.", t.value).In("q")
		}
		f.Error = t.value
		return nil
	case "errors":
		if t.value != "yes" {
			return fault.New(fault.Invalid, "errors: can be yes, not %q.", t.value).In("q")
		}
		f.Errors = true
		return nil
	case "tag":
		return f.takeTag(t.value)
	}
	return unknownWord(t)
}

func unknownWord(t term) error {
	words := make([]string, len(FilterWords))
	for i, w := range FilterWords {
		words[i] = w.Word
	}
	return fault.New(fault.Invalid, "There is no word %s%c; a filter takes %s and text, in quotes if it holds a colon.", t.word, t.sign, strings.Join(words, " ")).In("q")
}

func (f *Filter) takeStates(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		state := State(strings.TrimSpace(name))
		if !state.Valid() {
			return fault.New(fault.Invalid, "There is no state %q; the states are %s.", string(state), stateList()).In("q")
		}
		if !slices.Contains(f.States, state) {
			f.States = append(f.States, state)
		}
	}
	return nil
}

func stateList() string {
	names := make([]string, len(States))
	for i, s := range States {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

func (f *Filter) takeText(text string) error {
	if !searchable(text) {
		return fault.New(fault.Invalid, "There is no letter and no digit in %q to search for.", text).In("q")
	}
	if len(f.Words) == maxWords {
		return fault.New(fault.Invalid, "A filter may hold at most %d words of text.", maxWords).In("q")
	}
	f.Words = append(f.Words, text)
	return nil
}

func searchable(text string) bool { return len(Tokens(text, 1)) > 0 }

var payloadPath = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9_-]{1,60}){0,7}$`)

func (f *Filter) takePayload(path, value string) error {
	switch {
	case !payloadPath.MatchString(path):
		return fault.New(fault.Invalid, "payload.%s names no argument; write payload.school:17, or payload.school.year:2026 for a field within one.", path).In("q")
	case len(f.Payload) == maxPayload:
		return fault.New(fault.Invalid, "A filter may look at %d arguments at most.", maxPayload).In("q")
	}
	f.Payload = append(f.Payload, Content{path, value})
	return nil
}

// takeBound adds a word that compares.
func (f *Filter) takeBound(t term) error {
	switch t.word {
	case "run":
		return f.Run.take(t)
	case "wait":
		return f.Wait.take(t)
	case "created":
		return f.Created.take(t)
	}
	return unknownWord(t)
}

func (s *Span) take(t term) error {
	d, err := parseSpan(t.value)
	if err != nil {
		return fault.New(fault.Invalid, "%s%c takes how long, such as 30s, 5m, 1h30m or 2d; not %q.", t.word, t.sign, t.value).In("q")
	}
	place := &s.Over
	if t.sign == '<' {
		place = &s.Under
	}
	return once(place, d, t)
}

func (p *Period) take(t term) error {
	at, err := parseDay(t.value)
	if err != nil {
		return fault.New(fault.Invalid, "%s%c takes a day or a time, such as 2026-09-01 or 2026-09-01T08:00:00Z; not %q.", t.word, t.sign, t.value).In("q")
	}
	place := &p.From
	if t.sign == '<' {
		place = &p.To
	}
	return once(place, at, t)
}

// once sets what is not set yet.
func once[T comparable](place *T, value T, t term) error {
	var none T
	if *place != none && *place != value {
		return fault.New(fault.Invalid, "%s%c may be given once only.", t.word, t.sign).In("q")
	}
	*place = value
	return nil
}

// longestSpan is longer than any job.
const longestSpan = 3650 * 24 * time.Hour

// parseSpan reads a duration, which may begin with days.
func parseSpan(text string) (time.Duration, error) {
	var d time.Duration
	if days, rest, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || n > 3650 {
			return 0, fmt.Errorf("days %q", days)
		}
		if d = time.Duration(n) * 24 * time.Hour; rest == "" {
			text = "0s"
		} else {
			text = rest
		}
	}
	rest, err := time.ParseDuration(text)
	if err != nil || rest < 0 || rest > longestSpan || d+rest < time.Millisecond {
		return 0, fmt.Errorf("duration %q", text)
	}
	return (d + rest).Truncate(time.Millisecond), nil
}

// parseDay reads a time, or a day in UTC.
func parseDay(text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if at = at.UTC().Truncate(time.Millisecond); err == nil && (at.Year() < 1971 || at.Year() > 9000) {
		err = fmt.Errorf("year %d", at.Year())
	}
	return at, err
}

// String returns f as [ParseFilter] reads it; empty if it chooses all jobs.
// Where a list begins, how long it is and who may see it are no part of it.
func (f Filter) String() string {
	var w filterWriter
	w.states(f.States)
	for _, word := range []string{"task", "client", "owner", "queue", "server", "schedule", "root"} {
		w.word(word+":", *f.place(word))
	}
	for _, tag := range f.Tags {
		w.word("tag:", tag)
	}
	if f.Errors {
		w.word("errors:", "yes")
	}
	w.word("error:", f.Error)
	for _, c := range f.Payload {
		w.add("payload." + c.Path + ":" + inQuotes(c.Value))
	}
	w.span("run", f.Run)
	w.span("wait", f.Wait)
	w.word("created>", dayText(f.Created.From))
	w.word("created<", dayText(f.Created.To))
	for _, text := range f.Words {
		w.text(text)
	}
	return strings.Join(w, " ")
}

type filterWriter []string

func (w *filterWriter) add(term string) { *w = append(*w, term) }

func (w *filterWriter) word(word, value string) {
	if value != "" {
		w.add(word + inQuotes(value))
	}
}

func (w *filterWriter) states(states []State) {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	w.word("state:", strings.Join(names, ","))
}

func (w *filterWriter) span(word string, s Span) {
	w.word(word+">", spanText(s.Over))
	w.word(word+"<", spanText(s.Under))
}

// text puts into quotes what would be read as a word.
func (w *filterWriter) text(text string) {
	if strings.ContainsAny(text, ":<>") {
		w.add(`"` + escape.Replace(text) + `"`)
		return
	}
	w.add(inQuotes(text))
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func inQuotes(value string) string {
	if value != "" && !strings.Contains(value, `"`) && !strings.ContainsFunc(value, unicode.IsSpace) {
		return value
	}
	return `"` + escape.Replace(value) + `"`
}

func spanText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func dayText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	if at.Equal(at.Truncate(24 * time.Hour)) {
		return at.Format(time.DateOnly)
	}
	return at.Format(time.RFC3339Nano)
}
