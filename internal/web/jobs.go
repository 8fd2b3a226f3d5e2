package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// perPage is how many rows a list shows.
const perPage = 50

type jobsPage struct {
	frame
	Sentence   string
	Recovering []recoveryRow
	Tabs       []tab
	Filter     job.Filter
	State      string // the tab that is open
	Tasks      []string
	Clients    []job.Client
	Mixed      bool // the rows are of several clients
	Filtered   bool
	Rows       []jobRow
	Events     string // where the page hears of changes; empty: nowhere
	Newest     string // URLs; empty: nowhere to go
	Older      string
}

// A tab leads to the part of a list that is in one state.
type tab struct {
	Word  string
	Count int64
	URL   string
	Open  bool
}

// A jobRow is a job as the list shows it.
type jobRow struct {
	job.Job
	Meter    meter
	Took     string
	Note     string // why it waits, or what went wrong
	Holder   string // what to say of the job in the way; empty: none is
	Result   string // how far it came
	CanAbort bool
}

// jobs serves GET /jobs: what is running, what ran, what will; newest first.
func (s *server) jobs(w http.ResponseWriter, r *http.Request) error {
	filter, err := jobFilter(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := s.jobsPage(r.Context(), filter, r.URL)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "jobs", page)
}

// jobFilter reads the filter that a URL is.
func jobFilter(q url.Values) (job.Filter, error) {
	f := job.Filter{
		Task:     strings.TrimSpace(q.Get("task")),
		Client:   strings.TrimSpace(q.Get("client")),
		Root:     q.Get("root"),
		Schedule: q.Get("schedule"),
		Errors:   q.Get("errors") != "",
		Before:   q.Get("before"),
		Limit:    perPage + 1, // one more tells whether there are older ones
	}
	for _, word := range q["state"] {
		if word == "" {
			continue
		}
		if !job.State(word).Valid() {
			return f, fault.New(fault.Invalid, "There is no state “%s”; the states are %s.", word, states()).In("state")
		}
		f.States = append(f.States, job.State(word))
	}
	return f, nil
}

func states() string {
	words := make([]string, len(job.States))
	for i, state := range job.States {
		words[i] = string(state)
	}
	return strings.Join(words, ", ")
}

func (s *server) jobsPage(ctx context.Context, f job.Filter, here *url.URL) (jobsPage, error) {
	page := jobsPage{Filter: f, Filtered: filtered(f), Events: s.follow(f)}
	if len(f.States) == 1 {
		page.State = string(f.States[0])
	}
	var err error
	if page.frame, err = s.frame(ctx, "Jobs", "jobs"); err != nil {
		return page, err
	}
	if page.Recovering, err = s.recovering(ctx); err != nil {
		return page, err
	}
	counts, err := s.Jobs.Counts(ctx, f.Client)
	if err != nil {
		return page, fmt.Errorf("count jobs: %w", err)
	}
	if page.Tasks, err = s.tasks(ctx); err != nil {
		return page, err
	}
	if page.Clients, err = s.Catalogue.Clients(ctx); err != nil {
		return page, fmt.Errorf("list clients: %w", err)
	}
	jobs, err := s.Jobs.Jobs(ctx, f)
	if err != nil {
		return page, fmt.Errorf("list jobs: %w", err)
	}
	page.Sentence, page.Tabs = overview(counts), jobTabs(counts, f, here.Query())
	page.fill(jobs, here.Query(), s.now())
	return page, nil
}

// fill puts the jobs into rows, and links to the pages beside this one.
func (p *jobsPage) fill(jobs []job.Job, q url.Values, now time.Time) {
	if p.Filter.Before != "" {
		p.Newest = with("/jobs", q, "before", "")
	}
	if len(jobs) > perPage {
		jobs = jobs[:perPage]
		p.Older = with("/jobs", q, "before", jobs[perPage-1].ID)
	}
	for _, j := range jobs {
		row := rowOf(j, now)
		row.CanAbort = row.CanAbort && p.who.Handles(j)
		p.Rows = append(p.Rows, row)
		p.Mixed = p.Mixed || j.Client != jobs[0].Client
	}
}

