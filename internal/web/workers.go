package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Workers is what the pages read of workers, and tell them.
type Workers interface {
	Workers(ctx context.Context) ([]job.Worker, error)

	// Order tells a worker what to do with the jobs to come, in the name of by.
	Order(ctx context.Context, worker string, o job.Order, by string) (job.Worker, error)
}

// fewJobs is how many of a worker's jobs the page links to.
const fewJobs = 10

type workersPage struct {
	frame
	Sentence string
	Workers  []workerRow
	Tasks    []taskRow
	May      bool // tell workers what to do
}

// A workerRow is one process.
type workerRow struct {
	job.Worker
	Chip   chip
	Says   string // why it takes no jobs
	Queues []string
	Labels []string
	Use    int // percent of its places
	Jobs   []workerJob
	More   int // jobs that are not linked to
}

// A workerJob is a job that a worker runs.
type workerJob struct {
	ID    string
	Stuck bool
}

// A taskRow is who can run the jobs of a task.
type taskRow struct {
	Name, Summary string
	Workers       []string
}

// workers serves GET /workers: the processes that run jobs, and who can run what.
func (s *server) workers(w http.ResponseWriter, r *http.Request) error {
	page, err := s.workersPage(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "workers", page)
}

func (s *server) workersPage(ctx context.Context) (page workersPage, err error) {
	if page.frame, err = s.frame(ctx, "Workers", "workers"); err != nil {
		return page, err
	}
	all, err := s.Workers.Workers(ctx)
	if err != nil {
		return page, fmt.Errorf("list workers: %w", err)
	}
	tasks, err := s.Catalogue.Tasks(ctx)
	if err != nil {
		return page, fmt.Errorf("list tasks: %w", err)
	}
	page.May = auth.Of(ctx).Everywhere(auth.Operate)
	for _, one := range all {
		page.Workers = append(page.Workers, workerRowOf(one))
	}
	page.Tasks = whoRuns(tasks, all)
	page.Sentence = workerSentence(all)
	return page, nil
}

func workerRowOf(w job.Worker) workerRow {
	row := workerRow{Worker: w, Queues: slices.Sorted(maps.Keys(w.Queues)), Use: 100 * len(w.Running) / max(1, w.Concurrency)}
	row.Chip, row.Says = standing(w)
	for _, name := range slices.Sorted(maps.Keys(w.Labels)) {
		row.Labels = append(row.Labels, name+"="+w.Labels[name])
	}
	for _, id := range w.Running[:min(len(w.Running), fewJobs)] {
		row.Jobs = append(row.Jobs, workerJob{id, slices.Contains(w.Stuck, id)})
	}
	row.More = len(w.Running) - len(row.Jobs)
	return row
}

// standing says whether a worker takes jobs, and why not.
func standing(w job.Worker) (chip, string) {
	switch {
	case w.Order == job.OrderDrain:
		return chip{"Draining", "waiting", "waiting"}, "Told by " + w.OrderedBy + "; it ends when its jobs have ended."
	case w.Stopping:
		return chip{"Stopping", "waiting", "waiting"}, "It ends when its jobs have ended."
	case w.Order == job.OrderQuiet:
		return chip{"Quiet", "pause", "held"}, "Told by " + w.OrderedBy + "; it takes no more jobs."
	}
	return chip{"Ready", "check", "succeeded"}, ""
}

// whoRuns lists the workers that bring each task.
func whoRuns(tasks []job.Declaration, all []job.Worker) (rows []taskRow) {
	for _, task := range tasks {
		row := taskRow{Name: task.Name, Summary: task.Summary}
		for _, w := range all {
			if slices.Contains(w.Tasks, task.Name) && !slices.Contains(row.Workers, w.Name) {
				row.Workers = append(row.Workers, w.Name)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func workerSentence(all []job.Worker) string {
	if len(all) == 0 {
		return "No worker is up, so that no job starts."
	}
	places, busy, quiet := 0, 0, int64(0)
	for _, w := range all {
		places, busy = places+w.Concurrency, busy+len(w.Running)
		if w.Order != job.OrderWake || w.Stopping {
			quiet++
		}
	}
	text := fmt.Sprintf("%s, %d of %d places in use", counted(int64(len(all)), "worker is up", "workers are up"), busy, places)
	if quiet > 0 {
		text += fmt.Sprintf(", and %s no more jobs", counted(quiet, "worker takes", "workers take"))
	}
	return text + "."
}

// order serves POST /workers/{worker}/quiet, wake and drain.
func (s *server) order(o job.Order) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.Workers.Order(r.Context(), r.PathValue("worker"), o, actor(r.Context())); err != nil {
			return fmt.Errorf("tell worker: %w", err)
		}
		http.Redirect(w, r, "/workers", http.StatusSeeOther)
		return nil
	}
}

type drainPage struct {
	frame
	Worker job.Worker
}

// confirmDrain serves GET /workers/{worker}/drain, which asks and does nothing.
func (s *server) confirmDrain(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Workers.Workers(r.Context())
	if err != nil {
		return fmt.Errorf("list workers: %w", err)
	}
	i := slices.IndexFunc(all, func(one job.Worker) bool { return one.ID == r.PathValue("worker") })
	if i < 0 {
		return fault.New(fault.NotFound, "There is no such worker; it has ended, or goes on under another id.")
	}
	frame, err := s.frame(r.Context(), "Drain worker", "workers")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "drain", drainPage{frame, all[i]})
}

func workerPath(id string) string { return "/workers/" + url.PathEscape(id) }
