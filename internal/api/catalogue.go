package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// tasks serves GET /api/v1/tasks: what workers have announced.
func (a *API) tasks(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Engine.Tasks(r.Context())
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y job.Declaration) int { return strings.Compare(x.Name, y.Name) })
	return reply(w, http.StatusOK, client.TaskList{Tasks: orEmpty(all)})
}

// task serves GET /api/v1/tasks/{name}.
func (a *API) task(w http.ResponseWriter, r *http.Request) error {
	t, err := a.declaration(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, t)
}

func (a *API) declaration(ctx context.Context, name string) (job.Declaration, error) {
	all, err := a.Engine.Tasks(ctx)
	if err != nil {
		return job.Declaration{}, err
	}
	for _, t := range all {
		if t.Name == name {
			return t, nil
		}
	}
	return job.Declaration{}, fault.New(fault.NotFound, "There is no task %s.", name)
}
