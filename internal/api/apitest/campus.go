package apitest

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// chain is the steps of a run.
var chain = []string{
	"sis.terms.pull", "sis.teachers.pull", "sis.sections.pull", "sis.sections.process",
	"sis.registrations.pull", "sis.plan", "sis.registrations.process",
}

// campus is the state of the one sync, main.
type campus struct {
	plans    []sync.Plan
	effects  []sync.Effect
	sections []sync.Section
	messages []sync.Message
	failing  string // a step that fails
}

func (p *Platform) openCampus() {
	for _, task := range chain {
		p.Declare(task, "A step of a sync.", `{"type":"object","additionalProperties":false,"required":["sync"],"properties":{
			"sync":{"type":"string"},"run":{"type":"string"},"plan":{"type":"string"},"dry_run":{"type":"boolean"},"allow_drops":{"type":"integer"}}}`)
	}
	p.Declare("sis.link", "Link a section by hand.", `{"type":"object","additionalProperties":false,"required":["sync","section","course"],"properties":{
		"sync":{"type":"string"},"section":{"type":"string"},"course":{"type":"string"},"reason":{"type":"string"}}}`)
	p.Declare("sis.attendance.collect", "Collect attendance.", `{"type":"object","additionalProperties":false,"required":["sync"],"properties":{
		"sync":{"type":"string"},"from":{"type":"string"},"to":{"type":"string"}}}`)
	p.Declare("sis.unlink", "Unlink a section.", `{"type":"object","additionalProperties":false,"required":["sync","section"],"properties":{
		"sync":{"type":"string"},"section":{"type":"string"},"reason":{"type":"string"}}}`)
	p.Declare("sis.undo", "Plan how to take a plan back.", `{"type":"object","additionalProperties":false,"required":["sync","plan","reason"],"properties":{
		"sync":{"type":"string"},"plan":{"type":"string"},"reason":{"type":"string"}}}`)
	p.declareWords()
	p.campus.sections = []sync.Section{
		{State: sync.SectionLinked, Section: sis.Section{Key: "s-1", Title: "Algebra", Code: "MAT-1", Terms: []string{"fall"}}, Link: &sync.Link{Section: "s-1", Course: "7", Shortname: "ALG", How: sync.Created, Linked: true, Changed: Now}},
		{State: sync.SectionAvailable, Trouble: "SECTION_UNLINKED", Reason: "No course is linked to the section.", Section: sis.Section{Key: "s-2", Title: "Biology", Code: "BIO-1", Terms: []string{"fall"}, CrossList: "bio-all"}},
	}
	p.campus.messages = []sync.Message{
		{ID: "m-2", Sync: "main", Stream: sis.Registrations, Key: "s-2|p-1|student", Op: sync.New, Where: "enrollments.csv:3", State: sync.Waiting, Code: "SECTION_UNLINKED", Reason: "The section is not linked to a course.", Received: Now, Changed: Now},
		{
			ID: "m-1", Sync: "main", Stream: sis.Persons, Key: "p-1", Op: sync.New, Where: "users.csv:2", State: sync.Applied, Received: Now, Changed: Now,
			Body:    json.RawMessage(`{"key":"p-1","username":"ada","email":"ada@example.edu","given":"Ada","family":"L","roles":["student"],"enabled":true}`),
			History: []sync.MessageEvent{{At: Now, State: sync.Received, By: "run"}, {At: Now, State: sync.Applied, By: "plan"}},
		},
	}
}

// Syncs returns the syncs of the settings.
func (p *Platform) Syncs() []sync.Sync {
	return []sync.Sync{{Name: "main", Client: job.DefaultClient, Source: "registrar", Target: "moodle", CreateCourses: true, Cron: "0 3 * * *"}}
}

// FailStep makes a step of runs fail.
func (p *Platform) FailStep(task string) { p.campus.failing = task }

// step lets a step of a run that has ended start the next one.
func (e Engine) step(j job.Job) {
	i := slices.Index(chain, j.Task)
	if i < 0 || j.State != job.Succeeded {
		return
	}
	var args struct {
		DryRun bool `json:"dry_run"`
	}
	_ = json.Unmarshal(j.Args, &args) // was checked when it was enqueued
	if j.Task == "sis.plan" {
		e.makePlan(j, args.DryRun)
	}
	if j.Task == "sis.registrations.process" {
		e.applyPlan()
	}
	if i+1 == len(chain) || args.DryRun && j.Task == "sis.plan" {
		return
	}
	id := uuid.Must(uuid.NewV7()).String()
	e.jobs[id] = job.Job{ID: id, Task: chain[i+1], Args: j.Args, Client: j.Client, Owner: "job " + j.ID, Queue: "worker", State: job.Queued, Parent: j.ID, Root: j.Root, Created: e.tick(), Due: Now}
}

