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

	"github.com/beadle-jobs/beadle/internal/auth"
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
	// Order tells a worker what to do with the jobs to come.
	Order(ctx context.Context, worker string, o job.Order, by string) (job.Worker, error)
	LiveQueues
	LiveProcesses
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
	TaskLedger
	JobLedger
	ErrorLedger
	ClientLedger
	ScheduleLedger
	SyncLedger
	AttendanceLedger
	PlanLedger
	LimitLedger
	PauseLedger
	AuditLedger
	RetentionLedger
}

// JobLedger is the record of jobs.
type JobLedger interface {
	JobSearch
	Jobs(ctx context.Context, f job.Filter) ([]job.Job, error)
	Job(ctx context.Context, id string) (job.Job, error)
	Attempts(ctx context.Context, id string) ([]job.Attempt, error)
	Waits(ctx context.Context, id string) (job.Waits, error)
	// QueueWaits returns how long jobs stood in their queues, of the newest that
	// began since then and are within a reach; nil is all of them.
	QueueWaits(ctx context.Context, since time.Time, within []job.Reach) (job.QueueWaits, error)
	// QueueTimes returns how long the jobs of each queue run, of the newest that
	// ended since then or run now.
	QueueTimes(ctx context.Context, since, now time.Time) (map[string]job.QueueTime, error)
	// RecentDurations returns how long the last n jobs of that schedule took that
	// succeeded, or else those of the task and client; the newest first.
	RecentDurations(ctx context.Context, schedule, task, client string, n int) ([]job.Lasted, error)
	JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error)
	JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error)
	Counts(ctx context.Context, client string) (map[job.State]int64, error)
	// CountsWithin is Counts of the jobs of some reaches; of an owner's up to
	// 10,000.
	CountsWithin(ctx context.Context, client string, within []job.Reach) (map[job.State]int64, error)
}

