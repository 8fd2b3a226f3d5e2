package scheduler

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// registerEvery is how soon a task that a worker announces is in the ledger,
// and its schedules in the timetable.
const registerEvery = time.Second

// A registrar copies the catalogue that workers announce into the ledger, and
// registers the schedules that their tasks declare. It does so anew when people
// change the timetable: what they delete may be declared still.
type registrar struct {
	engine *engine.Engine
	ledger *ledger.Ledger
	book   *timetable.Book
	log    *slog.Logger
	known  []byte // the catalogue as it was last written
	seen   int64  // the version of the timetable that it was written to
}

func (s *scheduler) registrar() *registrar {
	return &registrar{engine: s.engine, ledger: s.Ledger, book: s.book(), log: s.Log}
}

// book is the timetable as the API, the pages and the registrar change it.
func (s *scheduler) book() *timetable.Book {
	return &timetable.Book{
		Ledger: s.Ledger, Tasks: catalogue{s.engine, s.Ledger}.Tasks, Now: time.Now, Log: s.Log, CheckArgs: api.CheckArgs,
	}
}

// registerAfter is how long a new build waits for what was due before it.
const registerAfter = 10 * time.Second

// run works until ctx is done. What cannot be read or written is tried again.
// It begins when what was due before is settled, by the times of the build
// before; but a timetable that nobody can walk does not keep it.
func (r *registrar) run(ctx context.Context, settled <-chan struct{}) error {
	select {
	case <-ctx.Done():
	case <-settled:
	case <-time.After(registerAfter):
	}
	tick := time.NewTicker(registerEvery)
	defer tick.Stop()
	for ; ; wait(ctx, tick) {
		if ctx.Err() != nil {
			return nil
		}
		if err := r.register(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("register what workers announced", "err", err)
		}
	}
}

func wait(ctx context.Context, tick *time.Ticker) {
	select {
	case <-ctx.Done():
	case <-tick.C:
	}
}

func (r *registrar) register(ctx context.Context) error {
	declared, err := r.engine.Tasks(ctx)
	if err != nil || len(declared) == 0 {
		return err // no worker yet, or a new Redis: nothing can be said of any task
	}
	catalogue, err := json.Marshal(declared)
	if err != nil {
		return err
	}
	version, err := r.ledger.ScheduleVersion(ctx)
	if err != nil || version == r.seen && bytes.Equal(catalogue, r.known) {
		return err
	}
	if err := r.ledger.PutTasks(ctx, declared); err != nil {
		return err
	}
	if err := r.book.Register(ctx, declared); err != nil {
		return err
	}
	r.known, r.seen = catalogue, version
	return nil
}

// catalogue is what the pages' filters offer.
type catalogue struct {
	engine *engine.Engine
	ledger *ledger.Ledger
}

// Tasks implements web.Catalogue. While Redis is away they are those that were
// announced last.
func (c catalogue) Tasks(ctx context.Context) ([]job.Declaration, error) {
	if all, err := c.engine.Tasks(ctx); err == nil {
		return all, nil
	}
	return c.ledger.Tasks(ctx)
}

// Clients implements web.Catalogue.
func (c catalogue) Clients(ctx context.Context) ([]job.Client, error) { return c.ledger.Clients(ctx) }

func syncNames(c config.Config) []string { return slices.Sorted(maps.Keys(c.Syncs)) }
