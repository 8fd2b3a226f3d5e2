package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// PauseLedger is the record of the queues that people have paused.
type PauseLedger interface {
	// Pauses returns those that are not over at that time.
	Pauses(ctx context.Context, at time.Time) ([]job.Pause, error)
	PutPause(ctx context.Context, p job.Pause) error
	DeletePause(ctx context.Context, queue string) error
}

// LiveQueues is the queues as they are now.
type LiveQueues interface {
	Queues(ctx context.Context) ([]job.Queue, error)
	Pauses(ctx context.Context) ([]job.Pause, error)
	// SetPauses replaces the pauses of all queues; jobs of queues that are not
	// paused any more start at once.
	SetPauses(ctx context.Context, all []job.Pause) error
}

// Queues is where jobs stand, and what keeps them from starting. The ledger
// keeps the pauses; the engine keeps to those that it was told last. Publish
// brings the engine up to date.
type Queues struct {
	Ledger PauseLedger
	Live   LiveQueues
	Log    *slog.Logger
	Now    func() time.Time
}

// Queues returns all queues by name.
func (q Queues) Queues(ctx context.Context) ([]job.Queue, error) { return q.Live.Queues(ctx) }

// Pauses returns the pauses that people have set.
func (q Queues) Pauses(ctx context.Context) ([]job.Pause, error) {
	return q.Ledger.Pauses(ctx, q.Now())
}

// Pause keeps the jobs of a queue from starting, in the name of p.By; those of
// all queues, if it is [job.EveryQueue]. Where Redis is away it is kept, and
// holds within seconds of its return.
func (q Queues) Pause(ctx context.Context, p job.Pause) (job.Pause, error) {
	p.Note, p.Since = strings.TrimSpace(p.Note), q.Now().UTC().Truncate(time.Millisecond)
	if err := q.check(ctx, p); err != nil {
		return p, err
	}
	was, err := q.find(ctx, p.Queue)
	if err != nil {
		return p, err
	}
	if err := q.Ledger.PutPause(ctx, p); err != nil {
		return p, err
	}
	q.changed(ctx)
	noteChange(ctx, was, p)
	return p, nil
}

func (q Queues) check(ctx context.Context, p job.Pause) error {
	switch {
	case p.Note == "":
		return fault.New(fault.Invalid, "Say why the queue is to be paused: people see it beside every job that waits.").In("note")
	case len(p.Note) > maxReason || strings.ContainsAny(p.Note, "\r\n"):
		return fault.New(fault.Invalid, "The note must be one line of at most %d bytes.", maxReason).In("note")
	case p.Over(p.Since):
		return fault.New(fault.Invalid, "The pause would be over already; until must be a time to come.").In("until")
	case p.Queue == job.EveryQueue:
		return nil
	}
	all, err := q.Live.Queues(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(one job.Queue) bool { return one.Name == p.Queue }) {
		return fault.New(fault.NotFound, "There is no queue %s; jobctl queues lists those that there are.", p.Queue)
	}
	return nil
}

// find returns the pause of a queue, nil if it is not paused.
func (q Queues) find(ctx context.Context, queue string) (any, error) {
	all, err := q.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Queue == queue {
			return p, nil
		}
	}
	return nil, nil
}

// Resume ends the pause of a queue, or the one of all queues, and returns it.
func (q Queues) Resume(ctx context.Context, queue string) (job.Pause, error) {
	was, err := q.find(ctx, queue)
	if err != nil {
		return job.Pause{}, err
	}
	p, paused := was.(job.Pause)
	switch {
	case !paused && queue == job.EveryQueue:
		return p, fault.New(fault.Conflict, "There is no pause of all queues; those of single queues are resumed by name.")
	case !paused:
		return p, fault.New(fault.Conflict, "The queue %s is not paused by itself.", queue)
	}
	if err := q.Ledger.DeletePause(ctx, queue); err != nil {
		return p, err
	}
	q.changed(ctx)
	noteChange(ctx, was, nil)
	return p, nil
}

// Publish tells the engine the pauses of the ledger, if it has others.
func (q Queues) Publish(ctx context.Context) error {
	kept, err := q.Pauses(ctx)
	if err != nil {
		return err
	}
	live, err := q.Live.Pauses(ctx)
	if err != nil {
		return err
	}
	if slices.EqualFunc(kept, live, samePause) {
		return nil
	}
	return q.Live.SetPauses(ctx, kept)
}

func samePause(x, y job.Pause) bool {
	ends := x.Until == y.Until || x.Until != nil && y.Until != nil && x.Until.Equal(*y.Until)
	return x.Queue == y.Queue && x.By == y.By && x.Note == y.Note && x.Since.Equal(y.Since) && ends
}

// changed publishes what the ledger has just been told. Where that fails, the
// leader does it within seconds.
func (q Queues) changed(ctx context.Context) {
	if err := q.Publish(ctx); err != nil {
		q.Log.WarnContext(ctx, "pauses of queues not published yet", "err", err)
	}
}

// Queues is where jobs stand, as far as whoever acts may see and change it.
func (a *API) Queues() Queues {
	return Queues{Ledger: a.Ledger, Live: a.Engine, Log: a.Log, Now: a.Now}
}

// queues serves GET /api/v1/queues.
func (a *API) queues(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Queues().Queues(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.QueueList{Queues: orEmpty(all)})
}

// pauseQueue serves POST /api/v1/queues/{name}/pause and /api/v1/queues:pause.
func (a *API) pauseQueue(w http.ResponseWriter, r *http.Request) error {
	var n client.NewQueuePause
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if !hasYear(n.Until) {
		return tooFar("until", n.Until)
	}
	p := job.Pause{Queue: queueOf(r), By: actor(r.Context()), Note: n.Note}
	if !n.Until.IsZero() {
		p.Until = new(n.Until.UTC())
	}
	p, err := a.Queues().Pause(r.Context(), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// resumeQueue serves POST /api/v1/queues/{name}/resume and /api/v1/queues:resume.
func (a *API) resumeQueue(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	p, err := a.Queues().Resume(r.Context(), queueOf(r))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// queueOf is the queue that a request names: all of them, if it names none.
func queueOf(r *http.Request) string { return firstOf(r.PathValue("name"), job.EveryQueue) }
