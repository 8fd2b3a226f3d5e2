// Package web is the dashboard: pages for people, made from templates.
//
// A page is a file here, a template of the same name and a typed struct that
// the template is given. It is rendered whole into a buffer before the first
// byte is sent, so a failure is a readable error page and never half a page.
//
// Everything works without JavaScript: the filter is the URL, every mutation
// is a form that posts, and aborting has a page of its own that asks first.
// Where scripts run, static/live.js asks for the same URL again with the header
// Beadle-Live and swaps what changed in place; the answer is the page's "live"
// template alone. It asks when the API's events tell that something changed, and
// every two seconds where nobody tells.
//
// The pages read through small interfaces that are declared here. They hold no
// state, so any number of replicas can serve them.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Jobs is what the pages read of jobs, and change.
type Jobs interface {
	Jobs(ctx context.Context, f job.Filter) ([]job.Job, error)
	Job(ctx context.Context, id string) (job.Job, error)
	Counts(ctx context.Context, client string) (map[job.State]int64, error)

	// CountsOf is Counts of the jobs of an owner.
	CountsOf(ctx context.Context, client, owner string) (map[job.State]int64, error)
	Attempts(ctx context.Context, id string) ([]job.Attempt, error)
	Waits(ctx context.Context, id string) (job.Waits, error)

	// QueueWaits returns how long jobs stood in their queues, of the newest that
	// began since then.
	QueueWaits(ctx context.Context, since time.Time) (job.QueueWaits, error)

	// RecentDurations returns how long the last n jobs of that schedule took that
	// succeeded, or else those of the task and client; the newest first.
	RecentDurations(ctx context.Context, schedule, task, client string, n int) ([]job.Lasted, error)

	// JobErrors and JobLogs return what comes after the one with that number.
	JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error)
	JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error)

	// Search returns jobs, newest first, and where the rest begins.
	Search(ctx context.Context, f job.Filter) (job.Found, error)

	Abort(ctx context.Context, id, by string) (job.Job, error)

	// AbortMany and RetryMany are Abort and Retry of all that are meant, each if
	// whoever acts may; a dry run counts them.
	AbortMany(ctx context.Context, ask job.Bulk) (job.BulkResult, error)
	RetryMany(ctx context.Context, ask job.Bulk) (job.BulkResult, error)

	// Retry repeats an ended job as a new one, or lets one that is due for its
	// next attempt begin it now. It returns the job to look at.
	Retry(ctx context.Context, id, by string) (job.Job, error)

	// Break takes the locks of a running job away, for a reason that its
	// history keeps, and puts it back into its queue.
	Break(ctx context.Context, id, by, reason string) (job.Job, error)
}

// Locks is what the pages read of locks.
type Locks interface {
	List(ctx context.Context) ([]job.Lock, error)
}

// Catalogue is what filters offer to choose from.
type Catalogue interface {
	Tasks(ctx context.Context) ([]job.Declaration, error)
	Clients(ctx context.Context) ([]job.Client, error)
}

// Schedules is what the pages read of schedules and their slots.
type Schedules interface {
	Schedules(ctx context.Context) ([]job.Schedule, error)
	Schedule(ctx context.Context, name string) (job.Schedule, error)

	// Slots returns the slots of a schedule that are due in [from, to), the
	// newest first. A zero time does not restrict.
	Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error)

	// LastSlots returns the newest slot of each of those schedules, by
	// schedule. One that has none is left out.
	LastSlots(ctx context.Context, schedules []string) (map[string]job.Slot, error)
}

// Timetable is what schedules mean, and how people change them. Its refusals
// name the field at fault. by is who changes something, and reason why.
type Timetable interface {
	// Preview says what the rule of s means, with its next n firings. A cron
	// expression without a dialect may be English.
	Preview(ctx context.Context, s job.Schedule, n int) (job.Preview, error)

	// NextOf returns when each of those schedules runs next, by name. One
	// that does not run is left out.
	NextOf(ctx context.Context, schedules []job.Schedule) (map[string]time.Time, error)

	// Changes returns what people and upgrades changed, the newest first.
	Changes(ctx context.Context, schedule string, limit int) ([]job.Change, error)

	// Clashes says which jobs of s, as it would be saved, will want a resource
	// at the same time as those of other schedules.
	Clashes(ctx context.Context, s job.Schedule) (job.ClashForecast, error)

	Create(ctx context.Context, s job.Schedule, by, reason string) (job.Schedule, error)

	// Edit refuses a change of an old revision.
	Edit(ctx context.Context, name string, e job.Edit) (job.Schedule, error)
	Pause(ctx context.Context, name string, until time.Time, by, note string) (job.Schedule, error)
	Resume(ctx context.Context, name, by, reason string) (job.Schedule, error)

	// Delete refuses what the code of a task declares.
	Delete(ctx context.Context, name, by, reason string) error

	CalendarBook
	RecoveryBook
}

