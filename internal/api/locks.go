package api

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// locks serves GET /api/v1/locks: who holds what, and who stands in line.
func (a *API) locks(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Locks.List(r.Context())
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Holders, all[i].Waiters = orEmpty(all[i].Holders), orEmpty(all[i].Waiters)
	}
	return reply(w, http.StatusOK, client.LockList{Locks: orEmpty(all)})
}

// breakLocks serves POST /api/v1/locks:break.
func (a *API) breakLocks(w http.ResponseWriter, r *http.Request) error {
	var ask client.BreakLocks
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if ask.Job == "" {
		return fault.New(fault.Invalid, "Field job is required: the id of the job that holds the locks.").In("job")
	}
	j, err := a.book().Break(r.Context(), ask.Job, actor(r.Context()), ask.Reason)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, j)
}
