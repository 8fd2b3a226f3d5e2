// Package api is Beadle's JSON API: what jobctl, the pages' scripts and other
// people's programs talk to. It is one [http.Handler], described by
// openapi.yaml beside it, which it serves too.
//
// Every answer is JSON. A request that is not carried out is answered by an
// error object with a stable code and a sentence for people, and changes
// nothing. No GET changes anything. Where a job stands is asked of the engine
// first and of the ledger for the rest, so that an id which was acknowledged
// is never answered by 404.
//
// [Guard] stands in front of the API and of the pages alike: it keeps out other
// sites' scripts, foreign host names and whoever lacks the token.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// Engine is what the API asks of the engine.
type Engine interface {
	// Enqueue returns the accepted job. If its id is not the request's, another
	// job stands for it: that of the same key, or the one that does the same.
	Enqueue(ctx context.Context, r job.Request) (job.Job, error)
	// EnqueueBatch is Enqueue of each, in order. Its error says that nothing
	// was tried.
	EnqueueBatch(ctx context.Context, rs []job.Request) ([]Accepted, error)
	Job(ctx context.Context, id string) (job.Job, error)
	Jobs(ctx context.Context, ids []string) (map[string]job.Job, error)
	Abort(ctx context.Context, id, by string) (job.Job, error)
	Hurry(ctx context.Context, id string) (job.Job, error)
	// Break takes the locks of a running job away and queues it again.
	Break(ctx context.Context, id, by, reason string) (job.Job, error)
	Tasks(ctx context.Context) ([]job.Declaration, error)
	Workers(ctx context.Context) ([]job.Worker, error)
	Epoch(ctx context.Context) (string, error)
	Backlog(ctx context.Context) (int64, error) // events that wait to be recorded
}

// Accepted is what became of one request of a batch.
type Accepted struct {
	Job job.Job
	Err error // Job is nothing if it is not nil
}

// Locks is what the API asks of the locks.
type Locks interface {
	List(ctx context.Context) ([]job.Lock, error)
	LiveLimits
}

// Ledger is what the API asks of the ledger.
type Ledger interface {
	Ping(ctx context.Context) error
	JobLedger
	ErrorLedger
	ClientLedger
	ScheduleLedger
	SyncLedger
	LimitLedger
	AuditLedger
}

// JobLedger is the record of jobs.
type JobLedger interface {
	Jobs(ctx context.Context, f job.Filter) ([]job.Job, error)
	Job(ctx context.Context, id string) (job.Job, error)
	Attempts(ctx context.Context, id string) ([]job.Attempt, error)
	// RecentDurations returns how long the last n jobs of that schedule took that
	// succeeded, or else those of the task and client; the newest first.
	RecentDurations(ctx context.Context, schedule, task, client string, n int) ([]job.Lasted, error)
	JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error)
	JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error)
	Counts(ctx context.Context, client string) (map[job.State]int64, error)
}

// ClientLedger is the record of clients.
type ClientLedger interface {
	Clients(ctx context.Context) ([]job.Client, error)
	Client(ctx context.Context, name string) (job.Client, error)
	UsableClient(ctx context.Context, name string) error
	CreateClient(ctx context.Context, c job.Client) (job.Client, error)
	EditClient(ctx context.Context, c job.Client) (job.Client, error)
}

// ScheduleLedger is the record of schedules and their slots.
type ScheduleLedger interface {
	Schedules(ctx context.Context) ([]job.Schedule, error)
	Schedule(ctx context.Context, name string) (job.Schedule, error)
	Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error)
}

