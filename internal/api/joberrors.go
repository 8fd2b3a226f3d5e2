package api

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// jobErrors serves GET /api/v1/jobs/{id}/errors: a page of JSON, or all of
// them as a file for a spreadsheet.
func (a *API) jobErrors(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	after, limit, format := q.after(), q.limit(), q.text("format")
	if format != "" && format != "json" && format != "csv" {
		q.refuse("format", "must be json or csv, not %q", format)
	}
	if q.err != nil {
		return q.err
	}
	j, err := a.book().Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if format == "csv" {
		return a.errorsFile(w, r, j)
	}
	list, err := a.Ledger.JobErrors(r.Context(), j.ID, after, limit)
	if err != nil {
		return err
	}
	page := client.ErrorPage{Errors: orEmpty(list)}
	if len(list) == limit {
		page.Next = list[len(list)-1].Seq
	}
	return reply(w, http.StatusOK, page)
}

// errorsFile sends all record errors of j that were kept. What goes wrong
// after the first row cuts the connection: half a file must not look whole.
func (a *API) errorsFile(w http.ResponseWriter, r *http.Request, j job.Job) error {
	list, err := a.Ledger.JobErrors(r.Context(), j.ID, 0, maxLimit)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="errors-`+fileName(j.ID)+`.csv"`)
	file := csv.NewWriter(w)
	_ = file.Write([]string{"number", "attempt", "record", "code", "message", "at"})
	for len(list) > 0 {
		_ = goOn(w) // a reader who has gone is told nothing
		for _, e := range list {
			_ = file.Write(errorRow(e))
		}
		if list, err = a.Ledger.JobErrors(r.Context(), j.ID, list[len(list)-1].Seq, maxLimit); err != nil {
			a.Log.ErrorContext(r.Context(), "download of errors broken off", "job", j.ID, "err", err)
			panic(http.ErrAbortHandler)
		}
	}
	file.Flush()
	return nil
}

func errorRow(e job.RecordError) []string {
	return []string{
		strconv.FormatInt(e.Seq, 10), strconv.Itoa(e.Attempt),
		inert(e.Key), inert(e.Code), inert(e.Message), e.At.UTC().Format(time.RFC3339),
	}
}

// inert keeps a spreadsheet from taking s for a formula.
func inert(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// fileName drops what does not belong into the name of a file.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, id)
}

// jobLogs serves GET /api/v1/jobs/{id}/logs.
func (a *API) jobLogs(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	after, limit := q.after(), q.limit()
	if q.err != nil {
		return q.err
	}
	j, err := a.book().Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	lines, err := a.Ledger.JobLogs(r.Context(), j.ID, after, limit)
	if err != nil {
		return err
	}
	page := client.LogPage{Lines: orEmpty(lines)}
	if len(lines) == limit {
		page.Next = lines[len(lines)-1].Seq
	}
	return reply(w, http.StatusOK, page)
}
