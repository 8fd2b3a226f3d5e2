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

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// How many rows a list shows; those of jobs are longer than others.
const (
	perPage     = 50
	jobsPerPage = 36
)

type jobsPage struct {
	frame
	Sentence   string
	Recovering []recoveryRow
	Whose      []choice // all jobs, or those of whoever looks; none: there are no others
	Tabs       []tab
	Filter     job.Filter
	Query      string // the filter as the box shows it
	Mistake    string // what is wrong with it
	Words      []job.FilterWord
	State      string // the tab that is open
	Tasks      []string
	Clients    []job.Client
	Switches   []choice
	Mixed      bool // the rows are of several clients
	Filtered   bool
	Rows       []jobRow
	Searched   string // how far a search has looked; empty: everywhere
	Many       many
	Command    string // what lists the same in a terminal
	Files      []link // the whole list, to take along
	Here       string // the URL of this page, to come back to
	Events     string // where the page hears of changes; empty: nowhere
	Newest     string // URLs; empty: nowhere to go
	Older      string
}

// A choice is one that a list offers beside its states.
type choice struct {
	link
	Made bool
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
	CanRetry bool
	Bell     bell
}

// jobs serves GET /jobs: what is running, what ran, what will; newest first. A
// filter that makes no sense stays in its box, beside what is wrong with it.
func (s *server) jobs(w http.ResponseWriter, r *http.Request) error {
	filter, err := jobFilter(mine(r))
	if fault.KindOf(err) == fault.Invalid {
		return s.mistakenFilter(w, r, err)
	}
	if err != nil {
		return err
	}
	page, err := s.jobsPage(r.Context(), filter)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "jobs", page)
}

// mine returns the parameters of r, in which the owner "me" is whoever looks.
func mine(r *http.Request) url.Values {
	q := r.URL.Query()
	if q.Get("owner") == "me" {
		q.Set("owner", actor(r.Context()))
	}
	return q
}

// mistakenFilter shows what is wrong with a filter, and no jobs.
func (s *server) mistakenFilter(w http.ResponseWriter, r *http.Request, mistake error) error {
	page := jobsPage{Query: r.URL.Query().Get("q"), Mistake: fault.Message(mistake), Filtered: true}
	if err := s.surround(r.Context(), &page); err != nil {
		return err
	}
	status := http.StatusBadRequest
	if r.Header.Get(liveHeader) != "" {
		status = http.StatusOK // the page stands as it is
	}
	return s.render(w, r, status, "jobs", page)
}

// jobFilter reads the filter that a URL is: that of q, as people type it, with
// what the other parameters say instead.
func jobFilter(q url.Values) (job.Filter, error) {
	f, err := job.ParseFilter(q.Get("q"))
	if err != nil {
		return f, err
	}
	for name, place := range map[string]*string{"task": &f.Task, "client": &f.Client, "owner": &f.Owner, "root": &f.Root, "schedule": &f.Schedule} {
		if q.Has(name) {
			*place = strings.TrimSpace(q.Get(name))
		}
	}
	f.Errors = f.Errors || q.Get("errors") != ""
	if err := takeStates(&f, q["state"]); err != nil {
		return f, err
	}
	f.Before, f.Limit = q.Get("before"), jobsPerPage
	if _, _, err := job.ParseCursor(f.Before); err != nil {
		return f, err
	}
	return f, f.Check()
}

func takeStates(f *job.Filter, words []string) error {
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == "" })
	if len(words) > 0 {
		f.States = nil
	}
	for _, word := range words {
		if !job.State(word).Valid() {
			return fault.New(fault.Invalid, "There is no state “%s”; the states are %s.", word, states()).In("state")
		}
		f.States = append(f.States, job.State(word))
	}
	return nil
}

func states() string {
	words := make([]string, len(job.States))
	for i, state := range job.States {
		words[i] = string(state)
	}
	return strings.Join(words, ", ")
}

func (s *server) jobsPage(ctx context.Context, f job.Filter) (jobsPage, error) {
	page := jobsPage{Filter: f, Query: f.String(), Filtered: filtered(f), Events: s.follow(f)}
	if len(f.States) == 1 {
		page.State = string(f.States[0])
	}
	if err := s.surround(ctx, &page); err != nil {
		return page, err
	}
	found, err := s.Jobs.Search(ctx, f)
	if err != nil {
		return page, fmt.Errorf("list jobs: %w", err)
	}
	page.fill(found, auth.Of(ctx), s.now())
	page.Switches, page.Whose = switches(f), whose(f, auth.Of(ctx))
	page.Many = manyOf(page.Rows, f)
	page.Command, page.Files = command("jobs", f), filesOf(f)
	page.Here = listURL(f, "before", f.Before)
	return page, s.hang(ctx, page.Rows)
}

