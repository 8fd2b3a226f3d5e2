// Package apitest is Beadle's engine and ledger in memory, for tests of what
// stands in front of them. Jobs move on by being looked at: each time that the
// engine is asked for a job, it comes one step nearer to its end.
package apitest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Now is when everything happens.
var Now = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// A Platform is the state that an [Engine] and a [Ledger] share.
type Platform struct {
	mu         sync.Mutex
	jobs       map[string]job.Job
	past       map[string]bool // known to the ledger only
	keys       map[string]string
	errors     map[string][]job.RecordError
	logs       map[string][]job.LogLine
	clients    map[string]job.Client
	tasks      []job.Declaration
	schedules  []job.Schedule
	slots      []job.Slot
	enqueued   int
	ticks      time.Duration
	redisDown  bool
	booksDown  bool
	steady     int // batches that are accepted before some are refused
	falters    int // how many are refused
	unrecorded int64
	book       book
	recoveries recoveries
	locks      locks
	queues     queues
	levels     map[string]job.LevelWish // that people want of processes
	campus     campus
	audit      []job.AuditEntry // oldest first
	retention  retention
}

// New returns a platform with two tasks, a schedule, a client and no jobs.
func New() *Platform {
	p := &Platform{
		jobs: map[string]job.Job{}, past: map[string]bool{}, keys: map[string]string{},
		errors: map[string][]job.RecordError{}, logs: map[string][]job.LogLine{},
		clients: map[string]job.Client{job.DefaultClient: {Name: job.DefaultClient, Title: "Default", Created: Now.AddDate(0, -1, 0)}},
	}
	p.Declare("roster.sync", "Bring one school up to date.", `{"type":"object","additionalProperties":false,"required":["school"],"properties":{
		"school":{"type":"string","description":"the school's id in the SIS"},
		"limit":{"type":"integer"},
		"since":{"type":"string","format":"date-time"},
		"dry_run":{"type":"boolean"},
		"groups":{"type":"array","items":{"type":"string"}},
		"outcome":{"type":"string","description":"how it ends"}}}`)
	p.Declare("cache.clear", "Empty the caches.", `{"type":"object","additionalProperties":false}`)
	p.openBook()
	p.openCampus()
	return p
}

// Declare announces a task.
func (p *Platform) Declare(name, summary, schema string) {
	p.tasks = append(p.tasks, job.Declaration{
		Name: name, Summary: summary, Queue: "worker", Schema: json.RawMessage(schema),
		Timeout: time.Hour, Attempts: 5, Backoff: time.Second, Build: "test", BuiltAt: Now,
	})
}

// Locking makes jobs of a task that have no arguments write a resource.
func (p *Platform) Locking(task, resource string) {
	for i := range p.tasks {
		if p.tasks[i].Name == task {
			p.tasks[i].Locks, p.tasks[i].Writes = true, []string{resource}
		}
	}
}

// Seed adds a job as it is; the ledger alone knows it if it has ended.
func (p *Platform) Seed(j job.Job) job.Job {
	p.mu.Lock()
	defer p.mu.Unlock()
	j.Client = cmp.Or(j.Client, job.DefaultClient)
	j.Task = cmp.Or(j.Task, "roster.sync")
	j.Root = cmp.Or(j.Root, j.ID)
	j.Queue = "worker"
	if j.Args == nil {
		j.Args = json.RawMessage(`{"school":"17"}`)
	}
	if j.Created.IsZero() {
		j.Created = Now.Add(-time.Hour)
	}
	j.Due = j.Created
	p.jobs[j.ID], p.past[j.ID] = j, j.State.Final()
	return j
}

// SeedErrors gives a job record errors.
func (p *Platform) SeedErrors(id string, errors ...job.RecordError) { p.errors[id] = errors }

// SeedLogs gives a job log lines.
func (p *Platform) SeedLogs(id string, lines ...job.LogLine) { p.logs[id] = lines }

// SeedClient adds a client as it is.
func (p *Platform) SeedClient(c job.Client) { p.clients[c.Name] = c }

// StopRedis makes the engine unavailable.
func (p *Platform) StopRedis() { p.redisDown = true }

// Falter refuses the next n batches: Redis is back a second later.
func (p *Platform) Falter(n int) { p.FalterAfter(0, n) }

// FalterAfter accepts some batches and then refuses n.
func (p *Platform) FalterAfter(some, n int) { p.steady, p.falters = some, n }

// Lag says how many events wait to be recorded.
func (p *Platform) Lag(events int64) { p.unrecorded = events }

// StopLedger makes the ledger unavailable.
func (p *Platform) StopLedger() { p.booksDown = true }

// tick returns the time of creation of the next job: later ones come later.
func (p *Platform) tick() time.Time {
	p.ticks++
	return Now.Add(p.ticks)
}

// Enqueued returns how many jobs were accepted.
func (p *Platform) Enqueued() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.enqueued
}

// An Engine implements api.Engine.
type Engine struct{ *Platform }

func (e Engine) check() error {
	if e.redisDown {
		return &fault.Error{Kind: fault.Unavailable, Msg: "Redis does not answer.", After: 7 * time.Second}
	}
	return nil
}

// Enqueue implements api.Engine.
func (e Engine) Enqueue(_ context.Context, r job.Request) (job.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.enqueue(r)
}

// EnqueueBatch implements api.Engine.
func (e Engine) EnqueueBatch(_ context.Context, rs []job.Request) (all []api.Accepted, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.steady > 0:
		e.steady--
	case e.falters > 0:
		e.falters--
		return nil, &fault.Error{Kind: fault.Unavailable, Msg: "Redis does not answer.", After: time.Second}
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	for _, r := range rs {
		j, err := e.enqueue(r)
		all = append(all, api.Accepted{Job: j, Err: err})
	}
	return all, nil
}

