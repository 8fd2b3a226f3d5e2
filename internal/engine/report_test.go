package engine

import (
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// said returns the record errors and log lines of a job's events.
func (h *house) said(id string) (errors []job.RecordError, lines []job.LogLine) {
	for _, e := range h.history(id) {
		switch e := e.(type) {
		case events.JobErrors:
			errors = append(errors, e.Errors...)
		case events.JobLogged:
			lines = append(lines, e.Lines...)
		}
	}
	return errors, lines
}
