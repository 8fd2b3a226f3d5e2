package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
)

// Enqueue starts a job. It reports whether the job is new: with a Key that was
// used before it is the job of that time, and where only one job of a kind may
// be in flight it is that one.
func (c *Client) Enqueue(ctx context.Context, n NewJob) (j Job, isNew bool, err error) {
	var answer Enqueued
	status, err := c.do(ctx, http.MethodPost, path("jobs"), n, &answer)
	return answer.Job, status == http.StatusCreated, err
}

// Jobs lists jobs, newest first.
func (c *Client) Jobs(ctx context.Context, f Filter) (JobList, error) {
	return get[JobList](ctx, c, path("jobs"), jobsQuery(f))
}

// CountJobs is [Client.Jobs] with the number of all jobs that f chooses.
func (c *Client) CountJobs(ctx context.Context, f Filter) (JobList, error) {
	q := jobsQuery(f)
	q.Set("count", "1")
	return get[JobList](ctx, c, path("jobs"), q)
}

// ExportJobs writes all jobs that f chooses to w, newest first, as "csv" or
// "ndjson".
func (c *Client) ExportJobs(ctx context.Context, f Filter, format string, w io.Writer) error {
	q := jobsQuery(f)
	q.Set("format", format)
	resp, err := c.send(ctx, http.MethodGet, path("jobs")+"?"+q.Encode(), "application/json", http.NoBody)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return &Error{Code: "unavailable", Message: "The answer of " + c.server + " broke off.", Err: err}
	}
	return nil
}

func jobsQuery(f Filter) url.Values {
	q := url.Values{}
	for _, s := range f.States {
		q.Add("state", string(s))
	}
	set(q, "task", f.Task)
	set(q, "client", f.Client)
	set(q, "owner", f.Owner)
	set(q, "root", f.Root)
	set(q, "schedule", f.Schedule)
	set(q, "before", f.Before)
	setNumber(q, "limit", int64(f.Limit))
	if f.Errors {
		q.Set("errors", "1")
	}
	f.States, f.Task, f.Client, f.Owner, f.Root, f.Schedule, f.Errors = nil, "", "", "", "", "", false
	set(q, "q", f.String())
	return q
}

// Job returns one job and the attempts at it.
func (c *Client) Job(ctx context.Context, id string) (JobDetail, error) {
	return get[JobDetail](ctx, c, path("jobs", id), nil)
}

// Abort stops a job that has not ended.
func (c *Client) Abort(ctx context.Context, id string) (Job, error) {
	return post[Job](ctx, c, path("jobs", id, "abort"), nil)
}

// Retry makes a new job of one that ended without success, or starts one that
// waits for its time now.
func (c *Client) Retry(ctx context.Context, id string) (Job, error) {
	return post[Job](ctx, c, path("jobs", id, "retry"), nil)
}

// JobErrors returns record errors of a job from the one after that number on.
func (c *Client) JobErrors(ctx context.Context, id string, after int64, limit int) (ErrorPage, error) {
	q := url.Values{}
	setNumber(q, "after", after)
	setNumber(q, "limit", int64(limit))
	return get[ErrorPage](ctx, c, path("jobs", id, "errors"), q)
}

// Logs returns log lines of a job from the one after that number on.
func (c *Client) Logs(ctx context.Context, id string, after int64, limit int) (LogPage, error) {
	q := url.Values{}
	setNumber(q, "after", after)
	setNumber(q, "limit", int64(limit))
	return get[LogPage](ctx, c, path("jobs", id, "logs"), q)
}