// tasks are the names that the filter offers.
func (s *server) tasks(ctx context.Context) ([]string, error) {
	declared, err := s.Catalogue.Tasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	names := make([]string, len(declared))
	for i, d := range declared {
		names[i] = d.Name
	}
	slices.Sort(names)
	return names, nil
}

func filtered(f job.Filter) bool {
	return f.Task != "" || f.Client != "" || f.Root != "" || f.Schedule != "" || f.Errors
}

func rowOf(j job.Job, now time.Time) jobRow {
	row := jobRow{Job: j, Meter: meterOf(j, now), Result: result(j.Progress), CanAbort: !j.State.Final() && !j.Aborting}
	if j.Started != nil && (j.State == job.Running || j.State.Final()) {
		row.Took = duration(span(j.Started, j.Ended, now))
	}
	switch j.State {
	case job.Waiting:
		row.Note, row.Holder = waitNote(j, now)
	case job.Queued:
		if j.Waiting != nil {
			row.Note = j.Reason
		}
	case job.Held, job.Aborted, job.Expired:
		row.Note = j.Reason
	case job.Failed:
		row.Note = cmp.Or(j.Error, j.Reason)
	case job.Retrying:
		row.Note = join(" · ", "Next attempt "+relative(j.Due, now), j.Error)
	}
	row.Note = join(" ", row.Note, crashes(j))
	return row
}

// waitNote says what a job waits for, and what to write on the link to the job
// in the way, so that its id need not be read.
func waitNote(j job.Job, now time.Time) (note, holder string) {
	w := j.Waiting
	switch {
	case w == nil || w.Holder == "":
		return j.Reason, ""
	case w.Kind != job.WaitsForLock && w.Kind != job.WaitsForBlocking, w.Task == "", w.Since == nil:
		return j.Reason, "See the job in the way"
	}
	return job.Wait{Kind: w.Kind, For: w.For}.Sentence(now), "Held by " + w.Task + " for " + job.Lasting(now.Sub(*w.Since))
}

// always are the states whose tabs are there even when nothing is in them, so
// that the common ones keep their place.
var always = []job.State{job.Running, job.Queued, job.Succeeded, job.Failed}

// tabOrder begins with what needs an eye.
var tabOrder = []job.State{
	job.Running, job.Waiting, job.Queued, job.Scheduled, job.Retrying, job.Held,
	job.Succeeded, job.Failed, job.Aborted, job.Expired,
}

func jobTabs(counts map[job.State]int64, f job.Filter, q url.Values) []tab {
	var total int64
	for _, n := range counts {
		total += n
	}
	tabs := []tab{{"All", total, tabURL(q, ""), len(f.States) == 0}}
	for _, state := range tabOrder {
		open := slices.Contains(f.States, state)
		if counts[state] == 0 && !open && !slices.Contains(always, state) {
			continue
		}
		tabs = append(tabs, tab{chips[state].Word, counts[state], tabURL(q, string(state)), open})
	}
	return tabs
}

// tabURL keeps the filter and begins at the newest.
func tabURL(q url.Values, state string) string {
	return with("/jobs", q, "before", "", "state", state)
}

// with returns the path with the query's parameters, some of them set anew;
// an empty value removes one.
func with(path string, q url.Values, pairs ...string) string {
	out := url.Values{}
	for name, values := range q {
		if len(values) > 0 && values[0] != "" {
			out[name] = values
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Del(pairs[i])
		if pairs[i+1] != "" {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	if len(out) == 0 {
		return path
	}
	return path + "?" + out.Encode()
}

// overview is the state of all jobs in one sentence.
func overview(counts map[job.State]int64) string {
	var parts []string
	for _, state := range []job.State{job.Running, job.Waiting, job.Queued, job.Retrying, job.Held} {
		if n := counts[state]; n > 0 {
			parts = append(parts, number(n)+" "+string(state))
		}
	}
	if len(parts) == 0 {
		return "Nothing is running or waiting."
	}
	return strings.Join(parts, ", ") + "."
}

func jobPath(id string) string { return "/jobs/" + url.PathEscape(id) }
