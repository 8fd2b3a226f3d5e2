package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The vocabulary of what is kept, as it stands in the API.
type (
	// A Retention is how long jobs, record errors and logs are kept.
	Retention = job.Retention
	// A RetentionRule is another retention for some jobs.
	RetentionRule = job.RetentionRule
	// A Prunable is how many jobs would be removed now.
	Prunable = job.Prunable
	// A Hold keeps jobs whatever the retention says.
	Hold = job.Hold
	// A HistoryDay is how many jobs of a day ended in one state.
	HistoryDay = job.HistoryDay
	// A HistoryFilter chooses the jobs that a history counts.
	HistoryFilter = job.HistoryFilter
)

// RetentionList is the retention of the settings and the rules over it, the most
// general first. Effective is what holds for the client and the task that were
// asked for.
type RetentionList struct {
	Base      Retention       `json:"base"`
	Rules     []RetentionRule `json:"rules"`
	Effective *Retention      `json:"effective,omitempty"`
}

// NewRetentionRule asks for a rule: days such as 400d, or forever. What is empty
// stays as the next best rule says.
type NewRetentionRule struct {
	Client string `json:"client,omitempty"`
	Tasks  string `json:"tasks,omitempty"`
	Jobs   string `json:"jobs,omitempty"`
	Errors string `json:"errors,omitempty"`
	Logs   string `json:"logs,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// HoldList is all holds.
type HoldList struct {
	Holds []Hold `json:"holds"`
}

// NewHold asks for a hold on a client, a task, a job or an owner.
type NewHold struct {
	Name   string `json:"name"`
	On     string `json:"on"`
	Of     string `json:"of"`
	Reason string `json:"reason"`
}

// History is how many jobs ended on each day, in each state.
type History struct {
	Days []HistoryDay `json:"days"`
}

// Retention returns what is kept and for how long; with a client or a task, also
// what holds for it.
func (c *Client) Retention(ctx context.Context, client, task string) (RetentionList, error) {
	q := url.Values{}
	set(q, "client", client)
	set(q, "task", task)
	return get[RetentionList](ctx, c, path("retention"), q)
}

// PutRetention sets a rule.
func (c *Client) PutRetention(ctx context.Context, n NewRetentionRule) (rule RetentionRule, err error) {
	_, err = c.do(ctx, http.MethodPut, path("retention"), n, &rule)
	return rule, err
}

// PreviewRetention says how many jobs would go now if a rule were set.
func (c *Client) PreviewRetention(ctx context.Context, n NewRetentionRule) (Prunable, error) {
	return post[Prunable](ctx, c, path("retention:preview"), n)
}

// DeleteRetention removes the rule for a client and tasks.
func (c *Client) DeleteRetention(ctx context.Context, client, tasks, reason string) (rule RetentionRule, err error) {
	q := url.Values{}
	set(q, "client", client)
	set(q, "tasks", tasks)
	set(q, "reason", reason)
	_, err = c.do(ctx, http.MethodDelete, path("retention")+"?"+q.Encode(), nil, &rule)
	return rule, err
}

// Holds returns all holds by name.
func (c *Client) Holds(ctx context.Context) ([]Hold, error) {
	list, err := get[HoldList](ctx, c, path("holds"), nil)
	return list.Holds, err
}

// PutHold sets a hold.
func (c *Client) PutHold(ctx context.Context, n NewHold) (hold Hold, err error) {
	_, err = c.do(ctx, http.MethodPut, path("holds"), n, &hold)
	return hold, err
}

// LiftHold takes a hold away, for a reason that the audit keeps.
func (c *Client) LiftHold(ctx context.Context, name, reason string) (hold Hold, err error) {
	q := url.Values{}
	set(q, "name", name)
	set(q, "reason", reason)
	_, err = c.do(ctx, http.MethodDelete, path("holds")+"?"+q.Encode(), nil, &hold)
	return hold, err
}

// History returns how many jobs ended on each day, those included that were
// removed since.
func (c *Client) History(ctx context.Context, f HistoryFilter) (History, error) {
	q := url.Values{}
	set(q, "client", f.Client)
	set(q, "task", f.Task)
	setTime(q, "from", f.From)
	setTime(q, "to", f.To)
	return get[History](ctx, c, path("history"), q)
}
