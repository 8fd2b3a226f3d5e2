package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// How much of a job's errors and log one page shows.
const (
	errorsPerPage = 50
	linesPerPage  = 200
	familySize    = 25
)

type jobPage struct {
	frame
	Job      job.Job
	Sentence string
	Meter    meter
	Took     string
	Usual    usualView
	Args     string
	Owner    string // empty: the parent, which is shown anyway
	Crashes  string // how often workers died under it
	Attempts []attemptRow
	Steps    []step // how it came to where it stands
	Errors   errorList
	Log      logList
	Family   []job.Job // the jobs of the same run, oldest first; none if it is alone
	Whole    string    // the list of the whole run, if Family is only its newest part
	Events   string    // where the page hears of changes; empty: nowhere
	CanAbort bool
	Bell     bell
	NoBell   string // why there is none, though the job goes on
	Retry    string // what the button says; empty: there is none
}

type attemptRow struct {
	job.Attempt
	Chip chip
	Took string
}

type errorList struct {
	Rows        []job.RecordError
	First, Next string // URLs; empty: nowhere to go
	Cut         bool   // some were counted but not kept
}

var outcomes = map[job.Outcome]chip{
	job.AttemptRunning:     {"Running", "running", "running"},
	job.AttemptSucceeded:   {"Succeeded", "check", "succeeded"},
	job.AttemptFailed:      {"Failed", "failed", "failed"},
	job.AttemptAborted:     {"Aborted", "aborted", "aborted"},
	job.AttemptInterrupted: {"Put back", "retry", "queued"},
	job.AttemptLost:        {"Contact lost", "expired", "waiting"},
}

// job serves GET /jobs/{id}: everything known of one job.
func (s *server) job(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Jobs.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	page, err := s.jobPage(r.Context(), j, r.URL.Query())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "job", page)
}

func (s *server) jobPage(ctx context.Context, j job.Job, q url.Values) (page jobPage, err error) {
	now := s.now()
	page = jobPage{
		Job: j, Sentence: sentence(j, now), Meter: meterOf(j, now), Args: pretty(j.Args),
		Events: s.follow(job.Filter{Root: j.Root}), CanAbort: !j.State.Final() && !j.Aborting, Retry: retryWord(j.State), Crashes: crashes(j),
	}
	if !auth.Of(ctx).Handles(j) {
		page.CanAbort, page.Retry = false, ""
	}
	if j.Started != nil {
		page.Took = duration(span(j.Started, j.Ended, now))
	}
	if j.Parent == "" || j.Owner != "job "+j.Parent {
		page.Owner = j.Owner
	}
	if page.frame, err = s.frame(ctx, headline(j.Description), "jobs"); err != nil {
		return page, err
	}
	if page.Attempts, err = s.attempts(ctx, j.ID); err != nil {
		return page, err
	}
	waits, err := s.Jobs.Waits(ctx, j.ID)
	if err != nil {
		return page, fmt.Errorf("read what job %s waited for: %w", j.ID, err)
	}
	page.Steps = timeline(j, attemptsOf(page.Attempts), waits, now)
	if page.Errors, err = s.errors(ctx, j, q); err != nil {
		return page, err
	}
	if page.Log, err = s.log(ctx, j.ID, q); err != nil {
		return page, err
	}
	if page.Usual, err = s.usual(ctx, j); err != nil {
		return page, err
	}
	if page.Bell, page.NoBell, err = s.bellOf(ctx, j); err != nil {
		return page, err
	}
	page.Meter = leftAsUsual(page.Meter, j, page.Usual.usual, now)
	page.Family, page.Whole, err = s.family(ctx, j)
	return page, err
}

func (s *server) attempts(ctx context.Context, id string) ([]attemptRow, error) {
	attempts, err := s.Jobs.Attempts(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read attempts of job %s: %w", id, err)
	}
	rows := make([]attemptRow, len(attempts))
	for i, a := range attempts {
		rows[i] = attemptRow{a, outcomes[a.Outcome], duration(span(&a.Started, a.Ended, s.now()))}
	}
	return rows, nil
}

// errors reads one page of record errors, in the order in which they came.
func (s *server) errors(ctx context.Context, j job.Job, q url.Values) (errorList, error) {
	after, err := position(q, "errors")
	if err != nil || j.Errors == 0 {
		return errorList{}, err
	}
	rows, err := s.Jobs.JobErrors(ctx, j.ID, after, errorsPerPage+1)
	if err != nil {
		return errorList{}, fmt.Errorf("read errors of job %s: %w", j.ID, err)
	}
	list := errorList{Rows: rows}
	if after > 0 {
		list.First = with(jobPath(j.ID), q, "errors", "") + "#errors"
	}
	if len(rows) > errorsPerPage {
		list.Rows = rows[:errorsPerPage]
		list.Next = with(jobPath(j.ID), q, "errors", strconv.FormatInt(list.Rows[errorsPerPage-1].Seq, 10)) + "#errors"
	} else if len(rows) > 0 {
		list.Cut = rows[len(rows)-1].Seq < j.Errors && j.State.Final()
	}
	return list, nil
}

// family reads the jobs of the same run. The newest of a large one will do.
func (s *server) family(ctx context.Context, j job.Job) (jobs []job.Job, whole string, err error) {
	jobs, err = s.Jobs.Jobs(ctx, job.Filter{Root: j.Root, Limit: familySize + 1})
	if err != nil {
		return nil, "", fmt.Errorf("list the run of job %s: %w", j.ID, err)
	}
	if len(jobs) < 2 {
		return nil, "", nil
	}
	if len(jobs) > familySize {
		jobs, whole = jobs[:familySize], with("/jobs", url.Values{}, "root", j.Root)
	}
	slices.Reverse(jobs)
	return jobs, whole, nil
}

// retryWord names the button that makes a job run again.
func retryWord(s job.State) string {
	switch s {
	case job.Retrying:
		return "Try now"
	case job.Scheduled:
		return "Start now"
	case job.Failed, job.Aborted, job.Expired:
		return "Retry"
	}
	return ""
}

// pretty indents JSON; what is not JSON is shown as it is.
func pretty(raw json.RawMessage) string {
	var buf bytes.Buffer
	if json.Indent(&buf, raw, "", "  ") != nil {
		return string(raw)
	}
	return buf.String()
}

// position reads the number after or before which a list goes on.
func position(q url.Values, name string) (int64, error) {
	word := q.Get(name)
	if word == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "“%s” is not a number of a line; begin at the job's page.", word).In(name)
	}
	return n, nil
}
