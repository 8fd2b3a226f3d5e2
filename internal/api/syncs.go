package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// SyncLedger is the record of syncs.
type SyncLedger interface {
	PersonLedger
	SyncStatus(ctx context.Context, name string) (sync.Status, error)
	InboxLedger
	SISPlan(ctx context.Context, name, id string) (sync.Plan, error)
	SISEffects(ctx context.Context, plan string, f sync.EffectFilter) ([]sync.Effect, error)
}

// sync returns the sync that the request names.
func (a *API) sync(r *http.Request) (sync.Sync, error) {
	name := r.PathValue("name")
	var names []string
	for _, s := range a.Syncs {
		if !a.SeesSync(r.Context(), s.Name) {
			continue
		}
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return sync.Sync{}, fault.New(fault.NotFound, "There is no sync %s; the settings name none.", name)
	}
	return sync.Sync{}, fault.New(fault.NotFound, "There is no sync %s; the settings name %s.", name, strings.Join(names, ", "))
}

// syncs serves GET /api/v1/syncs.
func (a *API) syncs(w http.ResponseWriter, r *http.Request) error {
	list := client.SyncList{Syncs: []client.Sync{}}
	for _, s := range a.Syncs {
		if a.SeesSync(r.Context(), s.Name) {
			list.Syncs = append(list.Syncs, described(s))
		}
	}
	return reply(w, http.StatusOK, list)
}

func described(s sync.Sync) client.Sync {
	return client.Sync{
		Name: s.Name, Client: s.Client, Source: s.Source, Target: s.Target,
		Terms: orEmpty(s.Terms), CreateCourses: s.CreateCourses, OrientationCourse: s.OrientationCourse,
		TimeZone: s.Location().String(), AsOf: s.AsOf.String(), Cron: s.Cron,
	}
}

// syncStatus serves GET /api/v1/syncs/{name}.
func (a *API) syncStatus(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	status, err := a.Ledger.SyncStatus(r.Context(), s.Name)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.SyncDetail{Sync: described(s), Status: status})
}

// oneOf returns the value of a parameter, which must be one of all or absent.
func oneOf[T ~string](q *query, name string, all []T) T {
	value := T(q.text(name))
	if value != "" && !slices.Contains(all, value) {
		var words []string
		for _, one := range all {
			words = append(words, string(one))
		}
		q.refuse(name, "must be one of %s, not %q", strings.Join(words, ", "), value)
	}
	return value
}

// plan serves GET /api/v1/syncs/{name}/plan: the newest unless one is named.
func (a *API) plan(w http.ResponseWriter, r *http.Request) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	q := queryOf(r)
	id := q.text("id")
	f := sync.EffectFilter{
		Op:    oneOf(q, "op", sync.EffectOps),
		State: oneOf(q, "state", sync.EffectStates),
		Hold:  q.text("hold"), Person: q.text("person"), Section: q.text("section"),
		After: q.after(),
		Limit: q.limit(),
	}
	if q.err != nil {
		return q.err
	}
	p, err := a.Ledger.SISPlan(r.Context(), s.Name, id)
	if err != nil {
		return err
	}
	effects, err := a.Ledger.SISEffects(r.Context(), p.ID, f)
	if err != nil {
		return err
	}
	page := client.PlanPage{Plan: p, Effects: orEmpty(effects)}
	if len(effects) == f.Limit {
		page.Next = effects[len(effects)-1].Seq
	}
	return reply(w, http.StatusOK, page)
}

// runSync serves POST /api/v1/syncs/{name}/run: the first job of the run,
// whose id is the run's.
func (a *API) runSync(w http.ResponseWriter, r *http.Request) error {
	var ask client.RunSync
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if ask.AllowDrops < 0 {
		return fault.New(fault.Invalid, "Field allow_drops must be 0 or more.").In("allow_drops")
	}
	return a.startForSync(w, r, chain[0], func(s sync.Sync) any {
		return struct {
			Sync string `json:"sync"`
			client.RunSync
		}{s.Name, ask}
	})
}

// required refuses the first field that is empty; pairs are names and values.
func required(pairs ...string) error {
	for pair := range slices.Chunk(pairs, 2) {
		if strings.TrimSpace(pair[1]) == "" {
			return fault.New(fault.Invalid, "Field %s is required.", pair[0]).In(pair[0])
		}
	}
	return nil
}

// startForSync starts a job of the sync's own client.
func (a *API) startForSync(w http.ResponseWriter, r *http.Request, task string, args func(sync.Sync) any) error {
	s, err := a.sync(r)
	if err != nil {
		return err
	}
	request, j, err := a.start(r.Context(), s, task, args(s))
	if err != nil {
		return err
	}
	return replyJob(w, request, j)
}

// start starts a job of a sync's own client, and returns the id that was asked
// for with it.
func (a *API) start(ctx context.Context, s sync.Sync, task string, args any) (id string, j job.Job, err error) {
	raw, err := json.Marshal(args)
	if err != nil {
		return "", j, err
	}
	request, err := a.request(ctx, client.NewJob{Task: task, Args: raw, Client: s.Client})
	if err != nil {
		return "", j, noWorker(err, task)
	}
	j, err = a.Engine.Enqueue(ctx, request)
	return request.ID, j, err
}

// StartSIS starts a task of a sync, with arguments that name it.
func (a *API) StartSIS(ctx context.Context, name, task string, args any) (job.Job, error) {
	s, err := a.syncNamed(ctx, name)
	if err != nil {
		return job.Job{}, err
	}
	_, j, err := a.start(ctx, s, task, args)
	return j, err
}

// noWorker says for a task that the caller did not name what is amiss if
// nobody can run it.
func noWorker(err error, task string) error {
	if asFault(err).Field == "task" {
		return &fault.Error{Kind: fault.Unavailable, Msg: "No worker has announced " + task + " yet; is one running?"}
	}
	return err
}