// Timetable is what schedules mean, and how people change them. Its refusals
// name the field at fault. by is who changes something, and reason why.
type Timetable interface {
	// Create adds a schedule, from its name, task, client and rule. What has
	// no dialect may be cron or English.
	Create(ctx context.Context, s job.Schedule, by, reason string) (job.Schedule, error)
	// Edit refuses a change of an old revision, and says what changed since.
	Edit(ctx context.Context, name string, e job.Edit) (job.Schedule, error)
	Pause(ctx context.Context, name string, until time.Time, by, note string) (job.Schedule, error)
	Resume(ctx context.Context, name, by, reason string) (job.Schedule, error)
	Delete(ctx context.Context, name, by, reason string) error
	// Preview says what the rule of s means, with its next n firings.
	Preview(ctx context.Context, s job.Schedule, n int) (job.Preview, error)
	// Forecast returns the next n firings of a schedule, or of all.
	Forecast(ctx context.Context, schedule string, from time.Time, n int) ([]job.Firing, error)
	// NextOf returns when each of those schedules runs next, by name. One
	// that does not run is left out.
	NextOf(ctx context.Context, schedules []job.Schedule) (map[string]time.Time, error)
	Check(ctx context.Context, schedule string, from, to time.Time) (job.SlotCheck, error)
	Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error)
	// Clashes says which slots of s will want what jobs of other schedules
	// then have. Its name may be empty, or that of the schedule as it is.
	Clashes(ctx context.Context, s job.Schedule) (job.ClashForecast, error)
	CalendarBook
	RecoveryBook
}

// CalendarBook is the calendars of a [Timetable].
type CalendarBook interface {
	Calendars(ctx context.Context) ([]job.Calendar, error)
	Calendar(ctx context.Context, name string) (job.Calendar, error)
	// PutCalendar adds a calendar, or replaces the one of that revision.
	PutCalendar(ctx context.Context, c job.Calendar, by, reason string) (job.Calendar, error)
	// DeleteCalendar refuses while schedules use it, and names them.
	DeleteCalendar(ctx context.Context, name, by, reason string) error
}

// Config is what the API is made of. All of it is required but Lag and
// MaxBacklog.
type Config struct {
	Engine     Engine
	Ledger     Ledger
	Locks      Locks
	Timetable  Timetable
	Syncs      []sync.Sync          // as the settings name them
	Lag        func() time.Duration // how far the ledger is behind what has happened; nil: never
	MaxBacklog int64                // events that wait to be recorded, at which batches are refused; 0: never
	Log        *slog.Logger
	Now        func() time.Time
	Version    string
}

// API is the handler of all routes.
type API struct {
	Config
	mux *http.ServeMux
}

// New returns the API.
func New(c Config) *API {
	a := &API{Config: c, mux: http.NewServeMux()}
	for _, r := range a.routes() {
		a.mux.Handle(r.method+" "+r.path, a.serve(r))
	}
	a.mux.HandleFunc(everythingElse, a.unknown)
	return a
}

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Route returns the pattern of the route that serves r, with its method; one
// without a method if there is none. It is for an [Auditor].
func (a *API) Route(r *http.Request) string {
	_, pattern := a.mux.Handler(r)
	return pattern
}

// A route is one thing that can be asked. Parameters of the query that params
// does not name are refused.
type route struct {
	method, path string
	params       []string
	handle       func(http.ResponseWriter, *http.Request) error
}

