package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// enqueue serves POST /api/v1/jobs: 201 and a new job, or 200 and the job that
// stands for it, which the same idempotency key made before or which does the
// same.
func (a *API) enqueue(w http.ResponseWriter, r *http.Request) error {
	var n client.NewJob
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if err := takeKey(&n, r.Header.Get("Idempotency-Key")); err != nil {
		return err
	}
	n.Trace = firstOf(n.Trace, traceOf(r))
	request, err := a.request(r.Context(), n)
	if err != nil {
		return err
	}
	j, err := a.Engine.Enqueue(r.Context(), request)
	if err != nil {
		return err
	}
	return replyJob(w, request.ID, j)
}

// replyJob answers with a job that was to be made under that id, or with the
// one that stands for it.
func replyJob(w http.ResponseWriter, id string, j job.Job) error {
	w.Header().Set("Location", "/api/v1/jobs/"+j.ID)
	if j.ID != id {
		return reply(w, http.StatusOK, client.Enqueued{Job: j, Existing: true})
	}
	return reply(w, http.StatusCreated, client.Enqueued{Job: j})
}

// takeKey reads the idempotency key from the header, if it is there.
func takeKey(n *client.NewJob, header string) error {
	switch {
	case header == "":
	case n.Key != "" && n.Key != header:
		return fault.New(fault.Invalid, "The header Idempotency-Key and the field key differ; give one of them.").In("key")
	default:
		n.Key = header
	}
	return nil
}

// request checks a new job and returns what to ask of the engine.
func (a *API) request(ctx context.Context, n client.NewJob) (job.Request, error) {
	return a.intake().request(ctx, n)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
