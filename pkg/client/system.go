package client

import (
	"context"
	"io"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/job"
)

type (
	// A System is what the installation runs on: Redis, the ledger, its schedulers
	// and their clocks. What is nil or empty is unknown.
	System = job.System
	// A Scheduler is one of its scheduler processes.
	Scheduler = job.Scheduler
)

// Deposed is who led until then.
type Deposed struct {
	Leader string `json:"leader"`
}

// System returns what the installation runs on.
func (c *Client) System(ctx context.Context) (System, error) {
	return get[System](ctx, c, path("system"), nil)
}

// DeposeLeader has the scheduler that leads stop leading, as if its process had
// died; within 4 s one is elected anew. It returns who led. The reason is kept
// in the audit.
func (c *Client) DeposeLeader(ctx context.Context, reason string) (Deposed, error) {
	return post[Deposed](ctx, c, path("leader:depose"), Reason{reason})
}

// maxMetrics bounds a scrape.
const maxMetrics = 64 << 20

// Metrics returns what the server measures, as Prometheus reads it.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	resp, err := c.send(ctx, http.MethodGet, "/metrics", "", http.NoBody)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(io.LimitReader(resp.Body, maxMetrics))
}
