package api

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// usualLevelTime is how long another log level lasts, unless it is said.
const usualLevelTime = 10 * time.Minute

// usualProfile is how many seconds a profile takes, unless it is said.
const usualProfile = 10

// processes serves GET /api/v1/processes.
func (a *API) processes(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Engine.Processes(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.ProcessList{Processes: orEmpty(all)})
}

// setLogLevel serves PUT /api/v1/log-level.
func (a *API) setLogLevel(w http.ResponseWriter, r *http.Request) error {
	var n client.NewLogLevel
	if err := decode(w, r, &n); err != nil {
		return err
	}
	lasts, err := levelTime(n)
	if err != nil {
		return err
	}
	by := actor(r.Context())
	if err := a.Engine.SetLogLevel(r.Context(), n.Process, n.Level, lasts, by); err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.LogLevel{Process: n.Process, Level: n.Level, Until: a.Now().Add(lasts).UTC(), By: by})
}

// levelTime checks a change of log level and returns how long it lasts.
func levelTime(n client.NewLogLevel) (time.Duration, error) {
	if n.Level != job.DefaultLevel && !slices.Contains(job.LogLevels, n.Level) {
		return 0, fault.New(fault.Invalid, "Field level must be debug, info, warn, error, or default, not %q.", n.Level).In("level")
	}
	lasts, err := time.ParseDuration(cmp.Or(n.For, usualLevelTime.String()))
	if err != nil || lasts < job.MinLevelTime || lasts > job.MaxLevelTime {
		return 0, fault.New(fault.Invalid, "Field for must be a duration from 1s to 24h such as 10m, not %q.", n.For).In("for")
	}
	return lasts, nil
}

// profile serves POST /api/v1/tasks/{name}/profile: what the CPUs do for the jobs
// of a task, as pprof reads it.
func (a *API) profile(w http.ResponseWriter, r *http.Request) error {
	var n client.NewProfile
	if err := decode(w, r, &n); err != nil {
		return err
	}
	d, task := time.Duration(cmp.Or(n.Seconds, usualProfile))*time.Second, r.PathValue("name")
	if err := job.CheckProfile(d); err != nil {
		return err
	}
	if err := a.hasTask(r, task); err != nil {
		return err
	}
	// The time to read the request is not the time to answer it.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	raw, err := a.Engine.Profile(r.Context(), task, n.Worker, d)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+task+`.pb.gz"`)
	_, _ = w.Write(raw) // the caller has gone, and cannot be told
	return nil
}

// hasTask refuses the name of no task.
func (a *API) hasTask(r *http.Request, name string) error {
	all, err := a.Engine.Tasks(r.Context())
	if err == nil && !slices.ContainsFunc(all, func(t job.Declaration) bool { return t.Name == name }) {
		return fault.New(fault.NotFound, "There is no task %s.", name)
	}
	return err
}
