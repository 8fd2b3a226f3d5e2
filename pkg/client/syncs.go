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
	// A Message is one record that the SIS sent, and what became of it.
	Message = sync.Message
	// A MessageFilter chooses messages.
	MessageFilter = sync.MessageFilter
	// A Section is a class of the SIS and the course it is linked to.
	Section = sync.Section
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

// MessageList is one page of messages, newest first.
type MessageList struct {
	Messages []Message           `json:"messages"`
	Next     string              `json:"next,omitempty"` // cursor of the next page: MessageFilter.Before
	Counts   []sync.MessageCount `json:"counts"`         // all of the sync
}

// SectionList is the sections of a sync.
type SectionList struct {
	Sections []Section `json:"sections"`
}

// PlanPage is a plan and some of its effects, in order.
type PlanPage struct {
	Plan    Plan     `json:"plan"`
	Effects []Effect `json:"effects"`
	Next    int64    `json:"next,omitempty"` // where the next page begins; 0: this is the last
}

// LinkSection pairs a section with a course of the LMS.
type LinkSection struct {
	Section string `json:"section"` // its id in the SIS
	Course  string `json:"course"`  // id number, short name or id in the LMS
}

// UnlinkSection takes a section from its course.
type UnlinkSection struct {
	Section string `json:"section"`
	Reason  string `json:"reason,omitempty"`
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

// Messages lists messages of the sync that f names, newest first.
func (c *Client) Messages(ctx context.Context, f MessageFilter) (MessageList, error) {
	q := url.Values{}
	set(q, "stream", string(f.Stream))
	set(q, "state", string(f.State))
	set(q, "code", f.Code)
	set(q, "q", f.Text)
	set(q, "before", f.Before)
	setNumber(q, "limit", int64(f.Limit))
	return get[MessageList](ctx, c, path("syncs", f.Sync, "messages"), q)
}

// Sections lists sections of a sync: linked, available, unlinked or gone ones,
// or all if state is empty.
func (c *Client) Sections(ctx context.Context, sync, state string) ([]Section, error) {
	q := url.Values{}
	set(q, "state", state)
	list, err := get[SectionList](ctx, c, path("syncs", sync, "sections"), q)
	return list.Sections, err
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

// Link starts the job that links a section to a course by hand.
func (c *Client) Link(ctx context.Context, sync string, l LinkSection) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "link"), l)
}

// Unlink starts the job that unlinks a section, for good.
func (c *Client) Unlink(ctx context.Context, sync string, u UnlinkSection) (Job, error) {
	return post[Job](ctx, c, path("syncs", sync, "unlink"), u)
}
