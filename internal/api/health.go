package api

import (
	"context"
	_ "embed"
	"io"
	"net/http"
	"runtime"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

//go:embed openapi.yaml
var document []byte

// healthz serves GET /healthz: the process lives.
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
	return nil
}

// tooFarBehind is how far the ledger may be behind before that is worth a
// warning. It is no reason not to be ready: it is the same for all schedulers.
const tooFarBehind = time.Minute

// readyz serves GET /readyz: whether work can be done, and if not, why.
func (a *API) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	reasons := []string{}
	if _, err := a.Engine.Epoch(ctx); err != nil {
		reasons = append(reasons, "Redis does not answer; jobs can be neither started nor run.")
		a.Log.WarnContext(ctx, "redis is not ready", "err", err)
	}
	if err := a.Ledger.Ping(ctx); err != nil {
		reasons = append(reasons, "The ledger does not answer; what has ended cannot be shown.")
		a.Log.WarnContext(ctx, "ledger is not ready", "err", err)
	}
	status := http.StatusOK
	if len(reasons) > 0 {
		status = http.StatusServiceUnavailable
		comeBack(w, 0)
	}
	return reply(w, status, client.Readiness{Ready: len(reasons) == 0, Reasons: reasons, Warnings: a.warnings()})
}

func (a *API) warnings() (all []string) {
	if a.Lag == nil {
		return nil
	}
	if behind := a.Lag(); behind > tooFarBehind {
		all = append(all, "The ledger is "+job.Lasting(behind)+" behind what has happened: the pages show what was, and batches of jobs may be refused.")
	}
	return all
}

// openapi serves GET /api/v1/openapi.yaml.
func (a *API) openapi(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	_, _ = w.Write(document)
	return nil
}

// version serves GET /api/v1/version.
func (a *API) version(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, client.Version{Version: a.Version, Go: runtime.Version()})
}
