package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// The most that may be said of a job.
const (
	maxDescription = 500
	maxKey         = 200
)

// An intake checks everything that can be wrong with new jobs, so that nothing
// is enqueued that could never run. It serves one request, and asks about each
// task and client once.
type intake struct {
	api     *API
	tasks   map[string]job.Declaration // nil: not asked yet
	schemas map[string]*jsonschema.Schema
	clients map[string]error // whether each may have new jobs
}

func (a *API) intake() *intake {
	return &intake{api: a, schemas: map[string]*jsonschema.Schema{}, clients: map[string]error{}}
}

// request checks n and returns what to ask of the engine.
func (in *intake) request(ctx context.Context, n client.NewJob) (job.Request, error) {
	now := in.api.Now()
	at, err := due(n, now)
	if err != nil {
		return job.Request{}, err
	}
	if err := checkWords(n); err != nil {
		return job.Request{}, err
	}
	tags, err := job.TagsOf(n.Tags)
	if err != nil {
		return job.Request{}, err
	}
	if err := checkTimes(n.Expires, at, now); err != nil {
		return job.Request{}, err
	}
	if err := in.checkTask(ctx, n.Task, &n.Args); err != nil {
		return job.Request{}, err
	}
	if err := in.checkClient(ctx, n.Client); err != nil {
		return job.Request{}, err
	}
	return job.Request{
		ID:          newID(),
		Key:         n.Key,
		Task:        n.Task,
		Args:        n.Args,
		Client:      n.Client,
		Owner:       actor(ctx),
		Description: n.Description,
		At:          at,
		Expires:     n.Expires,
		Trace:       n.Trace,
		Tags:        tags,
	}, nil
}

// checkWords refuses texts that are too long or could not be shown.
func checkWords(n client.NewJob) error {
	switch {
	case len(n.Key) > maxKey || !storable(n.Key):
		return fault.New(fault.Invalid, "Field key must be UTF-8 text of at most %d bytes.", maxKey).In("key")
	case len(n.Description) > maxDescription || strings.ContainsAny(n.Description, "\r\n"):
		return fault.New(fault.Invalid, "Field description must be one line of at most %d bytes.", maxDescription).In("description")
	case n.Trace != "" && !isTrace(n.Trace):
		return fault.New(fault.Invalid, "Field trace must be a W3C traceparent such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.").In("trace")
	}
	return nil
}

// checkTimes refuses times that nobody can write, and jobs that would expire
// before they could start.
func checkTimes(expires, at, now time.Time) error {
	switch {
	case !hasYear(expires):
		return tooFar("expires", expires)
	case !hasYear(at):
		return tooFar("at", at)
	case expires.IsZero():
		return nil
	case !expires.After(now):
		return fault.New(fault.Invalid, "Field expires must be in the future, not %s.", expires.Format(time.RFC3339)).In("expires")
	case !expires.After(at):
		return fault.New(fault.Invalid, "Field expires must be later than %s, when the job is to start.", at.Format(time.RFC3339)).In("expires")
	}
	return nil
}

// hasYear reports whether t can be written in UTC.
func hasYear(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 0 && year <= 9999
}

func tooFar(field string, t time.Time) error {
	return fault.New(fault.Invalid, "Field %s must be a time before the year 10000 in UTC, not %s.", field, t.Format(time.RFC3339)).In(field)
}

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// isTrace reports whether text is a W3C traceparent that names a trace.
func isTrace(text string) bool {
	return traceparent.MatchString(text) &&
		text[3:35] != strings.Repeat("0", 32) && text[36:52] != strings.Repeat("0", 16)
}

// traceOf returns the trace that r is part of. Whoever sends a header that is
// none is served all the same.
func traceOf(r *http.Request) string {
	if header := r.Header.Get("Traceparent"); isTrace(header) {
		return header
	}
	return ""
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
func (in *intake) checkTask(ctx context.Context, name string, args *json.RawMessage) error {
	if name == "" {
		return fault.New(fault.Invalid, "Field task is required: the name of a task, as jobctl tasks lists them.").In("task")
	}
	schema, err := in.schema(ctx, name)
	if err != nil {
		return err
	}
	if len(*args) == 0 || bytes.Equal(*args, []byte("null")) {
		*args = json.RawMessage("{}")
	}
	return fits(schema, *args)
}

func (in *intake) schema(ctx context.Context, name string) (*jsonschema.Schema, error) {
	if known, ok := in.schemas[name]; ok {
		return known, nil
	}
	if err := in.readTasks(ctx); err != nil {
		return nil, err
	}
	declared, ok := in.tasks[name]
	if !ok {
		return nil, fault.New(fault.Invalid, "There is no task %s; jobctl tasks lists what there is.", name).In("task")
	}
	schema, err := compile(declared.Schema)
	if err != nil {
		return nil, fmt.Errorf("read the schema of task %s: %w", name, err)
	}
	in.schemas[name] = schema
	return schema, nil
}

func (in *intake) readTasks(ctx context.Context) error {
	if in.tasks != nil {
		return nil
	}
	all, err := in.api.Engine.Tasks(ctx)
	if err != nil {
		return err
	}
	in.tasks = make(map[string]job.Declaration, len(all))
	for _, t := range all {
		in.tasks[t.Name] = t
	}
	return nil
}

// checkClient refuses jobs of clients that do not exist or are disabled. An
// empty name is the default client.
func (in *intake) checkClient(ctx context.Context, name string) error {
	name = firstOf(name, job.DefaultClient)
	known, asked := in.clients[name]
	if asked {
		return known
	}
	err := in.api.Ledger.UsableClient(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.Invalid, "There is no client %s; jobctl clients lists them.", name).In("client")
	}
	in.clients[name] = err
	return err
}
