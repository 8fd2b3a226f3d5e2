package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// Plans is what syncs are about to change in the LMS, and how people decide
// about it, each in their own name.
type Plans interface {
	SISPlans(ctx context.Context, f sync.PlanFilter) ([]sync.Plan, error)
	// SISPlan returns a plan with what was decided about it.
	SISPlan(ctx context.Context, name, id string) (sync.Plan, error)
	SISEffects(ctx context.Context, plan string, f sync.EffectFilter) ([]sync.Effect, error)
	// KeptSIS counts what people do not want written because of a plan.
	KeptSIS(ctx context.Context, name, plan string) (int64, error)

	// OperatesSync tells whether whoever acts may decide on plans of a sync.
	OperatesSync(ctx context.Context, name string) bool
	// DecidePlan returns the job that goes on with the plan, if one does.
	DecidePlan(ctx context.Context, r sync.Ruling) (sync.Plan, *job.Job, error)
	// UndoPlan starts the job whose id is that of the plan that undoes another.
	UndoPlan(ctx context.Context, name, plan, reason string) (job.Job, error)
	ReleasePlan(ctx context.Context, name, plan, effect, reason string) (int64, error)
}

type plansPage struct {
	frame
	Sentence string
	Tabs     []tab
	Rows     []planRow
	Newest   string // URLs; empty: nowhere to go
	Older    string
}

// A planRow is a plan as lists show it.
type planRow struct {
	sync.Plan
	Chip chip
	URL  string
}

var planChips = map[sync.PlanState]chip{
	sync.PlanDraft:    {"Dry run", "edit", "aborted"},
	sync.PlanApproved: {"To be applied", "clock", "queued"},
	sync.PlanApplying: {"Being applied", "running", "running"},
	sync.PlanHeld:     {"Waits for a person", "held", "held"},
	sync.PlanWaiting:  {"Frozen", "waiting", "waiting"},
	sync.PlanDone:     {"Done", "check", "succeeded"},
	sync.PlanRejected: {"Rejected", "aborted", "aborted"},
	sync.PlanAborted:  {"Replaced", "retry", "aborted"},
	sync.PlanExpired:  {"Expired", "failed", "aborted"},
}

func planPath(p sync.Plan) string {
	return "/plans/" + url.PathEscape(p.Sync) + "/" + url.PathEscape(p.ID)
}

func planRowOf(p sync.Plan) planRow { return planRow{p, planChips[p.State], planPath(p)} }

// plans serves GET /plans: of every sync that may be seen, the newest first.
func (s *server) plans(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := sync.PlanFilter{Syncs: s.syncs(r.Context()), State: sync.PlanState(q.Get("state")), Before: q.Get("before"), Limit: perPage + 1}
	if f.State != "" && !slices.Contains(sync.PlanStates, f.State) {
		return fault.New(fault.Invalid, "Plans are never “%s”.", f.State).In("state")
	}
	frame, err := s.frame(r.Context(), "Plans", "plans")
	if err != nil {
		return err
	}
	page := plansPage{frame: frame, Sentence: plansSentence(frame.Plans), Tabs: []tab{
		{"All", 0, with("/plans", q, "before", "", "state", ""), f.State == ""},
		{"Wait for a person", frame.Plans, with("/plans", q, "before", "", "state", "held"), f.State == sync.PlanHeld},
	}}
	found, err := s.Plans.SISPlans(r.Context(), f)
	if err != nil {
		return fmt.Errorf("list plans: %w", err)
	}
	page.fill(found, q)
	return s.render(w, r, http.StatusOK, "plans", page)
}

func (p *plansPage) fill(found []sync.Plan, q url.Values) {
	if q.Get("before") != "" {
		p.Newest = with("/plans", q, "before", "")
	}
	if len(found) > perPage {
		found = found[:perPage]
		p.Older = with("/plans", q, "before", found[perPage-1].ID)
	}
	for _, one := range found {
		p.Rows = append(p.Rows, planRowOf(one))
	}
}

func plansSentence(held int64) string {
	if held == 0 {
		return "Nothing waits for a decision."
	}
	return counted(held, "plan waits", "plans wait") + " for a person to decide."
}

// heldPlans counts the plans that wait for people, of those that may be seen.
func (s *server) heldPlans(ctx context.Context) (int64, error) {
	if s.Plans == nil {
		return 0, nil
	}
	held, err := s.Plans.SISPlans(ctx, sync.PlanFilter{Syncs: s.syncs(ctx), State: sync.PlanHeld, Limit: 500})
	if err != nil {
		return 0, fmt.Errorf("count plans that wait: %w", err)
	}
	return int64(len(held)), nil
}
