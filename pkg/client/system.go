package client

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/job"
)

type (
	// A System is what the installation runs on: Redis, the ledger, its schedulers
	// and their clocks. What is nil or empty is unknown.
	System = job.System
	// A Scheduler is one of its scheduler processes.
	Scheduler = job.Scheduler
)

// System returns what the installation runs on.
func (c *Client) System(ctx context.Context) (System, error) {
	return get[System](ctx, c, path("system"), nil)
}
