package api

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// workers serves GET /api/v1/workers.
func (a *API) workers(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Engine.Workers(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.WorkerList{Workers: orEmpty(all)})
}

// order serves POST /api/v1/workers/{id}/quiet, wake and drain.
func (a *API) order(o job.Order) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := decode(w, r, &nothing{}); err != nil {
			return err
		}
		one, err := a.Engine.Order(r.Context(), r.PathValue("id"), o, actor(r.Context()))
		if err != nil {
			return err
		}
		return reply(w, http.StatusOK, one)
	}
}
