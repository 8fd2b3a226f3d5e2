// Package scheduler puts together the control plane: the process that walks
// the timetable, keeps the ledger, and serves the API, the dashboard and
// /metrics.
//
// Any number of schedulers may run. All of them serve; one at a time leads, and
// only the leader records events, walks the timetable and sweeps. When it dies
// another takes over within seconds and goes on where the ledger says.
package scheduler

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/builtin"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/door"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/feed"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/logs"
	"github.com/beadle-jobs/beadle/internal/trace"
	"github.com/beadle-jobs/beadle/internal/web"
)

// Main runs a scheduler process and returns its exit code.
func Main() int {
	return app.Process{
		Name:  "scheduler",
		Short: "Walk the timetable, keep the ledger, serve the API and the dashboard",
		Long: `Walks the timetable, keeps the ledger, and serves the API, the dashboard and
/metrics. Any number may run; one leads.`,
		Flags: func(cmd *cobra.Command, c *config.Config) {
			cmd.Flags().StringVar(&c.Listen, "listen", "", "where to serve, such as 127.0.0.1:8080")
			cmd.Flags().StringVar(&c.TokenFile, "token-file", "", "file with the bearer token; without one only loopback is served")
			cmd.AddCommand(app.HealthCmd("scheduler", "http://127.0.0.1:8080"))
		},
		Run: run,
	}.Main()
}

func run(ctx context.Context, c config.Config, log *slog.Logger) error {
	token, err := c.Token()
	if err != nil {
		return err
	}
	l, err := app.Listen(c.Listen, token != "" || c.Access.Asks())
	if err != nil {
		return err
	}
	defer l.Close()
	if l, err = app.OverTLS(l, c.ListenTLS, log); err != nil {
		return err
	}
	rdb, err := app.Dial(c)
	if err != nil {
		return err
	}
	defer rdb.Close()
	records, err := app.OpenLedger(ctx, c)
	if err != nil {
		return err
	}
	defer records.Close()
	tracer, flush, err := app.StartTraces(ctx, c, "scheduler", log)
	if err != nil {
		return err
	}
	defer flush()
	log.Info("serving", "url", app.URL(l, c))
	return Run(ctx, Options{Redis: rdb, Ledger: records, Listener: l, Token: token, Settings: c, Linger: c.Linger, Log: log, Out: os.Stdout, Tracer: tracer})
}

// Options are what a scheduler runs with.
type Options struct {
	Redis    redis.UniversalClient
	Ledger   *ledger.Ledger
	Listener net.Listener
	Token    string
	Settings config.Config
	Linger   time.Duration // how long it goes on to answer after it was told to stop
	Log      *slog.Logger
	Out      io.Writer     // is told the link of the first superadmin; nil: only the log is
	Demo     bool          // the SIS and the LMS are simulators, and the pages say so
	Tracer   *trace.Tracer // nil: nothing is traced
}

// Run serves at once, and leads when Redis answers and it is its turn, until
// ctx is done.
func Run(ctx context.Context, o Options) error {
	s, err := newScheduler(o)
	if err != nil {
		return err
	}
	if err := s.inviteFirst(ctx); err != nil {
		return err
	}
	handler, err := s.handler()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return app.ServeAndLinger(ctx, o.Listener, handler, o.Linger) })
	g.Go(func() error { return s.feed.Run(ctx) })
	g.Go(func() error { return s.refused.Run(ctx) })
	g.Go(func() error { return s.work(ctx) })
	return g.Wait()
}

// work does what needs a Redis that answers.
func (s *scheduler) work(ctx context.Context) error {
	if err := app.Await(ctx, s.Redis, s.Log); err != nil {
		return err
	}
	sayZones(ctx, s.Log)
	clock := &clocks{redis: s.Redis, log: s.Log}
	others := &replicas{ledger: s.Ledger, name: replicaName(), clocks: clock, now: time.Now, log: s.Log}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return clock.run(ctx) })
	g.Go(func() error {
		s.engine.Attend(ctx, job.Process{Name: replicaName(), Kind: job.KindScheduler}, logs.LevelOf(s.Log))
		return nil
	})
	g.Go(func() error { return others.run(ctx) })
	g.Go(func() error { return s.safety.run(ctx) })
	g.Go(func() error { return lock.NewLeader(s.Redis, Office, replicaName(), s.Log).Run(ctx, s.lead) })
	return g.Wait()
}

// scheduler is the parts of one process.
type scheduler struct {
	Options
	engine  *engine.Engine
	metrics metrics
	locks   api.Locks
	delay   *delay
	safety  *safety
	feed    *feed.Feed
	door    *door.Door
	refused *api.Refusals
	terms   terms
}

