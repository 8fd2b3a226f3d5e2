package client

import (
	"context"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/job"
)

type (
	// An ErrorGroup is the errors that have task, code and pattern in common.
	ErrorGroup = job.ErrorGroup
	// A GroupedError is one error of a group.
	GroupedError = job.GroupedError
	// An ErrorFilter chooses groups of errors.
	ErrorFilter = job.ErrorFilter
)

// An ErrorGroupList is one page of groups, last seen first.
type ErrorGroupList struct {
	Groups []ErrorGroup `json:"groups"`
	Next   string       `json:"next,omitempty"` // cursor of the next page: ErrorFilter.Before
}

// An ErrorGroupPage is a group and one page of its errors, newest first.
type ErrorGroupPage struct {
	Group  ErrorGroup     `json:"group"`
	Errors []GroupedError `json:"errors"`
	Next   string         `json:"next,omitempty"` // cursor of the next page
}

// ErrorGroups lists groups of errors, last seen first.
func (c *Client) ErrorGroups(ctx context.Context, f ErrorFilter) (ErrorGroupList, error) {
	q := url.Values{}
	set(q, "task", f.Task)
	set(q, "client", f.Client)
	set(q, "q", f.Text)
	setTime(q, "from", f.From)
	setTime(q, "to", f.To)
	set(q, "before", f.Before)
	setNumber(q, "limit", int64(f.Limit))
	return get[ErrorGroupList](ctx, c, path("errors"), q)
}

// ErrorGroup returns a group, or what a client has of it, with errors from
// behind the cursor before.
func (c *Client) ErrorGroup(ctx context.Context, fingerprint, of, before string, limit int) (ErrorGroupPage, error) {
	q := url.Values{}
	set(q, "client", of)
	set(q, "before", before)
	setNumber(q, "limit", int64(limit))
	return get[ErrorGroupPage](ctx, c, path("errors", fingerprint), q)
}