// Config is what the dashboard is made of. The interfaces, Forecast,
// RunSchedule and Log are required.
type Config struct {
	Jobs      Jobs
	Schedules Schedules
	Timetable Timetable
	Locks     Locks
	Limits    Limits
	Queues    Queues
	Workers   Workers
	Catalogue Catalogue
	Campus    Campus
	Plans     Plans // nil: there are no pages of plans
	Errors    Errors
	Audit     Audit
	Notices   Notices   // nil: nobody is told of jobs
	Mail      string    // the server that takes e-mail; empty: there is none
	People    People    // nil: there are no pages of access
	Devices   Devices   // nil likewise
	Retention Retention // nil: there are no pages of what is kept
	PublicURL string    // where people find these pages; empty: where they asked
	Syncs     []string  // the names of the syncs, the first one shown first

	// Forecast returns the next n firings of a schedule, or of all.
	Forecast func(ctx context.Context, schedule string, from time.Time, n int) ([]job.Firing, error)

	// SeesSync tells whether whoever acts may see a sync. Nil means that
	// everybody may.
	SeesSync func(ctx context.Context, name string) bool

	// RunSchedule enqueues the job of a schedule now, for that client and beside
	// its slots, which stay where they are.
	RunSchedule func(ctx context.Context, schedule, client, by string) (job.Job, error)

	// Door lets people in and out. Nil means that nobody is asked who they are.
	Door Door

	// Lag is how far the job history is behind what happens. Nil means never.
	Lag func() time.Duration

	// System says what all this runs on. Nil means that nobody knows.
	System func(context.Context) job.System

	// Unsafe says why Redis may lose jobs, in sentences. Nil means never.
	Unsafe func() []string

	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now
	Zone    *time.Location   // of the times shown; nil: the machine's
	Version string           // of this build
	Live    bool             // the API of this server tells events, and the pages listen
	Demo    bool             // the SIS and the LMS are simulators, and the pages say so
}

// A server holds what the handlers share.
type server struct {
	Config
	pages  pages
	assets assets
}

// A Dashboard is the handler of all pages.
type Dashboard struct {
	http.Handler
	mux   *http.ServeMux
	needs map[string]auth.Need
}

// Needs returns what it takes to open each page and to send each form, by its
// pattern.
func (d *Dashboard) Needs() map[string]auth.Need { return d.needs }

// Route returns the pattern of the page or form that serves r, with its method.
func (d *Dashboard) Route(r *http.Request) string {
	_, pattern := d.mux.Handler(r)
	return pattern
}

// New returns the dashboard. It fails only if a template does not parse.
func New(c Config) (*Dashboard, error) {
	s := &server{Config: c}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Zone == nil {
		s.Zone = time.Local
	}
	if s.Lag == nil {
		s.Lag = func() time.Duration { return 0 }
	}
	if s.Unsafe == nil {
		s.Unsafe = func() []string { return nil }
	}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = s.parse(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.admit(r.need, r.handler))
	}
	return &Dashboard{http.NewCrossOriginProtection().Handler(headers(mux)), mux, s.needs()}, nil
}

func nowhere(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "There is no such page.")
}

// headers keep foreign scripts, frames and caches away from the pages.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// page turns a handler that may fail into one that shows its failure.
func (s *server) page(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := takeForm(w, r)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

type errorPage struct {
	frame
	Status  int
	Message string
	Back    link // where to go from here
}

// fail shows err as a page. Only failures of ours are logged as such; nobody
// reads the answer of a request that was given up.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	kind := fault.KindOf(err)
	if kind == fault.Unavailable {
		comeBack(w, err)
	}
	if kind == fault.Internal {
		s.Log.ErrorContext(r.Context(), "page failed", "path", pathOf(r), "err", err)
	}
	page := errorPage{
		frame:   s.quietFrame(headlines[kind]),
		Status:  kind.Status(),
		Message: fault.Message(err),
		Back:    back(r),
	}
	if err := s.render(w, r, kind.Status(), "error", page); err != nil {
		http.Error(w, page.Message, kind.Status())
	}
}

// comeBack tells when another try may help.
func comeBack(w http.ResponseWriter, err error) {
	after := 5 * time.Second
	if f, ok := errors.AsType[*fault.Error](err); ok && f.After > 0 {
		after = f.After
	}
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(after.Round(time.Second)/time.Second))))
}

var headlines = map[fault.Kind]string{
	fault.Internal:    "Something went wrong",
	fault.Invalid:     "That does not make sense",
	fault.NotFound:    "Not found",
	fault.Conflict:    "Not possible now",
	fault.Denied:      "Not allowed",
	fault.Unavailable: "Not available right now",
}

// back leads from the failure of something to the thing, and from the failure
// of a thing to the list of its kind.
func back(r *http.Request) link {
	if id := r.PathValue("id"); id != "" && r.URL.Path != jobPath(id) {
		return link{"Back to the job", jobPath(id)}
	}
	if name := r.PathValue("name"); name != "" && r.URL.Path != "/schedules/"+name {
		return link{"Back to the schedule", schedulePath(name)}
	}
	if name := r.PathValue("calendar"); name != "" && r.URL.Path != "/calendars/"+name {
		return link{"Back to the calendar", calendarPath(name)}
	}
	if id := r.PathValue("recovery"); id != "" && r.URL.Path != "/recoveries/"+id {
		return link{"Back to the plan", "/recoveries/" + url.PathEscape(id)}
	}
	if strings.HasPrefix(r.URL.Path, "/retention/") {
		return link{"Back to retention", "/retention"}
	}
	for _, list := range []string{"schedules", "calendars", "recoveries", "errors", "workers", "queues", "notices", "plans", "messages", "sections", "terms", "attendance"} {
		if strings.HasPrefix(r.URL.Path, "/"+list+"/") {
			return link{"See all " + list, "/" + list}
		}
	}
	return link{"See all jobs", "/jobs"}
}