func (e Engine) enqueue(r job.Request) (job.Job, error) {
	if err := e.check(); err != nil {
		return job.Job{}, err
	}
	if twin, taken := e.twin(r); taken {
		return twin, e.refusal(twin)
	}
	if known, ok := e.jobs[e.keys[r.Key]]; ok && r.Key != "" {
		if known.Task != r.Task || string(known.Args) != string(r.Args) {
			return job.Job{}, fault.New(fault.Conflict, "The key %s was used for job %s with other arguments.", r.Key, known.ID).In("key")
		}
		return known, nil
	}
	id := cmp.Or(r.ID, uuid.Must(uuid.NewV7()).String())
	j := job.Job{
		ID: id, Task: r.Task, Args: r.Args, Client: cmp.Or(r.Client, job.DefaultClient), Owner: r.Owner, Queue: "worker",
		Description: r.Description, State: job.Queued, Root: cmp.Or(r.Root, id), Parent: r.Parent, RetryOf: r.RetryOf,
		Schedule: r.Schedule, Trace: r.Trace, Tags: r.Tags, Created: e.tick(), Due: Now,
	}
	if !r.Expires.IsZero() {
		j.Expires = &r.Expires
	}
	if r.At.After(Now) {
		j.State, j.Due = job.Scheduled, r.At
	}
	e.jobs[id], e.keys[r.Key] = j, id
	e.enqueued++
	return j, nil
}

// Job implements api.Engine.
func (e Engine) Job(_ context.Context, id string) (job.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return job.Job{}, err
	}
	j, ok := e.jobs[id]
	if !ok || e.past[id] {
		return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
	}
	e.jobs[id] = e.next(j)
	return j, nil
}

// next moves a job on by one step.
func (e Engine) next(j job.Job) job.Job {
	switch {
	case j.State == job.Queued:
		j.State, j.Attempt, j.Started = job.Running, 1, new(Now)
		j.Progress = job.Progress{Stage: "users", Done: 1, Total: 2}
	case j.State == job.Running && j.Progress.Done < j.Progress.Total:
		j.Progress.Done++
		j.Progress.Created += 2
	case j.State == job.Running:
		j = e.ending(j)
		e.step(j)
	}
	return j
}

// ending ends a job the way that its argument outcome asks for, and as
// [Platform.FailStep] does.
func (e Engine) ending(j job.Job) job.Job {
	var args struct{ Outcome string }
	_ = json.Unmarshal(j.Args, &args) // other tasks have none
	j.State = job.State(cmp.Or(args.Outcome, string(job.Succeeded)))
	if j.Task == e.campus.failing {
		j.State = job.Failed
	}
	j.Ended = new(Now)
	if j.State != job.Succeeded {
		j.Reason = "The SIS could not be read: it answers 503."
	}
	return j
}

// Jobs implements api.Engine.
func (e Engine) Jobs(_ context.Context, ids []string) (map[string]job.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return nil, err
	}
	live := map[string]job.Job{}
	for _, id := range ids {
		if j, ok := e.jobs[id]; ok {
			if strings.HasPrefix(j.Task, "sis.") {
				j = e.next(j)
				e.jobs[id] = j
			}
			live[id] = j
		}
	}
	return live, nil
}

// Abort implements api.Engine.
func (e Engine) Abort(_ context.Context, id, by string) (job.Job, error) {
	return e.change(id, func(j *job.Job) error {
		switch {
		case j.State.Final():
			return fault.New(fault.Conflict, "Job %s has already %s.", id, j.State)
		case j.State == job.Running:
			j.Aborting = true
		default:
			j.State, j.Reason, j.Ended = job.Aborted, "Aborted by "+by+".", new(Now)
		}
		return nil
	})
}

// Hurry implements api.Engine.
func (e Engine) Hurry(_ context.Context, id string) (job.Job, error) {
	return e.change(id, func(j *job.Job) error {
		j.State, j.Due = job.Queued, Now
		return nil
	})
}

func (e Engine) change(id string, do func(*job.Job) error) (job.Job, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(); err != nil {
		return job.Job{}, err
	}
	j, ok := e.jobs[id]
	if !ok || e.past[id] {
		return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
	}
	if err := do(&j); err != nil {
		return job.Job{}, err
	}
	e.jobs[id] = j
	return j, nil
}

// Tasks implements api.Engine.
func (e Engine) Tasks(context.Context) ([]job.Declaration, error) {
	return slices.Clone(e.tasks), e.check()
}

// Workers implements api.Engine.
func (e Engine) Workers(context.Context) ([]job.Worker, error) {
	return []job.Worker{{
		ID: "w-1", Name: "campus-1", Host: "w1", PID: 4711, Queues: map[string]int{"worker": 1}, Concurrency: 10,
		Running: []string{"a", "b"}, Stuck: []string{"b"}, Labels: map[string]string{"zone": "b", "gpu": "yes"}, Build: "v0.1.0", Started: Now.Add(-3 * time.Hour), Seen: Now,
		Order: e.queues.order, OrderedBy: e.queues.by, Quiet: e.queues.order != "",
	}}, e.check()
}

// Epoch implements api.Engine.
func (e Engine) Epoch(context.Context) (string, error) { return "e", e.check() }

// Backlog implements api.Engine.
func (e Engine) Backlog(context.Context) (int64, error) { return e.unrecorded, e.check() }

// sorted returns all jobs, newest first.
func (p *Platform) sorted() []job.Job {
	return slices.SortedFunc(maps.Values(p.jobs), func(x, y job.Job) int {
		return cmp.Or(y.Created.Compare(x.Created), cmp.Compare(y.ID, x.ID))
	})
}