// routes is all of the API; openapi.yaml has the same list in words.
func (a *API) routes() []route {
	return []route{
		{"GET", "/healthz", nil, a.healthz},
		{"GET", "/readyz", nil, a.readyz},
		{"GET", "/api/v1/openapi.yaml", nil, a.openapi},
		{"GET", "/api/v1/version", nil, a.version},

		{"GET", "/api/v1/jobs", []string{"state", "task", "client", "owner", "root", "schedule", "errors", "before", "limit"}, a.jobs},
		{"POST", "/api/v1/jobs", nil, a.enqueue},
		{"POST", "/api/v1/jobs:batch", nil, a.enqueueBatch},
		{"GET", "/api/v1/jobs/{id}", nil, a.job},
		{"POST", "/api/v1/jobs/{id}/abort", nil, a.abort},
		{"POST", "/api/v1/jobs/{id}/retry", nil, a.retry},
		{"GET", "/api/v1/jobs/{id}/errors", []string{"after", "limit", "format"}, a.jobErrors},
		{"GET", "/api/v1/jobs/{id}/logs", []string{"after", "limit"}, a.jobLogs},

		{"GET", "/api/v1/errors", []string{"task", "client", "q", "from", "to", "before", "limit"}, a.errorGroups},
		{"GET", "/api/v1/errors/{fingerprint}", []string{"client", "before", "limit", "format"}, a.errorGroup},

		{"GET", "/api/v1/tasks", nil, a.tasks},
		{"GET", "/api/v1/tasks/{name}", nil, a.task},
		{"GET", "/api/v1/schedules", nil, a.schedules},
		{"POST", "/api/v1/schedules", nil, a.createSchedule},
		{"POST", "/api/v1/schedules:preview", nil, a.previewSchedule},
		{"POST", "/api/v1/schedules:clashes", nil, a.clashes},
		{"GET", "/api/v1/schedules/{name}", nil, a.schedule},
		{"PATCH", "/api/v1/schedules/{name}", nil, a.editSchedule},
		{"DELETE", "/api/v1/schedules/{name}", []string{"reason"}, a.deleteSchedule},
		{"POST", "/api/v1/schedules/{name}/pause", nil, a.pauseSchedule},
		{"POST", "/api/v1/schedules/{name}/resume", nil, a.resumeSchedule},
		{"POST", "/api/v1/schedules/{name}/run", nil, a.runSchedule},
		{"GET", "/api/v1/schedules/{name}/changes", []string{"limit"}, a.changes},
		{"GET", "/api/v1/schedules/{name}/next", []string{"from", "n"}, a.nextOfSchedule},
		{"GET", "/api/v1/schedules/{name}/slots", []string{"from", "to", "limit"}, a.slots},
		{"GET", "/api/v1/schedules/{name}/slots:check", []string{"from", "to"}, a.checkSlots},
		{"GET", "/api/v1/forecast", []string{"from", "n"}, a.forecast},
		{"GET", "/api/v1/calendars", nil, a.calendars},
		{"GET", "/api/v1/calendars/{name}", nil, a.calendar},
		{"PUT", "/api/v1/calendars/{name}", nil, a.putCalendar},
		{"DELETE", "/api/v1/calendars/{name}", []string{"reason"}, a.deleteCalendar},
		{"GET", "/api/v1/recoveries", []string{"limit"}, a.recoveries},
		{"GET", "/api/v1/recoveries/{id}", nil, a.recovery},
		{"POST", "/api/v1/recoveries/{id}/approve", nil, a.approveRecovery},
		{"POST", "/api/v1/recoveries/{id}/reject", nil, a.rejectRecovery},
		{"GET", "/api/v1/clients", nil, a.clients},
		{"POST", "/api/v1/clients", nil, a.createClient},
		{"POST", "/api/v1/clients/{name}", nil, a.editClient},
		{"POST", "/api/v1/clients/{name}/disable", nil, a.disableClient},
		{"POST", "/api/v1/clients/{name}/enable", nil, a.enableClient},
		{"GET", "/api/v1/workers", nil, a.workers},
		{"GET", "/api/v1/locks", nil, a.locks},
		{"POST", "/api/v1/locks:break", nil, a.breakLocks},
		{"GET", "/api/v1/limits", nil, a.limits},
		{"PUT", "/api/v1/limits", nil, a.putLimit},
		{"DELETE", "/api/v1/limits", []string{"task", "client"}, a.deleteLimit},

		{"GET", "/api/v1/audit", []string{"actor", "target", "from", "to", "before", "after", "limit"}, a.audit},
		{"GET", "/api/v1/audit:verify", nil, a.verifyAudit},

		{"GET", "/api/v1/syncs", nil, a.syncs},
		{"GET", "/api/v1/syncs/{name}", nil, a.syncStatus},
		{"POST", "/api/v1/syncs/{name}/run", nil, a.runSync},
		{"GET", "/api/v1/syncs/{name}/runs/{root}", nil, a.run},
		{"GET", "/api/v1/syncs/{name}/messages", []string{"stream", "state", "code", "q", "before", "limit"}, a.messages},
		{"GET", "/api/v1/syncs/{name}/sections", []string{"state"}, a.sections},
		{"GET", "/api/v1/syncs/{name}/plan", []string{"id", "op", "state", "after", "limit"}, a.plan},
		{"POST", "/api/v1/syncs/{name}/link", nil, a.link},
		{"POST", "/api/v1/syncs/{name}/unlink", nil, a.unlink},
	}
}
