package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The vocabulary of recoveries, as it stands in the API.
type (
	// A Recovery is one plan for all slots that went by while no scheduler
	// was up.
	Recovery = job.Recovery
	// A RecoveryState is how far a recovery is.
	RecoveryState = job.RecoveryState
	// A RecoveryPlan is a recovery with its steps, in order.
	RecoveryPlan = job.RecoveryPlan
	// A RecoveryStep is one slot of a recovery.
	RecoveryStep = job.RecoveryStep
)

// RecoveryList is recoveries, newest first.
type RecoveryList struct {
	Recoveries []Recovery `json:"recoveries"`
}

// Recoveries returns what there was to recover, newest first; 0 is the
// server's usual number of them.
func (c *Client) Recoveries(ctx context.Context, limit int) ([]Recovery, error) {
	q := url.Values{}
	setNumber(q, "limit", int64(limit))
	list, err := get[RecoveryList](ctx, c, path("recoveries"), q)
	return list.Recoveries, err
}

// Recovery returns a recovery with its steps; 0 is the newest.
func (c *Client) Recovery(ctx context.Context, id int64) (RecoveryPlan, error) {
	name := "latest"
	if id != 0 {
		name = strconv.FormatInt(id, 10)
	}
	return get[RecoveryPlan](ctx, c, path("recoveries", name), nil)
}

// ApproveRecovery lets a plan start that is held.
func (c *Client) ApproveRecovery(ctx context.Context, id int64, reason string) (Recovery, error) {
	return c.settle(ctx, id, "approve", reason)
}

// RejectRecovery makes the slots of a plan that have not started missed.
func (c *Client) RejectRecovery(ctx context.Context, id int64, reason string) (Recovery, error) {
	return c.settle(ctx, id, "reject", reason)
}

func (c *Client) settle(ctx context.Context, id int64, how, reason string) (Recovery, error) {
	return post[Recovery](ctx, c, path("recoveries", strconv.FormatInt(id, 10), how), Reason{reason})
}
