package job

import (
	"slices"
	"strings"
	"time"
)

// A Retention is how long the parts of a job are kept after it has ended.
type Retention struct {
	Jobs   Keep `json:"jobs"`
	Errors Keep `json:"errors"` // of its records; never longer than the job
	Logs   Keep `json:"logs"`   // never longer than the job
}

// A RetentionRule is another retention for the jobs of a client, of tasks, or
// of both. What it leaves out is that of the next best rule.
type RetentionRule struct {
	Client string    `json:"client,omitempty"` // empty: every client
	Tasks  string    `json:"tasks,omitempty"`  // a task, or those that begin so: "sis.*"; empty: every task
	Jobs   *Keep     `json:"jobs,omitempty"`
	Errors *Keep     `json:"errors,omitempty"`
	Logs   *Keep     `json:"logs,omitempty"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// SameScope reports whether two rules are for the same jobs.
func (r RetentionRule) SameScope(other RetentionRule) bool {
	return r.Client == other.Client && r.Tasks == other.Tasks
}

// Scope says in words what jobs r is for.
func (r RetentionRule) Scope() string {
	tasks, client := "all tasks", "every client"
	if r.Tasks != "" {
		tasks = "task " + r.Tasks
	}
	if r.Client != "" {
		client = "client " + r.Client
	}
	return tasks + " of " + client
}

func (r RetentionRule) fits(client, task string) bool {
	return Reach{Client: r.Client, Tasks: r.Tasks}.Fits(client, task, "")
}

// A RetentionPolicy is what decides how long jobs are kept: the platform's
// settings, and the rules over them.
type RetentionPolicy struct {
	Base  Retention       `json:"base"` // of the settings
	Rules []RetentionRule `json:"rules"`
}

// With returns p with r in the place of the rule of the same scope, if there is
// one.
func (p RetentionPolicy) With(r RetentionRule) RetentionPolicy {
	rules := slices.DeleteFunc(slices.Clone(p.Rules), r.SameScope)
	p.Rules = append(rules, r)
	return p
}

// Without returns p without the rule of that scope.
func (p RetentionPolicy) Without(r RetentionRule) RetentionPolicy {
	p.Rules = slices.DeleteFunc(slices.Clone(p.Rules), r.SameScope)
	return p
}

// For returns how long jobs of that client and task are kept. Each part is that
// of the most specific rule that says something of it: an exact task counts
// more than a pattern, a longer pattern more than a shorter one, and among
// equals a rule for one client more than a rule for all.
func (p RetentionPolicy) For(client, task string) Retention {
	r := p.Base
	for _, rule := range BySpecific(p.Rules) {
		if rule.fits(client, task) {
			override(&r.Jobs, rule.Jobs)
			override(&r.Errors, rule.Errors)
			override(&r.Logs, rule.Logs)
		}
	}
	r.Errors, r.Logs = r.Errors.shorter(r.Jobs), r.Logs.shorter(r.Jobs)
	return r
}

func override(keep *Keep, by *Keep) {
	if by != nil {
		*keep = *by
	}
}

// BySpecific returns rules in their order of precedence, the most general first:
// of those that are for a job, the last one that says something counts.
func BySpecific(rules []RetentionRule) []RetentionRule {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b RetentionRule) int { return a.rank() - b.rank() })
	return rules
}

// rank grows with how specific a rule is.
func (r RetentionRule) rank() int {
	begin, open := strings.CutSuffix(r.Tasks, "*")
	rank := 4 * len(begin)
	if r.Tasks != "" && !open {
		rank += 2
	}
	if r.Client != "" {
		rank++
	}
	return rank
}
