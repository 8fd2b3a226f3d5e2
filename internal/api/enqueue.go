package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// The most that may be said of a job.
const (
	maxDescription = 500
	maxKey         = 200
)

// enqueue serves POST /api/v1/jobs: 201 and a new job, or 200 and the job that
// the same idempotency key made before.
func (a *API) enqueue(w http.ResponseWriter, r *http.Request) error {
	var n client.NewJob
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if err := takeKey(&n, r.Header.Get("Idempotency-Key")); err != nil {
		return err
	}
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

// replyJob answers with a job that was to be made under that id.
func replyJob(w http.ResponseWriter, id string, j job.Job) error {
	status := http.StatusOK
	if j.ID == id {
		status = http.StatusCreated
		w.Header().Set("Location", "/api/v1/jobs/"+j.ID)
	}
	return reply(w, status, j)
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
	if len(n.Key) > maxKey || !storable(n.Key) {
		return fault.New(fault.Invalid, "Field key must be UTF-8 text of at most %d bytes.", maxKey).In("key")
	}
	return nil
}

// request checks everything that can be wrong with a new job, so that nothing
// is enqueued that could never run.
func (a *API) request(ctx context.Context, n client.NewJob) (job.Request, error) {
	at, err := due(n, a.Now())
	if err != nil {
		return job.Request{}, err
	}
	if len(n.Description) > maxDescription || strings.ContainsAny(n.Description, "\r\n") {
		return job.Request{}, fault.New(fault.Invalid, "Field description must be one line of at most %d bytes.", maxDescription).In("description")
	}
	if err := a.checkTask(ctx, n.Task, &n.Args); err != nil {
		return job.Request{}, err
	}
	if err := a.checkClient(ctx, n.Client); err != nil {
		return job.Request{}, err
	}
	return job.Request{
		ID:          newID(),
		Key:         n.Key,
		Task:        n.Task,
		Args:        n.Args,
		Client:      n.Client,
		Owner:       operator,
		Description: n.Description,
		At:          at,
	}, nil
}

// due returns when the job is to start; zero means now.
func due(n client.NewJob, now time.Time) (time.Time, error) {
	if n.In == "" {
		return n.At, nil
	}
	if !n.At.IsZero() {
		return time.Time{}, fault.New(fault.Invalid, "Fields at and in both say when; give one of them.").In("in")
	}
	d, err := time.ParseDuration(n.In)
	if err != nil || d < 0 {
		return time.Time{}, fault.New(fault.Invalid, "Field in must be a duration such as 90s, 10m or 2h, not %q.", n.In).In("in")
	}
	return now.Add(d), nil
}

// checkTask refuses tasks that no worker brings, and arguments that the task
// does not take. Absent arguments become an empty object.
func (a *API) checkTask(ctx context.Context, name string, args *json.RawMessage) error {
	if name == "" {
		return fault.New(fault.Invalid, "Field task is required: the name of a task, as jobctl tasks lists them.").In("task")
	}
	declared, err := a.declaration(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no task %s; jobctl tasks lists what there is.", name).In("task")
	}
	if err != nil {
		return err
	}
	if len(*args) == 0 || bytes.Equal(*args, []byte("null")) {
		*args = json.RawMessage("{}")
	}
	return checkArgs(declared.Schema, *args)
}

// checkClient refuses jobs of clients that do not exist or are disabled. An
// empty name is the default client.
func (a *API) checkClient(ctx context.Context, name string) error {
	err := a.Ledger.UsableClient(ctx, firstOf(name, job.DefaultClient))
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no client %s; jobctl clients lists them.", name).In("client")
	}
	return err
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