// surround fills in what stands around the list, whatever is in it.
func (s *server) surround(ctx context.Context, page *jobsPage) (err error) {
	if page.frame, err = s.frame(ctx, "Jobs", "jobs"); err != nil {
		return err
	}
	if page.Recovering, err = s.recovering(ctx); err != nil {
		return err
	}
	counts, err := s.countsOf(ctx, page.frame, page.Filter)
	if err != nil {
		return fmt.Errorf("count jobs: %w", err)
	}
	if page.Tasks, err = s.tasks(ctx); err != nil {
		return err
	}
	if page.Clients, err = s.Catalogue.Clients(ctx); err != nil {
		return fmt.Errorf("list clients: %w", err)
	}
	page.Words, page.Sentence, page.Tabs = job.FilterWords, overview(counts), jobTabs(counts, page.Filter)
	return nil
}

// countsOf are those of the jobs among which f chooses: all, or one's own. The
// page around them has counted all.
func (s *server) countsOf(ctx context.Context, around frame, f job.Filter) (map[job.State]int64, error) {
	if f.Owner != "" && f.Owner == actor(ctx) {
		return s.Jobs.CountsOf(ctx, f.Client, f.Owner)
	}
	if f.Client == "" {
		return around.counts, nil
	}
	return s.Jobs.Counts(ctx, f.Client)
}

// fill puts the jobs into rows, and links to the pages beside this one.
func (p *jobsPage) fill(found job.Found, who auth.Who, now time.Time) {
	if p.Filter.Before != "" {
		p.Newest = listURL(p.Filter)
	}
	if found.Next != "" {
		p.Older = listURL(p.Filter, "before", found.Next)
	}
	if found.Searched > 0 {
		p.Searched = "Searched the newest " + number(int64(found.Searched)) + " jobs that may match; the next page goes on behind them."
	}
	for _, j := range found.Jobs {
		row := rowOf(j, now)
		mine := who.Handles(j)
		row.CanAbort, row.CanRetry = row.CanAbort && mine, mine && slices.Contains(retryable, j.State)
		p.Rows = append(p.Rows, row)
		p.Mixed = p.Mixed || j.Client != found.Jobs[0].Client
	}
}

// listURL is where a list of jobs begins.
func listURL(f job.Filter, pairs ...string) string {
	return with("/jobs", url.Values{}, append([]string{"q", f.String()}, pairs...)...)
}

// switches narrow the list to jobs with errors.
func switches(f job.Filter) []choice {
	errors := f
	errors.Errors = !f.Errors
	return []choice{{link{"With errors", listURL(errors)}, f.Errors}}
}

// whose leads to all jobs and to those of who looks, if there is a difference.
func whose(f job.Filter, who auth.Who) []choice {
	if !who.Anywhere(auth.See) {
		return nil
	}
	own := f.Owner == who.Name
	f.Owner = ""
	return []choice{{link{"All jobs", listURL(f)}, !own}, {link{"My jobs", listURL(f, "owner", "me")}, own}}
}

// command is the line of jobctl that does something with the jobs of a filter.
func command(verb string, f job.Filter) string {
	if !f.Chooses() {
		return "jobctl " + verb
	}
	return "jobctl " + verb + " --filter " + quoted(f.String())
}

// shell returns a word as a shell takes it for itself, whatever is in it: what
// pages offer to copy may come from an address, or from the SIS.
func shell(word string) string {
	plain := !strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plainInShells, r) })
	if plain && word != "" && word[0] != '-' {
		return word
	}
	return quoted(word)
}

func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

const plainInShells = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@/-"

// filesOf leads to all that a filter chooses.
func filesOf(f job.Filter) (files []link) {
	for _, kind := range []link{{"CSV", "csv"}, {"JSON", "ndjson"}} {
		files = append(files, link{kind.Text, with("/api/v1/jobs", url.Values{}, "q", f.String(), "format", kind.URL)})
	}
	return files
}

// hang gives the rows their bells.
func (s *server) hang(ctx context.Context, rows []jobRow) error {
	jobs := make([]job.Job, len(rows))
	for i := range rows {
		jobs[i] = rows[i].Job
	}
	bells, err := s.bells(ctx, jobs)
	for i := range rows {
		rows[i].Bell = bells[rows[i].ID]
	}
	return err
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

// filtered reports whether f asks for more than a state.
func filtered(f job.Filter) bool {
	f.States = nil
	return f.Chooses()
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

func jobTabs(counts map[job.State]int64, f job.Filter) []tab {
	var total int64
	for _, n := range counts {
		total += n
	}
	tabs := []tab{{"All", total, tabURL(f), len(f.States) == 0}}
	for _, state := range tabOrder {
		open := slices.Contains(f.States, state)
		if counts[state] == 0 && !open && !slices.Contains(always, state) {
			continue
		}
		tabs = append(tabs, tab{chips[state].Word, counts[state], tabURL(f, state), open})
	}
	return tabs
}

// tabURL keeps the filter and begins at the newest.
func tabURL(f job.Filter, states ...job.State) string {
	f.States = states
	return listURL(f)
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
