// Package dev puts all of Beadle into one process, for trying it out and for
// working on it: scheduler, worker, API and dashboard, with an embedded Redis
// and SQLite unless told otherwise, and a demo campus of a simulated SIS and a
// simulated Moodle.
//
// It is the same code as in production, apart from the Redis. What the embedded
// Redis held is gone when the process ends; the ledger has it, and unfinished
// jobs are enqueued again at the next start.
package dev

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/builtin"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// Options are what `jobctl dev` was asked for. Empty ones come from the
// settings, or have the defaults of a trial.
type Options struct {
	Listen  string // where to serve
	Data    string // folder of everything that is kept
	Config  string // settings file; empty: beadle.yaml, if it exists
	Demo    string // "campus", "none", or empty: a campus unless the settings name syncs
	Redis   string // URL; empty: that of the settings, else embedded
	Ledger  string // URL or path; empty: that of the settings, else a file in Data
	Environ []string
}

// Run runs everything until ctx is done. It tells out where to look.
func Run(ctx context.Context, o Options, out io.Writer) error {
	c, err := o.settings()
	if err != nil {
		return err
	}
	token, err := c.Token()
	if err != nil {
		return err
	}
	l, err := app.Listen(c.Listen, token != "" || c.Access.Asks())
	if err != nil {
		return err
	}
	defer l.Close()
	if err := os.MkdirAll(o.Data, 0o755); err != nil {
		return fault.New(fault.Invalid, "The folder %s cannot be made.", o.Data).Because(err)
	}
	log := app.Logger(os.Stderr, c.Level())
	app.ListenToRedis(log)
	rdb, stop, err := connect(ctx, c, log)
	if err != nil {
		return err
	}
	defer stop()
	records, err := app.OpenLedger(ctx, c)
	if err != nil {
		return err
	}
	defer records.Close()
	tracer, flush, err := app.StartTraces(ctx, c, "beadle", log)
	if err != nil {
		return err
	}
	defer flush()
	t := trial{out: out, data: o.Data, demo: o.demo(c), redis: rdb.Options().Addr, log: log, scheduler: scheduler.Options{
		Redis: rdb, Ledger: records, Listener: l, Token: token, Settings: c, Log: log, Out: out, Tracer: tracer,
	}}
	return t.run(ctx)
}

// demo reports whether a demo campus was asked for.
func (o Options) demo(c config.Config) bool {
	return o.Demo == "campus" || o.Demo == "" && len(c.Syncs) == 0
}

// A trial is everything that is open in this process.
type trial struct {
	out       io.Writer
	data      string
	demo      bool
	redis     string // its address
	log       *slog.Logger
	scheduler scheduler.Options
}

// run runs the processes, and the demo campus if there is one, as parts of
// this one.
func (t trial) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	o, moodle := t.scheduler, ""
	if t.demo {
		campus, err := startCampus(ctx, g, filepath.Join(t.data, "campus"), &o.Settings, o.Redis, t.log)
		if err != nil {
			return err
		}
		o.Demo, moodle = true, campus
		g.Go(func() error { return runAtOnce(ctx, o.Redis, t.log) })
	}
	provided, err := builtin.Tasks(o.Settings, o.Ledger, nil, t.log)
	if err != nil {
		return err
	}
	all := append(provided.All, builtin.Notices(o.Settings, o.Ledger))
	welcome(t.out, o, t.redis, moodle)
	g.Go(func() error { return scheduler.Run(ctx, o) })
	g.Go(func() error {
		return worker.Run(ctx, worker.Options{Redis: o.Redis, Queue: "worker", Settings: o.Settings.Worker, Log: t.log, Tracer: o.Tracer}, all...)
	})
	return errors.Join(g.Wait(), provided.Close())
}

// settings are those of the file and the environment, on the defaults of a
// trial, and the flags over all.
func (o Options) settings() (config.Config, error) {
	if o.Demo != "" && o.Demo != "campus" && o.Demo != "none" {
		return config.Config{}, fault.New(fault.Invalid, "--demo is %q: it must be campus or none.", o.Demo).In("demo")
	}
	base := config.Default()
	base.Redis = ""
	base.LogLevel = "warn"
	base.Ledger = filepath.Join(o.Data, "ledger.db")
	file := o.Config
	if file == "" {
		file = config.File()
	}
	c, err := config.Load(base, file, o.Environ)
	if err != nil {
		return c, err
	}
	c.Listen = cmp.Or(o.Listen, c.Listen)
	c.UseRedis(o.Redis)
	c.UseLedger(o.Ledger)
	return c, c.Validate()
}

// connect returns a client of the Redis that the settings name, or of an
// embedded one if they name none.
func connect(ctx context.Context, c config.Config, log *slog.Logger) (rdb *redis.Client, stop func(), err error) {
	if !embeds(c) {
		rdb, err = app.Connect(ctx, c, log)
		return rdb, func() { rdb.Close() }, err
	}
	embedded := miniredis.NewMiniRedis()
	embedded.ClockTTL(true)
	if err := embedded.Start(); err != nil {
		return nil, nil, fmt.Errorf("start embedded redis: %w", err)
	}
	c.Redis = "redis://" + embedded.Addr()
	rdb, err = app.Connect(ctx, c, log)
	return rdb, func() { rdb.Close(); embedded.Close() }, err
}

// embeds reports whether the settings name no Redis.
func embeds(c config.Config) bool { return c.Redis == "" && c.RedisFile == "" }

// welcome says where to look: at is the address of Redis, and moodle that of the
// simulated one, if there is one.
func welcome(out io.Writer, o scheduler.Options, at, moodle string) {
	fmt.Fprintf(out, "Beadle is at http://%s\n", o.Listener.Addr())
	if embeds(o.Settings) {
		fmt.Fprintf(out, "  Redis    embedded, for trying out only, at redis://%s\n", at)
	}
	fmt.Fprintf(out, "  ledger   %s\n", cmp.Or(o.Settings.LedgerFile, o.Settings.Ledger))
	if moodle != "" {
		fmt.Fprintf(out, "  demo     a simulated SIS, and a simulated Moodle at %s\n", moodle)
	}
	fmt.Fprintln(out, "Stop with Ctrl-C.")
}
