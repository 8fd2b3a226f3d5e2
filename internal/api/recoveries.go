package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// RecoveryBook is the recoveries of a [Timetable].
type RecoveryBook interface {
	// Recoveries returns the newest first.
	Recoveries(ctx context.Context, limit int) ([]job.Recovery, error)
	// Recovery returns one with its steps; 0 is the newest.
	Recovery(ctx context.Context, id int64) (job.RecoveryPlan, error)
	// ApproveRecovery lets the plan start; it must be held.
	ApproveRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error)
	// RejectRecovery makes the slots missed that have not started; the plan
	// must be held or running.
	RejectRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error)
}

// recoveries serves GET /api/v1/recoveries: newest first.
func (a *API) recoveries(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	limit := q.limit()
	if q.err != nil {
		return q.err
	}
	all, err := a.Timetable.Recoveries(r.Context(), limit)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.RecoveryList{Recoveries: orEmpty(all)})
}

// latest is what the newest recovery may be called by those who look.
const latest = "latest"

// recovery serves GET /api/v1/recoveries/{id}.
func (a *API) recovery(w http.ResponseWriter, r *http.Request) error {
	var id int64
	if name := r.PathValue("id"); name != latest {
		var err error
		if id, err = recoveryID(name); err != nil {
			return err
		}
	}
	p, err := a.Timetable.Recovery(r.Context(), id)
	if err != nil {
		return err
	}
	p.Steps = orEmpty(p.Steps)
	return reply(w, http.StatusOK, p)
}

// approveRecovery serves POST /api/v1/recoveries/{id}/approve.
func (a *API) approveRecovery(w http.ResponseWriter, r *http.Request) error {
	return settle(w, r, a.Timetable.ApproveRecovery)
}

// rejectRecovery serves POST /api/v1/recoveries/{id}/reject.
func (a *API) rejectRecovery(w http.ResponseWriter, r *http.Request) error {
	return settle(w, r, a.Timetable.RejectRecovery)
}

// settle does to a recovery what was decided. It must be named by its number:
// the newest may be another than the one that was looked at.
func settle(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, id int64, by, reason string) (job.Recovery, error)) error {
	var ask client.Reason
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	id, err := recoveryID(r.PathValue("id"))
	if err != nil {
		return err
	}
	done, err := do(r.Context(), id, actor(r.Context()), ask.Reason)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, done)
}

func recoveryID(name string) (int64, error) {
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.Invalid, "A recovery has a number, such as 7, and is not called %q; jobctl recovery lists them.", clipped(json.RawMessage(name))).In("id")
	}
	return id, nil
}