func newScheduler(o Options) (*scheduler, error) {
	e := engine.New(o.Redis, o.Log)
	e.Confirm(o.Settings.RedisReplicas)
	if o.Tracer != nil {
		e.Trace(o.Tracer)
	}
	s := &scheduler{Options: o, engine: e, metrics: newMetrics(o.Settings.Metrics), locks: locks{lock.New(o.Redis)}, delay: &delay{engine: e, ledger: o.Ledger}}
	s.safety = &safety{engine: e, unsafe: s.metrics.WatchStores(redisHealth{o.Redis, e}, o.Ledger), log: o.Log}
	s.feed = &feed.Feed{Stream: e, Ledger: o.Ledger, PerPerson: max(1, o.Settings.Viewers), Log: o.Log}
	s.metrics.Watch(e, s.locks, s.delay.Behind)
	s.metrics.WatchRecorder(s.terms.recording)
	s.metrics.WatchCampus(o.Ledger, syncNames(o.Settings))
	s.refused = &api.Refusals{Log: o.Ledger, Now: time.Now, Slog: o.Log}
	var err error
	s.door, err = o.newDoor(s.refused)
	return s, err
}

// handler serves everything: who is let in is decided once, in front.
func (s *scheduler) handler() (http.Handler, error) {
	guard := s.guard()
	routes, pages, err := s.faces(guard)
	if err != nil {
		return nil, err
	}
	route := routeOf(routes, pages)
	guard.Audit = &api.Auditor{Log: s.Ledger, Route: route, Now: time.Now, Slog: s.Log, Secrets: routes.SecretNames, Moot: s.moot}
	guard.Observe = s.metrics.answered(route)
	return api.Guard(s.served(routes, pages), guard), nil
}

// served is all that is served to whoever acts.
func (s *scheduler) served(routes *api.API, pages *web.Dashboard) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/api/", "/healthz", "/readyz"} {
		mux.Handle(path, routes)
	}
	mux.Handle("GET /metrics", api.Admit(auth.NeedSeeAll, s.metrics.Handler()))
	mux.Handle("/debug/pprof/", api.Admit(auth.NeedRun, app.Pprof()))
	mux.Handle("/", pages)
	return mux
}

// faces are the API, and the pages on what it lets through.
func (s *scheduler) faces(guard api.GuardOptions) (*api.API, *web.Dashboard, error) {
	book := s.book()
	about := api.Config{
		Engine: front{s.engine}, Ledger: s.Ledger, Locks: s.locks, Timetable: book, Syncs: builtin.Syncs(s.Settings), Lag: s.delay.Behind,
		PublicURL: s.Settings.PublicURL, StillWho: guard.Still,
		Feed: s.feed, MaxBacklog: s.Settings.Backlog, Log: s.Log, Now: time.Now, Version: app.Version(), Notices: s.Ledger,
		LocalEmail: s.Settings.Notify.LocalEmail, WorkerSlots: s.Settings.Worker.Concurrency,
		Retention: s.Settings.Retention.Base(), System: s.system, Depose: s.depose,
	}
	logins := s.entrances(&about)
	routes := api.New(about)
	shown := web.Config{
		Jobs:        routes.Book(),
		Schedules:   routes.Ledger,
		Timetable:   routes.Timetable,
		RunSchedule: routes.RunSchedule,
		Notices:     routes.NoticeBook(),
		Mail:        s.Settings.Notify.SMTP.Host,
		Locks:       routes.Locks,
		Limits:      routes.Quota(),
		Forecast:    routes.Timetable.Forecast,
		Queues:      routes.Queues(),
		Workers:     routes.Engine,
		Unsafe:      s.safety.reasons,
		System:      s.system,
		Retention:   routes.Keeping(),
		Catalogue:   api.CatalogueWithin(catalogue{s.engine, s.Ledger}),
		Campus:      campusBook{routes, routes.Ledger},
		Plans:       campusBook{routes, routes.Ledger},
		Errors:      routes.Ledger,
		Audit:       routes.Ledger,
		Syncs:       syncNames(s.Settings),
		SeesSync:    routes.SeesSync,
		Door:        s.doorOfPages(),
		Lag:         s.delay.Behind,
		Log:         s.Log,
		Version:     app.Version(),
		Live:        true,
		Demo:        s.Demo,
		PublicURL:   s.Settings.PublicURL,
	}
	if logins != nil {
		shown.People, shown.Devices = routes.People(), logins
	}
	pages, err := web.New(shown)
	return routes, pages, err
}

// routeOf returns which route serves a request, of the API or of the pages.
func routeOf(routes *api.API, pages *web.Dashboard) func(*http.Request) string {
	return func(r *http.Request) string {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/"), path == "/healthz", path == "/readyz":
			return routes.Route(r)
		case path == "/metrics":
			return path
		}
		return pages.Route(r)
	}
}
