package api

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// maxExport is how many jobs one file has at most.
const maxExport = 1_000_000

// A rowWriter writes jobs in one format.
type rowWriter interface {
	job(j job.Job) error
	flush() error
}

// jobsFile sends all jobs that f chooses, newest first. What goes wrong after
// the first row cuts the connection: half a file must not look whole.
func (a *API) jobsFile(w http.ResponseWriter, r *http.Request, f job.Filter, format string) error {
	f.Limit = maxLimit
	found, err := a.book().Search(r.Context(), f)
	if err != nil {
		return err
	}
	rows := startFile(w, format)
	for sent := 0; ; {
		if err := goOn(w); err != nil {
			return err
		}
		for _, j := range found.Jobs {
			if err := rows.job(j); err != nil {
				return nil // the caller has gone
			}
		}
		if sent += len(found.Jobs); found.Next == "" {
			return rows.flush()
		}
		if sent >= maxExport {
			err = fault.New(fault.Invalid, "There are more than %d jobs", maxExport)
		} else {
			f.Before = found.Next
			found, err = a.book().Search(r.Context(), f)
		}
		if err != nil {
			a.Log.WarnContext(r.Context(), "download of jobs broken off", "rows", sent, "err", err)
			panic(http.ErrAbortHandler)
		}
	}
}

// pageTime is how long a reader has for one page of a file.
const pageTime = time.Minute

// goOn gives an answer that is long more time.
func goOn(w http.ResponseWriter) error {
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pageTime))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func startFile(w http.ResponseWriter, format string) rowWriter {
	w.Header().Set("Content-Disposition", `attachment; filename="jobs.`+format+`"`)
	if format == "ndjson" {
		w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return jobLines{enc}
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	file := csv.NewWriter(w)
	_ = file.Write([]string{"id", "task", "description", "client", "owner", "queue", "state", "reason", "error", "errors", "attempt", "worker", "schedule", "tags", "created", "started", "ended"})
	return jobTable{file}
}

// jobLines is a JSON object in each line.
type jobLines struct{ *json.Encoder }

func (l jobLines) job(j job.Job) error { return l.Encode(j) }
func (l jobLines) flush() error        { return nil }

// jobTable is a table for a spreadsheet.
type jobTable struct{ *csv.Writer }

func (t jobTable) job(j job.Job) error {
	row := []string{
		j.ID, j.Task, j.Description, j.Client, j.Owner, j.Queue, string(j.State), j.Reason, j.Error,
		strconv.FormatInt(j.Errors, 10), strconv.Itoa(j.Attempt), j.Worker, j.Schedule, strings.Join(j.Tags, " "),
		fileTime(&j.Created), fileTime(j.Started), fileTime(j.Ended),
	}
	for i := range row {
		row[i] = inert(row[i])
	}
	return t.Write(row)
}

func (t jobTable) flush() error {
	t.Flush()
	return t.Error()
}

func fileTime(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
