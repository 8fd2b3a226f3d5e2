package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// LimitLedger is the record of the limits that operators set.
type LimitLedger interface {
	Limits(ctx context.Context) ([]job.Limit, error)
	PutLimit(ctx context.Context, l job.Limit) error
	DeleteLimit(ctx context.Context, task, client string) error
	Client(ctx context.Context, name string) (job.Client, error)
}

// LiveLimits is the limits as the engine applies them.
type LiveLimits interface {
	// Limits returns the limits of operators and of tasks, with their use.
	Limits(ctx context.Context) ([]job.Limit, error)
	// SetLimits replaces the limits of operators.
	SetLimits(ctx context.Context, all []job.Limit) error
}

// Limits is what bounds how many jobs run at a time. The ledger keeps what
// operators set; the engine applies what it was told last. Publish brings the
// engine up to date.
type Limits struct {
	Ledger LimitLedger
	Live   LiveLimits
	Log    *slog.Logger
}

// fromOperator is where limits of the ledger come from.
const fromOperator = "operator"

// Limits returns all limits with their use, in the order of tasks and clients.
// A limit that was set a moment ago is among them already.
func (l Limits) Limits(ctx context.Context) ([]job.Limit, error) {
	set, err := l.Ledger.Limits(ctx)
	if err != nil {
		return nil, err
	}
	live, err := l.Live.Limits(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(slices.Clone(live), func(x job.Limit) bool { return x.From == fromOperator })
	for _, s := range set {
		s.From = fromOperator
		if i := slices.IndexFunc(live, func(x job.Limit) bool { return x.From == fromOperator && sameScope(x, s) }); i >= 0 {
			s.InUse, s.Waits = live[i].InUse, live[i].Waits
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, byScope)
	return limitsWithin(ctx, all), nil
}

func sameScope(x, y job.Limit) bool { return x.Task == y.Task && x.Client == y.Client }

func byScope(x, y job.Limit) int {
	return cmp.Or(cmp.Compare(x.Task, y.Task), cmp.Compare(x.Client, y.Client), cmp.Compare(x.From, y.From))
}

// Publish tells the engine the limits of the ledger, if it has others.
func (l Limits) Publish(ctx context.Context) error {
	set, err := l.Ledger.Limits(ctx)
	if err != nil {
		return err
	}
	live, err := l.Live.Limits(ctx)
	if err != nil {
		return err
	}
	live = slices.DeleteFunc(slices.Clone(live), func(x job.Limit) bool { return x.From != fromOperator })
	if sameLimits(set, live) {
		return nil
	}
	return l.Live.SetLimits(ctx, set)
}

func sameLimits(x, y []job.Limit) bool {
	x, y = slices.SortedFunc(slices.Values(x), byScope), slices.SortedFunc(slices.Values(y), byScope)
	return slices.EqualFunc(x, y, func(a, b job.Limit) bool { return sameScope(a, b) && a.Max == b.Max })
}

// changed publishes what the ledger has just been told. Where that fails, the
// leader does it within seconds.
func (l Limits) changed(ctx context.Context) {
	if err := l.Publish(ctx); err != nil {
		l.Log.WarnContext(ctx, "limits not published yet", "err", err)
	}
}

// Quota returns the limits, as whoever acts may see them.
func (a *API) Quota() Limits { return a.quota() }

func (a *API) quota() Limits { return Limits{Ledger: a.Ledger, Live: a.Locks, Log: a.Log} }

// limits serves GET /api/v1/limits.
func (a *API) limits(w http.ResponseWriter, r *http.Request) error {
	all, err := a.quota().Limits(r.Context())
	if err != nil {
		return err
	}
	tag, err := a.tagOfLimits(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag) // there is no 304: their use changes all the time
	return reply(w, http.StatusOK, client.LimitList{Limits: orEmpty(all)})
}

// tagOfLimits is the tag of all that operators have set.
func (a *API) tagOfLimits(ctx context.Context) (string, error) {
	set, err := a.Ledger.Limits(ctx)
	if err != nil {
		return "", err
	}
	return printOf(slices.SortedFunc(slices.Values(set), byScope))
}

// checkLimitsSeen refuses a change with If-Match of limits that are not so any
// more.
func (a *API) checkLimitsSeen(r *http.Request) error {
	tag, err := a.tagOfLimits(r.Context())
	if err != nil {
		return err
	}
	return checkSeen(r, "What the limits are", tag)
}

// putLimit serves PUT /api/v1/limits: a new limit, or another maximum.
func (a *API) putLimit(w http.ResponseWriter, r *http.Request) error {
	var n client.NewLimit
	if err := decode(w, r, &n); err != nil {
		return err
	}
	l := job.Limit{Task: n.Task, Client: n.Client, Max: n.Max}
	if err := a.quota().check(r.Context(), l); err != nil {
		return err
	}
	if err := a.checkLimitsSeen(r); err != nil {
		return err
	}
	l, err := a.quota().put(r.Context(), l)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, l)
}

// Set makes a new limit of operators, or another maximum.
func (l Limits) Set(ctx context.Context, limit job.Limit) (job.Limit, error) {
	if err := l.check(ctx, limit); err != nil {
		return limit, err
	}
	return l.put(ctx, limit)
}

func (l Limits) put(ctx context.Context, limit job.Limit) (job.Limit, error) {
	limit.From = fromOperator
	if err := l.Ledger.PutLimit(ctx, limit); err != nil {
		return limit, err
	}
	l.changed(ctx)
	return limit, nil
}

// Remove removes a limit that operators have set, and returns it.
func (l Limits) Remove(ctx context.Context, task, client string) (job.Limit, error) {
	limit, err := l.find(ctx, task, client)
	if err != nil {
		return limit, err
	}
	return limit, l.remove(ctx, limit)
}

// find returns the limit that operators have set on that task and client.
func (l Limits) find(ctx context.Context, task, client string) (job.Limit, error) {
	limit := job.Limit{Task: task, Client: client}
	set, err := l.Ledger.Limits(ctx)
	if err != nil {
		return limit, err
	}
	i := slices.IndexFunc(set, func(x job.Limit) bool { return sameScope(x, limit) })
	if i < 0 {
		return limit, fault.New(fault.NotFound, "No operator has set a limit of that task and client; jobctl limits lists those that there are.")
	}
	limit = set[i]
	limit.From = fromOperator
	return limit, nil
}

func (l Limits) remove(ctx context.Context, limit job.Limit) error {
	if err := l.Ledger.DeleteLimit(ctx, limit.Task, limit.Client); err != nil {
		return err
	}
	l.changed(ctx)
	noteChange(ctx, limit, nil)
	return nil
}

// maxTaskName is longer than any task's name.
const maxTaskName = 200

// check refuses limits that bound nothing, or nobody knows what.
func (l Limits) check(ctx context.Context, limit job.Limit) error {
	switch {
	case limit.Task == "" && limit.Client == "":
		return fault.New(fault.Invalid, "Name the task or the client that is to be limited, or both.").In("task")
	case len(limit.Task) > maxTaskName || strings.ContainsFunc(limit.Task, func(r rune) bool { return r == ':' || unicode.IsControl(r) }):
		return fault.New(fault.Invalid, "Field task must be the name of a task: at most %d bytes and no colon.", maxTaskName).In("task")
	case limit.Max < 1:
		return fault.New(fault.Invalid, "Field max must be 1 or more, not %d; to have no limit, remove it.", limit.Max).In("max")
	case limit.Client == "" || limit.Client == "*":
		return nil
	}
	_, err := l.Ledger.Client(ctx, limit.Client)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no client %s; jobctl clients lists them.", limit.Client).In("client")
	}
	return err
}

// deleteLimit serves DELETE /api/v1/limits and answers with what was removed.
func (a *API) deleteLimit(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	task, client := q.text("task"), q.text("client")
	if q.err != nil {
		return q.err
	}
	l, err := a.quota().find(r.Context(), task, client)
	if err != nil {
		return err
	}
	if err := a.checkLimitsSeen(r); err != nil {
		return err
	}
	if err := a.quota().remove(r.Context(), l); err != nil {
		return err
	}
	return reply(w, http.StatusOK, l)
}
