package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

type planPage struct {
	frame
	planRow
	Figures  []planFigure
	Kept     int64 // changes that are not made because of this plan
	Decides  bool  // whoever looks may decide
	CanUndo  bool
	Filter   sync.EffectFilter
	Ops      []sync.EffectOp
	States   []sync.EffectState
	Effects  []effectRow
	First    string // URLs; empty: nowhere to go
	Next     string
	Undoes   string // URL of the plan that this one takes back
	Filtered bool
}

// A planFigure is how many changes of a kind a plan has.
type planFigure struct {
	Word string
	N    int64
}

// An effectRow is a change with what differs, in words.
type effectRow struct {
	sync.Effect
	Word    string
	Chip    chip
	Changes []fieldChange
}

// A fieldChange is one field of what a change writes. From is empty where
// nothing was there.
type fieldChange struct{ Name, From, To string }

var effectChips = map[sync.EffectState]chip{
	sync.EffectPlanned:  {"Planned", "clock", "queued"},
	sync.EffectHeld:     {"Held", "held", "held"},
	sync.EffectSent:     {"Sent", "running", "running"},
	sync.EffectUnknown:  {"Unknown", "alert", "retrying"},
	sync.EffectApplied:  {"Applied", "check", "succeeded"},
	sync.EffectFailed:   {"Failed", "failed", "failed"},
	sync.EffectRejected: {"Rejected", "aborted", "aborted"},
	sync.EffectSkipped:  {"Left alone", "aborted", "aborted"},
	sync.EffectUndone:   {"Undone", "retry", "aborted"},
}

// plan serves GET /plans/{sync}/{plan}: one plan, change by change.
func (s *server) plan(w http.ResponseWriter, r *http.Request) error {
	page, err := s.planPage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "plan", page)
}

func (s *server) planPage(r *http.Request) (page planPage, err error) {
	ctx, name := r.Context(), r.PathValue("sync")
	if !slices.Contains(s.syncs(ctx), name) {
		return page, fault.New(fault.NotFound, "There is no sync “%s”.", name)
	}
	p, err := s.Plans.SISPlan(ctx, name, r.PathValue("plan"))
	if err != nil {
		return page, fmt.Errorf("read plan: %w", err)
	}
	if page.Kept, err = s.Plans.KeptSIS(ctx, name, p.ID); err != nil {
		return page, fmt.Errorf("count what a plan keeps: %w", err)
	}
	page.planRow, page.Decides = planRowOf(p), s.Plans.OperatesSync(ctx, name)
	page.CanUndo = page.Decides && p.Kind != sync.ToUndo && slices.Contains([]sync.PlanState{sync.PlanDone, sync.PlanHeld, sync.PlanAborted, sync.PlanWaiting, sync.PlanExpired}, p.State)
	if p.Undoes != "" {
		page.Undoes = planPath(sync.Plan{Sync: p.Sync, ID: p.Undoes})
	}
	for _, op := range sync.EffectOps {
		if n := p.Counts[op]; n > 0 {
			page.Figures = append(page.Figures, planFigure{effectWord(op), n})
		}
	}
	if page.frame, err = s.frame(ctx, "Plan", "plans"); err != nil {
		return page, err
	}
	return page, page.list(s, r)
}

// list reads one page of the changes that the URL chooses.
func (p *planPage) list(s *server, r *http.Request) error {
	q := r.URL.Query()
	after, err := strconv.ParseInt(either(q.Get("after") == "", "0", q.Get("after")), 10, 64)
	if err != nil || after < 0 {
		return fault.New(fault.Invalid, "The number of a change is 0 or more, not “%s”.", q.Get("after")).In("after")
	}
	p.Ops, p.States = sync.EffectOps, sync.EffectStates
	p.Filter = sync.EffectFilter{
		Op: sync.EffectOp(q.Get("op")), State: sync.EffectState(q.Get("state")), Hold: q.Get("hold"),
		Person: strings.TrimSpace(q.Get("person")), Section: strings.TrimSpace(q.Get("section")), After: after, Limit: perPage + 1,
	}
	p.Filtered = p.Filter != sync.EffectFilter{After: after, Limit: perPage + 1}
	effects, err := s.Plans.SISEffects(r.Context(), p.ID, p.Filter)
	if err != nil {
		return fmt.Errorf("list changes: %w", err)
	}
	if after > 0 {
		p.First = with(p.URL, q, "after", "")
	}
	if len(effects) > perPage {
		effects = effects[:perPage]
		p.Next = with(p.URL, q, "after", strconv.FormatInt(effects[perPage-1].Seq, 10))
	}
	for _, e := range effects {
		p.Effects = append(p.Effects, effectRow{e, effectWord(e.Op), effectChips[e.State], fieldChanges(e.Before, e.After)})
	}
	return nil
}

