package api

import (
	"context"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// deposeLeader serves POST /api/v1/leader:depose: what leads stops, as if its
// process had died.
func (a *API) deposeLeader(w http.ResponseWriter, r *http.Request) error {
	var ask client.Reason
	if err := decode(w, r, &ask); err != nil {
		return err
	}
	if err := reasoned(ask.Reason); err != nil {
		return err
	}
	was, err := a.depose(r.Context())
	if err != nil {
		return fault.New(fault.Unavailable, "Redis does not answer, so that nobody can be deposed.").Because(err)
	}
	if was == "" {
		return fault.New(fault.Conflict, "No scheduler leads.")
	}
	return reply(w, http.StatusOK, client.Deposed{Leader: was})
}

func (a *API) depose(ctx context.Context) (was string, err error) {
	if a.Depose == nil {
		return "", nil
	}
	return a.Depose(ctx)
}
