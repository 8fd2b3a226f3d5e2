package config

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Brakes say how much a sync may change before people must let it through.
// Limits of drops and changes are by scope: section, school, term, sync; those
// of errors by stream. What is not named has its default.
type Brakes struct {
	Drops   map[string]Limit `yaml:"drops"`
	Changes map[string]Limit `yaml:"changes"`
	Errors  map[string]Limit `yaml:"errors"`
}

// A Limit says how much is usual. One that is "off" has none.
type Limit struct {
	Count   int     `yaml:"count"`   // more are unusual, whatever their share; 0: however many
	Percent float64 `yaml:"percent"` // so is a greater share, in percent; 0: whatever share
	Above   int     `yaml:"above"`   // which counts only where there are more than so many
}

// UnmarshalYAML accepts the word off.
func (l *Limit) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Value == "off" {
		*l = Limit{}
		return nil
	}
	type plain Limit
	if node.Kind != yaml.MappingNode {
		return fault.New(fault.Invalid, "line %d: a limit is the word off, or has count, percent and above", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		if key := node.Content[i].Value; !slices.Contains([]string{"count", "percent", "above"}, key) {
			return fault.New(fault.Invalid, "line %d: there is no setting %s of a limit; there are count, percent, above", node.Content[i].Line, key)
		}
	}
	return node.Decode((*plain)(l))
}

// A Freeze is a stretch of days in which nothing is changed in the LMS.
type Freeze struct {
	From   Date   `yaml:"from"` // its first day
	To     Date   `yaml:"to"`   // its last day
	Term   string `yaml:"term"` // id; empty: all of the sync
	Reason string `yaml:"reason"`
}

var (
	scopes  = []string{"section", "school", "term", "sync"}
	streams = []string{string(sis.Terms), string(sis.Persons), string(sis.Sections), string(sis.Registrations)}
)

func (b Brakes) validate(at string, say sayer) {
	validateLimits(at+".drops", b.Drops, scopes, say)
	validateLimits(at+".changes", b.Changes, scopes, say)
	validateLimits(at+".errors", b.Errors, streams, say)
}

func validateLimits(at string, limits map[string]Limit, names []string, say sayer) {
	for _, name := range sorted(limits) {
		l := limits[name]
		if !slices.Contains(names, name) {
			say("%s.%s: there is no such brake; there are %s", at, name, oneOfWords(names))
		}
		if l.Count < 0 || l.Above < 0 || l.Percent < 0 || l.Percent > 100 {
			say("%s.%s: count and above must be 0 or more, percent 0 to 100", at, name)
		}
	}
}

func oneOfWords(names []string) (text string) {
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

func (s Sync) validatePlans(at string, say sayer) {
	s.Brakes.validate(at+".brakes", say)
	if s.Approvals < 0 || s.Approvals > 2 {
		say("%s.approvals is %d: it must be 1 or 2", at, s.Approvals)
	}
	if s.SecondOver < 0 {
		say("%s.second_approval_over is %d: it must be 0 or more", at, s.SecondOver)
	}
	if s.ApprovalDays < 0 || s.ApprovalDays > 90 {
		say("%s.approval_days is %d: it must be 1 to 90", at, s.ApprovalDays)
	}
	for i, f := range s.Freeze {
		switch {
		case f.From.IsZero() || f.To.IsZero():
			say("%s.freeze: window %d needs a day from and a day to, such as 2026-12-20", at, i+1)
		case f.To.Before(f.From.Date):
			say("%s.freeze: window %d ends on %s, before it begins on %s", at, i+1, f.To, f.From)
		}
	}
}
