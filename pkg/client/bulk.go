package client

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/job"
)

// What is done to many jobs at once, as it stands in the API.
type (
	// A Bulk says what to do to which jobs.
	Bulk = job.Bulk
	// BulkResult is what became of a Bulk.
	BulkResult = job.BulkResult
	// BulkRefusal is why something was not done to some jobs.
	BulkRefusal = job.BulkRefusal
)

// AbortMany stops the jobs of a filter that have not ended, or those that are
// named. Ask with DryRun first, and say then how many were expected.
func (c *Client) AbortMany(ctx context.Context, b Bulk) (BulkResult, error) {
	return post[BulkResult](ctx, c.patient(), path("jobs:abort"), b)
}

// RetryMany makes new jobs of those of a filter that ended without success, or
// of those that are named. Ask with DryRun first, and say then how many were
// expected.
func (c *Client) RetryMany(ctx context.Context, b Bulk) (BulkResult, error) {
	return post[BulkResult](ctx, c.patient(), path("jobs:retry"), b)
}

// patient is c without a limit of time but that of the context: many jobs take as
// long as they take.
func (c *Client) patient() *Client {
	endless := *c.http
	endless.Timeout = 0
	return &Client{c.server, c.token, &endless}
}