func (e Engine) makePlan(j job.Job, dryRun bool) {
	state := sync.PlanApproved
	if dryRun {
		state = sync.PlanDraft
	}
	e.campus.plans = append(e.campus.plans, sync.Plan{
		ID: j.ID, Sync: "main", Kind: sync.ToSync, Run: j.Root, State: state, Created: Now, Changed: Now, Future: 1,
		Counts: map[sync.EffectOp]int64{sync.CreateUser: 1, sync.Enrol: 2, sync.Suspend: 1},
		Held:   []sync.Hold{{ID: "1", Code: "BRAKE_DROPS", State: sync.HoldWaits, Scope: sync.InTerm, Term: "fall", Drops: 1, Of: 9, Effects: 1, Needs: 1, Message: "1 of 9 registrations of fall would be dropped."}},
	})
	user := json.RawMessage(`{"key":"p-1","username":"ada","email":"ada@example.edu","given":"Ada","family":"L"}`)
	span := json.RawMessage(`{"start":"2026-09-01T04:00:00Z"}`)
	e.campus.effects = []sync.Effect{
		{Seq: 1, Op: sync.CreateUser, Key: "p-1", Person: "p-1", After: user, State: sync.EffectPlanned},
		{Seq: 2, Op: sync.Enrol, Key: "p-1|7|student", Person: "p-1", Section: "s-1", Course: "7", Role: sis.Student, After: span, State: sync.EffectPlanned},
		{Seq: 3, Op: sync.Enrol, Key: "p-2|7|student", Person: "p-2", Section: "s-1", Course: "7", Role: sis.Student, After: span, State: sync.EffectPlanned},
		{Seq: 4, Op: sync.Suspend, Key: "p-3|7|student", Person: "p-3", Section: "s-1", Course: "7", Role: sis.Student, Before: span, After: json.RawMessage(`{"suspended":true}`), State: sync.EffectHeld, Code: "BRAKE_DROPS", Hold: "1"},
	}
}

func (e Engine) applyPlan() {
	plan := &e.campus.plans[len(e.campus.plans)-1]
	switch {
	case plan.State == sync.PlanApproved && len(plan.Waits()) == 0:
		e.campus.effects[3].State, plan.State = sync.EffectApplied, sync.PlanDone
	case plan.State == sync.PlanApproved:
		plan.State = sync.PlanHeld
	}
	for i := range e.campus.effects {
		if e.campus.effects[i].State == sync.EffectPlanned {
			e.campus.effects[i].State = sync.EffectApplied
		}
	}
	e.campus.effects[2].State, e.campus.effects[2].Code, e.campus.effects[2].Message = sync.EffectFailed, "USER_GONE", "The account is gone from the LMS."
}

// SyncStatus implements api.Ledger.
func (l Ledger) SyncStatus(ctx context.Context, name string) (sync.Status, error) {
	return sync.Status{
		Sync:          name,
		Terms:         1,
		People:        sync.People{Known: 3, Linked: 2},
		Sections:      sync.Sections{Known: 2, Linked: 1, Available: 1},
		Links:         map[sync.LinkHow]int64{sync.Created: 1},
		Registrations: sync.Registrations{Active: 3, Waiting: 1},
		Enrolments:    sync.Enrolments{Active: 2},
		Effects:       map[sync.EffectOp]int64{sync.CreateUser: 2, sync.Enrol: 2},
		Messages:      map[sync.MessageState]int64{sync.Waiting: 1, sync.Applied: 1},
		Codes:         map[string]int64{"SECTION_UNLINKED": 1},
		Pulls:         []sync.Pull{{Stream: sis.Registrations, Snapshot: "2026-09-01.zip", Rows: 3, Complete: true, At: Now.Add(-10 * time.Minute)}},
	}, l.Ping(ctx)
}

// SISPlan implements api.Ledger.
func (l Ledger) SISPlan(ctx context.Context, name, id string) (sync.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range slices.Backward(l.campus.plans) {
		if id == "" || p.ID == id {
			return p, l.Ping(ctx)
		}
	}
	return sync.Plan{}, fault.New(fault.NotFound, "Sync %s has no plan yet.", name)
}