func effectWord(op sync.EffectOp) string { return strings.ReplaceAll(string(op), "_", " ") }

// fieldChanges returns what differs between before and after, by field.
func fieldChanges(before, after json.RawMessage) (all []fieldChange) {
	var was, is map[string]any
	if json.Unmarshal(after, &is) != nil {
		return nil
	}
	_ = json.Unmarshal(before, &was) // nothing was there
	names := maps.Clone(is)
	maps.Copy(names, was)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		from, to := valueWord(was[name]), valueWord(is[name])
		if from != to {
			all = append(all, fieldChange{name, from, to})
		}
	}
	return all
}

func valueWord(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return either(v, "yes", "no")
	}
	return fmt.Sprint(v)
}

type planDeedPage struct {
	planPage
	planDeed
	Hold    *sync.Hold // what it is about; nil: all that waits
	Message string
}

// A planDeed is what a person can do about a plan: a page that asks why, and
// what its form does.
type planDeed struct {
	Path, Asks, Says, Button string
	Danger                   bool
	do                       func(s *server, r *http.Request, p sync.Plan, reason string) (to string, err error)
}

var planDeeds = []planDeed{
	{"approve", "Let this through?", "The run that made the plan goes on, and makes exactly these changes. One that is not as it was any more is left to the next run.", "Approve", false, rule(sync.Approve)},
	{"reject", "Reject this?", "These changes are not made, and nobody is asked again until the SIS changes those records, or somebody releases them.", "Reject", true, rule(sync.Reject)},
	{
		"undo", "Take this plan back?", "A new plan is made that takes back what this one did: you see it first, and it waits for approval. Nobody is deleted, and what changed since is left alone.", "Plan the undo", true,
		func(s *server, r *http.Request, p sync.Plan, reason string) (string, error) {
			j, err := s.Plans.UndoPlan(r.Context(), p.Sync, p.ID, reason)
			return jobPath(j.ID), err
		},
	},
	{
		"release", "Release what is kept?", "The next run plans again what was rejected in this plan, or undone by it.", "Release", false,
		func(s *server, r *http.Request, p sync.Plan, reason string) (string, error) {
			_, err := s.Plans.ReleasePlan(r.Context(), p.Sync, p.ID, "", reason)
			return planPath(p), err
		},
	},
}

// rule decides on what a plan holds, or on the one hold that the form names.
func rule(choice sync.Choice) func(s *server, r *http.Request, p sync.Plan, reason string) (string, error) {
	return func(s *server, r *http.Request, p sync.Plan, reason string) (string, error) {
		_, _, err := s.Plans.DecidePlan(r.Context(), sync.Ruling{Sync: p.Sync, Plan: p.ID, Hold: r.PostFormValue("hold"), Choice: choice, Reason: reason})
		return planPath(p), err
	}
}

// askPlan serves the page that asks why, and does nothing.
func (s *server) askPlan(d planDeed) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		page, err := s.planPage(r)
		if err != nil {
			return err
		}
		ask := planDeedPage{planPage: page, planDeed: d}
		ask.Title = d.Button
		for _, h := range page.Held {
			if h.ID != "" && h.ID == r.URL.Query().Get("hold") {
				ask.Hold = &h
			}
		}
		return s.render(w, r, http.StatusOK, "decide-plan", ask)
	}
}

// doPlan serves the form of that page.
func (s *server) doPlan(d planDeed) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		reason, err := reasonOf(r)
		if err != nil {
			return err
		}
		to, err := d.do(s, r, sync.Plan{Sync: r.PathValue("sync"), ID: r.PathValue("plan")}, reason)
		if err != nil {
			return fmt.Errorf("%s plan: %w", d.Path, err)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}
