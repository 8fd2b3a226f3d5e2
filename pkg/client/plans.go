package client

import (
	"context"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// A PlanHold is why some effects of a plan are not applied.
type PlanHold = sync.Hold

// A PlanFilter chooses plans of a sync.
type PlanFilter struct {
	State  sync.PlanState
	Before string // cursor: only plans older than the one of this id
	Limit  int
}

// PlanList is one page of plans, newest first.
type PlanList struct {
	Plans []Plan `json:"plans"`
	Next  string `json:"next,omitempty"` // cursor of the next page: PlanFilter.Before
}

// DecidePlan approves or rejects what a plan holds.
type DecidePlan struct {
	Hold   string `json:"hold,omitempty"` // id of one hold; empty: all that wait
	Reason string `json:"reason"`
}

// DecidedPlan is a plan after a decision, and the job that goes on with it.
type DecidedPlan struct {
	Plan Plan `json:"plan"`
	Job  *Job `json:"job,omitempty"` // absent: nothing is to be applied yet
}

// UndoPlan says why a plan is to be taken back.
type UndoPlan struct {
	Reason string `json:"reason"`
}

// ReleasePlan has later runs plan again what a plan keeps from being written.
type ReleasePlan struct {
	Effect string `json:"effect,omitempty"` // key of one effect; empty: all
	Reason string `json:"reason"`
}

// ReleasedPlan says how much was released.
type ReleasedPlan struct {
	Released int64 `json:"released"`
}

// Plans lists plans of a sync, newest first.
func (c *Client) Plans(ctx context.Context, sync string, f PlanFilter) (PlanList, error) {
	q := url.Values{}
	set(q, "state", string(f.State))
	set(q, "before", f.Before)
	setNumber(q, "limit", int64(f.Limit))
	return get[PlanList](ctx, c, path("syncs", sync, "plans"), q)
}

// ApprovePlan lets through what a plan holds, once enough people have said so.
func (c *Client) ApprovePlan(ctx context.Context, sync, plan string, d DecidePlan) (DecidedPlan, error) {
	return post[DecidedPlan](ctx, c, path("syncs", sync, "plans", plan, "approve"), d)
}

// RejectPlan says that what a plan holds is not wanted.
func (c *Client) RejectPlan(ctx context.Context, sync, plan string, d DecidePlan) (DecidedPlan, error) {
	return post[DecidedPlan](ctx, c, path("syncs", sync, "plans", plan, "reject"), d)
}

// UndoPlan starts the job that plans how to take a plan back; the new plan has
// the job's id, and waits for approval.
func (c *Client) UndoPlan(ctx context.Context, sync, plan string, u UndoPlan) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "plans", plan, "undo"), u)
}

// ReleasePlan has later runs plan again what a plan keeps from being written.
func (c *Client) ReleasePlan(ctx context.Context, sync, plan string, r ReleasePlan) (ReleasedPlan, error) {
	return post[ReleasedPlan](ctx, c, path("syncs", sync, "plans", plan, "release"), r)
}