// SISPlans implements api.Ledger.
func (l Ledger) SISPlans(ctx context.Context, f sync.PlanFilter) ([]sync.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	plans := slices.Clone(l.campus.plans)
	slices.Reverse(plans)
	return page(plans, f.Limit, func(p sync.Plan) bool {
		return slices.Contains(f.Syncs, p.Sync) && (f.State == "" || f.State == p.State) && (f.Before == "" || p.ID < f.Before)
	}), l.Ping(ctx)
}

// DecideSIS implements api.Ledger: one person is enough.
func (l Ledger) DecideSIS(ctx context.Context, r sync.Ruling) (sync.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.campus.plans {
		p := &l.campus.plans[i]
		if p.ID != r.Plan || len(p.Waits()) == 0 {
			continue
		}
		p.State = map[sync.Choice]sync.PlanState{sync.Approve: sync.PlanApproved, sync.Reject: sync.PlanRejected}[r.Choice]
		p.Held = slices.Clone(p.Held)
		for n := range p.Held {
			p.Held[n].State = sync.HoldState(r.Choice)
			p.Held[n].Decisions = []sync.Decision{{Hold: p.Held[n].ID, Choice: r.Choice, By: r.By, Reason: r.Reason, At: r.At}}
		}
		return *p, l.Ping(ctx)
	}
	return sync.Plan{}, fault.New(fault.Conflict, "Nothing of plan %s waits for a decision.", r.Plan)
}

// ReleaseSIS implements api.Ledger.
func (l Ledger) ReleaseSIS(ctx context.Context, name, plan, _ string) (int64, error) {
	n, err := l.KeptSIS(ctx, name, plan)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "Nothing is kept from being written because of plan %s.", plan)
	}
	return n, err
}

// KeptSIS implements api.Ledger: what was rejected is kept.
func (l Ledger) KeptSIS(ctx context.Context, _, plan string) (n int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.campus.plans {
		if p.ID == plan && p.State == sync.PlanRejected {
			n = p.Effects()
		}
	}
	return n, l.Ping(ctx)
}

// SISEffects implements api.Ledger.
func (l Ledger) SISEffects(ctx context.Context, _ string, f sync.EffectFilter) ([]sync.Effect, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return page(l.campus.effects, f.Limit, func(e sync.Effect) bool {
		return e.Seq > f.After && (f.Op == "" || f.Op == e.Op) && (f.State == "" || f.State == e.State) && (f.Hold == "" || f.Hold == e.Hold) &&
			(f.Person == "" || f.Person == e.Person) && (f.Section == "" || f.Section == e.Section)
	}), l.Ping(ctx)
}

// SISPerson implements api.Ledger.
func (l Ledger) SISPerson(_ context.Context, name, key string) (sync.PersonFile, error) {
	if key != "p-1" && key != "p-gone" {
		return sync.PersonFile{}, fault.New(fault.NotFound, "The SIS has sent no person %q for sync %s.", key, name)
	}
	return sync.PersonFile{
		Sync: name, Gone: key == "p-gone",
		Person:        sis.Person{Key: key, Username: "ann", Email: "ann@school.example", Given: "Ann", Family: "O'Brien", Roles: []sis.Role{sis.Student}, Enabled: true},
		Account:       &sync.PersonLink{Person: key, User: "7", Username: "ann"},
		Registrations: []sis.Registration{{Key: "r-1", Section: "s-1", Person: key, Role: sis.Student}},
		Enrolments:    []sync.Enrolment{{Place: sync.Place{Person: key, Course: "7", Role: sis.Student}}},
		Messages:      l.campus.messages[:1],
		Effects:       2,
		Attendance:    []sync.Attendance{{AttendancePlace: sync.AttendancePlace{Section: "s-1", Person: key}, Minutes: 50, State: sync.AttPosted}},
		Seen:          []sync.Sighting{{Course: "7", At: Now}},
	}, l.Ping(context.Background())
}

// EraseSISPerson implements api.Ledger.
func (l Ledger) EraseSISPerson(ctx context.Context, name, key string) (sync.Erasure, error) {
	f, err := l.SISPerson(ctx, name, key)
	switch {
	case err != nil:
		return sync.Erasure{}, err
	case !f.Gone:
		return sync.Erasure{}, fault.New(fault.Conflict, "The SIS still sends person %q, and would bring everything back. Remove the person there first.", key)
	}
	return sync.Erasure{Messages: 1, Effects: f.Effects, Account: true, Seen: 1}, nil
}
