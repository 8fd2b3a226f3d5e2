package api

import (
	"net/http"

	"github.com/beadle-jobs/beadle/internal/job"
)

// system serves GET /api/v1/system: what this installation runs on. It answers
// though Redis or the ledger do not, and says so.
func (a *API) system(w http.ResponseWriter, r *http.Request) error {
	all := job.System{Version: a.Version}
	if a.System != nil {
		all = a.System(r.Context())
	}
	all.Schedulers, all.Builds = orEmpty(all.Schedulers), orEmpty(all.Builds)
	return reply(w, http.StatusOK, all)
}
