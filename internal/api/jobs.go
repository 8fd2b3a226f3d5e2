package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// Book returns all jobs, in flight and ended, as whoever acts may see them.
func (a *API) Book() Jobs { return a.book() }

func (a *API) book() Jobs { return Jobs{Engine: a.Engine, Ledger: a.Ledger, Log: a.Log, Now: a.Now} }

// jobs serves GET /api/v1/jobs: newest first, as they stand now; or all that
// the filter chooses, as a file.
func (a *API) jobs(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	count, format := q.flag("count"), q.text("format")
	if !slices.Contains([]string{"", "json", "csv", "ndjson"}, format) {
		q.refuse("format", "must be json, csv or ndjson, not %q", format)
	}
	f, err := q.filter()
	if err != nil {
		return err
	}
	if format == "csv" || format == "ndjson" {
		return a.jobsFile(w, r, f, format)
	}
	list, err := a.listJobs(r.Context(), f)
	if err != nil {
		return err
	}
	if count {
		if list.Total, list.More, err = a.book().Count(r.Context(), f); err != nil {
			return err
		}
	}
	return reply(w, http.StatusOK, list)
}

func (a *API) listJobs(ctx context.Context, f job.Filter) (client.JobList, error) {
	found, live, err := a.book().search(ctx, f)
	if err != nil {
		return client.JobList{}, err
	}
	counts, err := a.Ledger.Counts(ctx, f.Client)
	if err != nil {
		return client.JobList{}, err
	}
	list := client.JobList{Jobs: orEmpty(found.Jobs), Next: found.Next, Counts: counts, Searched: found.Searched, Notice: a.notice(live)}
	if list.Notice == "" {
		list.Notice = searched(found)
	}
	return list, nil
}

// searched says how far a search has looked, if not everywhere.
func searched(found job.Found) string {
	if found.Searched == 0 {
		return ""
	}
	return fmt.Sprintf("Searched the newest %d jobs that may match; the next page goes on behind them.", found.Searched)
}

// maxLag is how far the ledger may be behind before a list says so.
const maxLag = 2 * time.Second

// notice says what of a list may be out of date.
func (a *API) notice(live bool) string {
	if !live {
		return "Redis is away: jobs are shown as they were recorded last."
	}
	if a.Lag != nil && a.Lag() > maxLag {
		return "The record is " + a.Lag().Round(time.Second).String() + " behind: jobs of that time may be missing here."
	}
	return ""
}

// job serves GET /api/v1/jobs/{id}.
func (a *API) job(w http.ResponseWriter, r *http.Request) error {
	j, err := a.book().Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	detail := client.JobDetail{Job: j, Attempts: []job.Attempt{}}
	attempts, err := a.Ledger.Attempts(r.Context(), j.ID)
	if err != nil {
		a.Log.WarnContext(r.Context(), "job shown without its attempts", "job", j.ID, "err", err)
		detail.Notice = "The ledger is away: the attempts cannot be shown."
		return reply(w, http.StatusOK, detail)
	}
	detail.Attempts = orEmpty(attempts)
	if detail.Waits, err = a.Ledger.Waits(r.Context(), j.ID); err != nil {
		a.Log.WarnContext(r.Context(), "job shown without its waits", "job", j.ID, "err", err)
		detail.Notice = "The ledger is away: what the job waited for cannot be shown."
	}
	if detail.Usual, err = a.usual(r.Context(), j); err != nil {
		a.Log.WarnContext(r.Context(), "job shown without what is usual", "job", j.ID, "err", err)
		detail.Notice = "The ledger is away: how long such jobs usually take cannot be shown."
	}
	return reply(w, http.StatusOK, detail)
}

// usual compares a job with those before and after it; nil if there are none.
func (a *API) usual(ctx context.Context, j job.Job) (*client.Usual, error) {
	recent, err := a.Ledger.RecentDurations(ctx, j.Schedule, j.Task, j.Client, job.UsualJobs+1)
	_, u := job.Beside(j.ID, recent)
	if err != nil || u.Of == 0 {
		return nil, err
	}
	return &client.Usual{
		Median: job.Seconds(u.Median), Short: job.Seconds(u.Short), Long: job.Seconds(u.Long),
		Of: u.Of, Text: u.Compare(j, a.Now()),
	}, nil
}

// abort serves POST /api/v1/jobs/{id}/abort.
func (a *API) abort(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	j, err := a.book().Abort(r.Context(), r.PathValue("id"), actor(r.Context()))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, j)
}

// retry serves POST /api/v1/jobs/{id}/retry. 201 says that it made a new job.
func (a *API) retry(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	id := r.PathValue("id")
	j, err := a.book().Retry(r.Context(), id, actor(r.Context()))
	if err != nil {
		return err
	}
	if j.ID != id {
		return reply(w, http.StatusCreated, j)
	}
	return reply(w, http.StatusOK, j)
}

// orEmpty makes JSON say [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