// JobSearch is the record of jobs as filters choose them.
type JobSearch interface {
	// Search returns jobs, newest first, and where the rest begins.
	Search(ctx context.Context, f job.Filter) (job.Found, error)
	// CountJobs counts as far as Search looks, and no more than most.
	CountJobs(ctx context.Context, f job.Filter, most int) (int, error)
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
	// LastSlots returns the newest slot of each of those schedules that has one.
	LastSlots(ctx context.Context, schedules []string) (map[string]job.Slot, error)
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

// Config is what the API is made of. All of it is required but Lag, MaxBacklog,
// Access, Devices, PublicURL, Notices, LocalEmail, Feed, StillWho, WorkerSlots,
// System and Depose.
type Config struct {
	Engine      Engine
	Ledger      Ledger
	Locks       Locks
	Timetable   Timetable
	Access      Access                                        // nil: no people are kept
	Devices     Devices                                       // nil likewise
	PublicURL   string                                        // where people find this server; empty: where they asked
	Syncs       []sync.Sync                                   // as the settings name them
	Lag         func() time.Duration                          // how far the ledger is behind what has happened; nil: never
	MaxBacklog  int64                                         // events that wait to be recorded, at which batches are refused; 0: never
	Feed        Feed                                          // nil: nothing is told live
	StillWho    func(*http.Request) bool                      // whether its sender is who they were, with the same rights; nil: always
	Notices     NoticeLedger                                  // nil: nobody is told of jobs
	WorkerSlots int                                           // jobs that a worker runs at a time, where none has told
	LocalEmail  string                                        // of who works where no access is configured
	Retention   job.Retention                                 // of the settings; zero: all is kept for ever
	System      func(context.Context) job.System              // what all this runs on; nil: nobody knows
	Depose      func(context.Context) (was string, err error) // has the leader stop; its name, empty if nobody led; nil: nobody ever leads
	Log         *slog.Logger
	Now         func() time.Time
	Version     string
}

// API is the handler of all routes. Its stores have gates around them: they show
// and change what whoever acts in the context may see and change, and are what
// the pages are given.
type API struct {
	Config
	gate gate
	mux  *http.ServeMux
}

// New returns the API.
func New(c Config) *API {
	g := newGate(c)
	a := &API{Config: g.around(c), gate: g, mux: http.NewServeMux()}
	for _, r := range a.routes() {
		a.mux.Handle(r.method+" "+r.path, a.serve(r))
	}
	a.mux.HandleFunc(everythingElse, a.unknown)
	return a
}

// People is who may log in, as far as whoever acts may see and change it.
func (a *API) People() People { return People{Access: a.Access, Clients: a.Ledger, Now: a.Now} }

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Route returns the pattern of the route that serves r, with its method; one
// without a method if there is none. It is for an [Auditor].
func (a *API) Route(r *http.Request) string {
	_, pattern := a.mux.Handler(r)
	return pattern
}

// Needs returns what it takes to ask for each route, by its pattern.
func (a *API) Needs() map[string]auth.Need {
	needs := map[string]auth.Need{}
	for _, r := range a.routes() {
		needs[r.method+" "+r.path] = r.need
	}
	return needs
}

// A route is one thing that can be asked. Who does not meet its need is refused,
// and so are parameters of the query that params does not name.
type route struct {
	method, path string
	need         auth.Need
	params       []string
	handle       func(http.ResponseWriter, *http.Request) error
}

// routes is all of the API; openapi.yaml has the same list in words.
func (a *API) routes() []route {
	return []route{
		{"GET", "/healthz", auth.NeedNothing, nil, a.healthz},
		{"GET", "/readyz", auth.NeedNothing, nil, a.readyz},
		{"GET", "/api/v1/openapi.yaml", auth.NeedNothing, nil, a.openapi},
		{"GET", "/api/v1/version", auth.NeedLogin, nil, a.version},
		{"GET", "/api/v1/system", auth.NeedSee, nil, a.system},
		{"POST", "/api/v1/leader:depose", auth.NeedAdmin, nil, a.deposeLeader},

		{"GET", "/api/v1/jobs", auth.NeedJobs, append([]string{"count", "format"}, jobParams...), a.jobs},
		{"POST", "/api/v1/jobs", auth.NeedOwn, nil, a.enqueue},
		{"POST", "/api/v1/jobs:batch", auth.NeedOwn, nil, a.enqueueBatch},
		{"POST", "/api/v1/jobs:abort", auth.NeedOwn, nil, a.abortMany},
		{"POST", "/api/v1/jobs:retry", auth.NeedOwn, nil, a.retryMany},
		{"GET", "/api/v1/jobs/{id}", auth.NeedJobs, nil, a.job},
		{"POST", "/api/v1/jobs/{id}/abort", auth.NeedOwn, nil, a.abort},
		{"POST", "/api/v1/jobs/{id}/retry", auth.NeedOwn, nil, a.retry},
		{"GET", "/api/v1/jobs/{id}/errors", auth.NeedJobs, []string{"after", "limit", "format"}, a.jobErrors},
		{"GET", "/api/v1/jobs/{id}/logs", auth.NeedJobs, []string{"after", "limit"}, a.jobLogs},

		{"GET", "/api/v1/events", auth.NeedJobs, []string{"job", "state", "task", "client", "owner", "root", "schedule"}, a.events},

		{"GET", "/api/v1/errors", auth.NeedSee, []string{"task", "client", "q", "from", "to", "before", "limit"}, a.errorGroups},
		{"GET", "/api/v1/errors/{fingerprint}", auth.NeedSee, []string{"client", "before", "limit", "format"}, a.errorGroup},

		{"GET", "/api/v1/tasks", auth.NeedJobs, nil, a.tasks},
		{"GET", "/api/v1/tasks/{name}", auth.NeedJobs, nil, a.task},
		{"GET", "/api/v1/schedules", auth.NeedSee, nil, a.schedules},
		{"POST", "/api/v1/schedules", auth.NeedOperate, nil, a.createSchedule},
		{"POST", "/api/v1/schedules:preview", auth.NeedSee, nil, a.previewSchedule},
		{"POST", "/api/v1/schedules:clashes", auth.NeedSee, nil, a.clashes},
		{"GET", "/api/v1/schedules/{name}", auth.NeedSee, nil, a.schedule},
		{"PATCH", "/api/v1/schedules/{name}", auth.NeedOperate, nil, a.editSchedule},
		{"DELETE", "/api/v1/schedules/{name}", auth.NeedOperate, []string{"reason"}, a.deleteSchedule},
		{"POST", "/api/v1/schedules/{name}/pause", auth.NeedOperate, nil, a.pauseSchedule},
		{"POST", "/api/v1/schedules/{name}/resume", auth.NeedOperate, nil, a.resumeSchedule},
		{"POST", "/api/v1/schedules/{name}/run", auth.NeedOperate, nil, a.runSchedule},
		{"GET", "/api/v1/schedules/{name}/changes", auth.NeedSee, []string{"limit"}, a.changes},
		{"GET", "/api/v1/schedules/{name}/next", auth.NeedSee, []string{"from", "n"}, a.nextOfSchedule},
		{"GET", "/api/v1/schedules/{name}/slots", auth.NeedSee, []string{"from", "to", "limit"}, a.slots},
		{"GET", "/api/v1/schedules/{name}/slots:check", auth.NeedSee, []string{"from", "to"}, a.checkSlots},
		{"GET", "/api/v1/forecast", auth.NeedSee, []string{"from", "n"}, a.forecast},
		{"GET", "/api/v1/calendars", auth.NeedSee, nil, a.calendars},
		{"GET", "/api/v1/calendars/{name}", auth.NeedSee, nil, a.calendar},
		{"PUT", "/api/v1/calendars/{name}", auth.NeedRun, nil, a.putCalendar},
		{"DELETE", "/api/v1/calendars/{name}", auth.NeedRun, []string{"reason"}, a.deleteCalendar},
		{"GET", "/api/v1/recoveries", auth.NeedSee, []string{"limit"}, a.recoveries},
		{"GET", "/api/v1/recoveries/{id}", auth.NeedSee, nil, a.recovery},
		{"POST", "/api/v1/recoveries/{id}/approve", auth.NeedRun, nil, a.approveRecovery},
		{"POST", "/api/v1/recoveries/{id}/reject", auth.NeedRun, nil, a.rejectRecovery},
		{"GET", "/api/v1/clients", auth.NeedJobs, nil, a.clients},
		{"POST", "/api/v1/clients", auth.NeedAdmin, nil, a.createClient},
		{"GET", "/api/v1/clients/{name}", auth.NeedJobs, nil, a.client},
		{"POST", "/api/v1/clients/{name}", auth.NeedAdmin, nil, a.editClient},
		{"POST", "/api/v1/clients/{name}/disable", auth.NeedAdmin, nil, a.disableClient},
		{"POST", "/api/v1/clients/{name}/enable", auth.NeedAdmin, nil, a.enableClient},
		{"GET", "/api/v1/processes", auth.NeedSeeAll, nil, a.processes},
		{"PUT", "/api/v1/log-level", auth.NeedRun, nil, a.setLogLevel},
		{"POST", "/api/v1/tasks/{name}/profile", auth.NeedRun, nil, a.profile},
		{"GET", "/api/v1/workers", auth.NeedSee, nil, a.workers},
		{"POST", "/api/v1/workers/{id}/quiet", auth.NeedRun, nil, a.order(job.OrderQuiet)},
		{"POST", "/api/v1/workers/{id}/wake", auth.NeedRun, nil, a.order(job.OrderWake)},
		{"POST", "/api/v1/workers/{id}/drain", auth.NeedRun, nil, a.order(job.OrderDrain)},
		{"GET", "/api/v1/queues", auth.NeedSee, nil, a.queues},
		{"POST", "/api/v1/queues/{name}/pause", auth.NeedRun, nil, a.pauseQueue},
		{"POST", "/api/v1/queues/{name}/resume", auth.NeedRun, nil, a.resumeQueue},
		{"POST", "/api/v1/queues:pause", auth.NeedRun, nil, a.pauseQueue},
		{"POST", "/api/v1/queues:resume", auth.NeedRun, nil, a.resumeQueue},
		{"GET", "/api/v1/scale", auth.NeedSeeAll, []string{"queue", "target"}, a.scale},
		{"GET", "/api/v1/locks", auth.NeedSee, nil, a.locks},
		{"POST", "/api/v1/locks:break", auth.NeedRun, nil, a.breakLocks},
		{"GET", "/api/v1/limits", auth.NeedSee, nil, a.limits},
		{"PUT", "/api/v1/limits", auth.NeedOperate, nil, a.putLimit},
		{"DELETE", "/api/v1/limits", auth.NeedOperate, []string{"task", "client"}, a.deleteLimit},

		{"GET", "/api/v1/whoami", auth.NeedLogin, nil, a.whoami},
		{"PATCH", "/api/v1/whoami", auth.NeedLogin, nil, a.editSelf},
		{"GET", "/api/v1/people", auth.NeedAdmin, nil, a.people},
		{"POST", "/api/v1/people", auth.NeedAdmin, nil, a.addPerson},
		{"GET", "/api/v1/people/{name}", auth.NeedLogin, nil, a.person},
		{"PATCH", "/api/v1/people/{name}", auth.NeedAdmin, nil, a.editPerson},
		{"POST", "/api/v1/people/{name}/invite", auth.NeedAdmin, nil, a.invitePerson},
		{"POST", "/api/v1/people/{name}/disable", auth.NeedAdmin, nil, a.disablePerson},
		{"POST", "/api/v1/people/{name}/enable", auth.NeedAdmin, nil, a.enablePerson},
		{"GET", "/api/v1/tokens", auth.NeedLogin, []string{"person"}, a.tokens},
		{"POST", "/api/v1/tokens", auth.NeedLogin, nil, a.createToken},
		{"DELETE", "/api/v1/tokens/{id}", auth.NeedLogin, nil, a.revokeToken},
		{"GET", "/api/v1/sessions", auth.NeedLogin, []string{"person"}, a.sessions},
		{"DELETE", "/api/v1/sessions/{id}", auth.NeedLogin, nil, a.endSession},
		{"POST", "/api/v1/login/device", auth.NeedNothing, nil, a.startDevice},
		{"POST", "/api/v1/login/device/token", auth.NeedNothing, nil, a.pollDevice},

		{"POST", "/api/v1/jobs/{id}/notify", auth.NeedJobs, nil, a.follow},
		{"DELETE", "/api/v1/jobs/{id}/notify", auth.NeedJobs, nil, a.unfollow},
		{"GET", "/api/v1/notices/follows", auth.NeedJobs, nil, a.follows},
		{"GET", "/api/v1/notices/rules", auth.NeedJobs, nil, a.noticeRules},
		{"GET", "/api/v1/notices/rules/{name}", auth.NeedJobs, nil, a.noticeRule},
		{"PUT", "/api/v1/notices/rules/{name}", auth.NeedJobs, nil, a.putNoticeRule},
		{"DELETE", "/api/v1/notices/rules/{name}", auth.NeedJobs, nil, a.deleteNoticeRule},
		{"POST", "/api/v1/notices/rules/{name}/test", auth.NeedJobs, nil, a.testNoticeRule},
		{"GET", "/api/v1/notices/deliveries", auth.NeedJobs, []string{"before", "limit"}, a.deliveries},
		{"POST", "/api/v1/notices/deliveries/{id}/retry", auth.NeedJobs, nil, a.retryDelivery},

		{"GET", "/api/v1/audit", auth.NeedAdmin, []string{"actor", "target", "from", "to", "before", "after", "limit"}, a.audit},
		{"GET", "/api/v1/audit:verify", auth.NeedAdmin, nil, a.verifyAudit},

		{"GET", "/api/v1/retention", auth.NeedSeeAll, []string{"client", "task"}, a.retention},
		{"PUT", "/api/v1/retention", auth.NeedAdmin, nil, a.putRetention},
		{"DELETE", "/api/v1/retention", auth.NeedAdmin, []string{"client", "tasks", "reason"}, a.deleteRetention},
		{"POST", "/api/v1/retention:preview", auth.NeedAdmin, nil, a.previewRetention},
		{"GET", "/api/v1/holds", auth.NeedAdmin, nil, a.holds},
		{"PUT", "/api/v1/holds", auth.NeedAdmin, nil, a.putHold},
		{"DELETE", "/api/v1/holds", auth.NeedAdmin, []string{"name", "reason"}, a.liftHold},
		{"GET", "/api/v1/history", auth.NeedSee, []string{"from", "to", "client", "task"}, a.history},

		{"GET", "/api/v1/syncs", auth.NeedSee, nil, a.syncs},
		{"GET", "/api/v1/syncs/{name}", auth.NeedSee, nil, a.syncStatus},
		{"POST", "/api/v1/syncs/{name}/run", auth.NeedOperate, nil, a.runSync},
		{"GET", "/api/v1/syncs/{name}/runs/{root}", auth.NeedSee, nil, a.run},
		{"GET", "/api/v1/syncs/{name}/messages", auth.NeedSee, []string{"stream", "state", "code", "q", "run", "term", "section", "person", "before", "limit", "format"}, a.messages},
		{"GET", "/api/v1/syncs/{name}/messages/{id}", auth.NeedSee, nil, a.message},
		{"POST", "/api/v1/syncs/{name}/skip", auth.NeedOperate, nil, a.skip},
		{"GET", "/api/v1/syncs/{name}/why", auth.NeedSee, []string{"person", "section"}, a.why},
		{"GET", "/api/v1/syncs/{name}/sections", auth.NeedSee, []string{"state", "term", "q", "after", "limit"}, a.sections},
		{"GET", "/api/v1/syncs/{name}/sections/{section}", auth.NeedSee, []string{"after", "limit"}, a.section},
		{"GET", "/api/v1/syncs/{name}/terms", auth.NeedSee, nil, a.terms},
		{"POST", "/api/v1/syncs/{name}/term", auth.NeedOperate, nil, a.chooseTerm},
		{"GET", "/api/v1/syncs/{name}/rekeys", auth.NeedSee, nil, a.rekeys},
		{"POST", "/api/v1/syncs/{name}/rekey", auth.NeedOperate, nil, a.rekey},
		{"GET", "/api/v1/syncs/{name}/plan", auth.NeedSee, []string{"id", "op", "state", "hold", "person", "section", "after", "limit"}, a.plan},
		{"GET", "/api/v1/syncs/{name}/plans", auth.NeedSee, []string{"state", "before", "limit"}, a.plans},
		{"POST", "/api/v1/syncs/{name}/plans/{plan}/approve", auth.NeedOperate, nil, a.approvePlan},
		{"POST", "/api/v1/syncs/{name}/plans/{plan}/reject", auth.NeedOperate, nil, a.rejectPlan},
		{"POST", "/api/v1/syncs/{name}/plans/{plan}/undo", auth.NeedOperate, nil, a.undoPlan},
		{"POST", "/api/v1/syncs/{name}/plans/{plan}/release", auth.NeedOperate, nil, a.releasePlan},
		{"GET", "/api/v1/syncs/{name}/people/{person}", auth.NeedAdmin, nil, a.syncPerson},
		{"DELETE", "/api/v1/syncs/{name}/people/{person}", auth.NeedAdmin, []string{"reason"}, a.erasePerson},
		{"POST", "/api/v1/syncs/{name}/link", auth.NeedOperate, nil, a.link},
		{"POST", "/api/v1/syncs/{name}/unlink", auth.NeedOperate, nil, a.unlink},
		{"GET", "/api/v1/syncs/{name}/attendance", auth.NeedSee, attendanceParameters, a.attendance},
		{"GET", "/api/v1/syncs/{name}/attendance/sections", auth.NeedSee, attendanceParameters, a.attendanceSections},
		{"POST", "/api/v1/syncs/{name}/attendance/release", auth.NeedOperate, nil, a.releaseAttendance},
	}
}
