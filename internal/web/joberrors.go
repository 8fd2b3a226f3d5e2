package web

import (
	"fmt"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/job"
)

// fewErrors is how many errors are shown beside a list of jobs.
const fewErrors = 10

type jobErrorsPage struct {
	frame
	Job  job.Job
	Rows []job.RecordError
	More int64  // how many there are besides
	Next string // where to go back to
}

// jobErrors serves GET /jobs/{id}/errors: the first errors of a job. With
// JavaScript they appear as a dialog on the list that leads here.
func (s *server) jobErrors(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Jobs.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	rows, err := s.Jobs.JobErrors(r.Context(), j.ID, 0, fewErrors)
	if err != nil {
		return fmt.Errorf("read errors of job %s: %w", j.ID, err)
	}
	page := jobErrorsPage{Job: j, Rows: rows, More: max(j.Errors-int64(len(rows)), 0), Next: cameFrom(r, "/jobs")}
	if page.frame, err = s.frame(r.Context(), "Errors of a job", "jobs"); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "job-errors", page)
}
