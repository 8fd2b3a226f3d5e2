package client

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

type (
	// A Process is a scheduler or a worker.
	Process = job.Process
	// ProcessList is every process that was heard of lately.
	ProcessList struct {
		Processes []Process `json:"processes"`
	}
	// A NewLogLevel has processes log more, or less, for a while.
	NewLogLevel struct {
		Process string `json:"process,omitempty"` // empty: all
		Level   string `json:"level"`             // debug, info, warn, error; default: that of its settings
		For     string `json:"for,omitempty"`     // 1s to 24h; empty: 10m
	}
	// A LogLevel is what was asked of a process; of all, if it has no name.
	LogLevel struct {
		Process string    `json:"process,omitempty"`
		Level   string    `json:"level"`
		Until   time.Time `json:"until"`
		By      string    `json:"by"`
	}
	// A NewProfile asks what the CPUs do for a task.
	NewProfile struct {
		Worker  string `json:"worker,omitempty"`  // id or name; empty: all that run a job of it now
		Seconds int    `json:"seconds,omitempty"` // 1 to 60; 0: 10
	}
)

// Processes returns the schedulers and workers that live.
func (c *Client) Processes(ctx context.Context) ([]Process, error) {
	list, err := get[ProcessList](ctx, c, path("processes"), nil)
	return list.Processes, err
}

// SetLogLevel has processes log at another level for a while. They hear of it
// within two seconds.
func (c *Client) SetLogLevel(ctx context.Context, n NewLogLevel) (l LogLevel, err error) {
	_, err = c.do(ctx, http.MethodPut, path("log-level"), n, &l)
	return l, err
}

// Profile returns a CPU profile of what runs for a task, as pprof reads it. It
// answers when the seconds are over.
func (c *Client) Profile(ctx context.Context, task string, n NewProfile) ([]byte, error) {
	content, err := encode(n)
	if err != nil {
		return nil, err
	}
	req, err := c.request(ctx, http.MethodPost, path("tasks", task, "profile"), content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.answer(&http.Client{Transport: c.http.Transport, Timeout: 2 * time.Minute}, req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
