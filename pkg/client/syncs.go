package client

import (
	"context"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// The vocabulary of syncs, as it stands in the API.
type (
	// A Status is how a sync stands, in numbers.
	Status = sync.Status
	// A Plan is what a run is about to write to the LMS.
	Plan = sync.Plan
	// An Effect is one write to the LMS, with its before and after.
	Effect = sync.Effect
	// An EffectFilter chooses effects.
	EffectFilter = sync.EffectFilter
)

// A Sync is one pairing of a source with a target, as it is configured.
type Sync struct {
	Name              string   `json:"name"`
	Client            string   `json:"client"`
	Source            string   `json:"source"`
	Target            string   `json:"target"`
	Terms             []string `json:"terms"` // empty: all
	CreateCourses     bool     `json:"create_courses"`
	OrientationCourse string   `json:"orientation_course,omitempty"`
	TimeZone          string   `json:"time_zone"`
	AsOf              string   `json:"as_of,omitempty"` // taken for today
	Cron              string   `json:"cron,omitempty"`
}

// SyncList is every sync.
type SyncList struct {
	Syncs []Sync `json:"syncs"`
}

// SyncDetail is a sync and how it stands.
type SyncDetail struct {
	Sync   Sync   `json:"sync"`
	Status Status `json:"status"`
}

// RunSync starts a sync.
type RunSync struct {
	DryRun     bool `json:"dry_run,omitempty"`     // make a plan and change nothing
	AllowDrops int  `json:"allow_drops,omitempty"` // let up to this many drops through that would be held
}

// A Run is one pass of a sync through its steps.
type Run struct {
	Sync      string        `json:"sync"`
	Root      string        `json:"root"` // id of the job that it began with
	DryRun    bool          `json:"dry_run"`
	Steps     []Step        `json:"steps"` // in order
	Done      bool          `json:"done"`  // nothing will follow
	Succeeded bool          `json:"succeeded"`
	Errors    int64         `json:"errors"`            // record errors of all steps
	Plan      *Plan         `json:"plan,omitempty"`    // once it is made
	Effects   []EffectCount `json:"effects,omitempty"` // of the plan, once the run is done
}

// A Step is one step of a run.
type Step struct {
	Task string `json:"task"`
	Job  *Job   `json:"job,omitempty"` // absent: it has not begun
}

// An EffectCount says how many effects of a kind stand where.
type EffectCount struct {
	Op    sync.EffectOp    `json:"op"`
	State sync.EffectState `json:"state"`
	Count int64            `json:"count"`
}

// PlanPage is a plan and some of its effects, in order.
type PlanPage struct {
	Plan    Plan     `json:"plan"`
	Effects []Effect `json:"effects"`
	Next    int64    `json:"next,omitempty"` // where the next page begins; 0: this is the last
}

// Syncs returns every sync.
func (c *Client) Syncs(ctx context.Context) ([]Sync, error) {
	list, err := get[SyncList](ctx, c, path("syncs"), nil)
	return list.Syncs, err
}

// Sync returns a sync and how it stands.
func (c *Client) Sync(ctx context.Context, name string) (SyncDetail, error) {
	return get[SyncDetail](ctx, c, path("syncs", name), nil)
}

// RunSync starts a sync and returns its first job, whose id names the run.
func (c *Client) RunSync(ctx context.Context, name string, r RunSync) (Job, error) {
	return post[Job](ctx, c, path("syncs", name, "run"), r)
}

// Run returns how far a run has come.
func (c *Client) Run(ctx context.Context, sync, root string) (Run, error) {
	return get[Run](ctx, c, path("syncs", sync, "runs", root), nil)
}

// Plan returns a plan of a sync, the newest if id is empty, and those of its
// effects that f chooses.
func (c *Client) Plan(ctx context.Context, sync, id string, f EffectFilter) (PlanPage, error) {
	q := url.Values{}
	set(q, "id", id)
	set(q, "op", string(f.Op))
	set(q, "state", string(f.State))
	set(q, "hold", f.Hold)
	set(q, "person", f.Person)
	set(q, "section", f.Section)
	setNumber(q, "after", f.After)
	setNumber(q, "limit", int64(f.Limit))
	return get[PlanPage](ctx, c, path("syncs", sync, "plan"), q)
}
