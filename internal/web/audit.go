package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Audit is what the pages read of who changed what.
type Audit interface {
	Audit(ctx context.Context, f job.AuditFilter) ([]job.AuditEntry, error)
}

type auditPage struct {
	frame
	Actor         string
	Target        string
	From, To      string // days
	Filtered      bool
	Rows          []auditRow
	Newest, Older string // URLs; empty: nowhere to go
}

// An auditRow is an entry of the audit as the list shows it.
type auditRow struct {
	job.AuditEntry
	Chip    chip
	Outcome string // before and after, or counts
	URL     string // of the target; empty: it has no page
}

// audit serves GET /audit: who asked for which change, newest first.
func (s *server) audit(w http.ResponseWriter, r *http.Request) error {
	f, err := s.auditFilter(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := s.auditPage(r.Context(), f, r.URL.Query())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "audit", page)
}

// auditFilter reads the filter that a URL is. Days are those of the pages' zone;
// the last one is included.
func (s *server) auditFilter(q url.Values) (f job.AuditFilter, err error) {
	f.Actor, f.Target, f.Limit = strings.TrimSpace(q.Get("actor")), strings.TrimSpace(q.Get("target")), perPage+1
	if f.From, err = s.day(q, "from"); err != nil {
		return f, err
	}
	if f.To, err = s.day(q, "to"); err != nil {
		return f, err
	}
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1)
	}
	if text := q.Get("before"); text != "" {
		if f.Before, err = strconv.ParseInt(text, 10, 64); err != nil || f.Before < 1 {
			return f, fault.New(fault.Invalid, "“%s” is not the number of an entry.", text).In("before")
		}
	}
	return f, nil
}

// day reads when a day begins; the zero time if none is given.
func (s *server) day(q url.Values, name string) (time.Time, error) {
	text := strings.TrimSpace(q.Get(name))
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, s.Zone)
	if err != nil {
		return t, fault.New(fault.Invalid, "“%s” is not a day such as 2026-09-01.", text).In(name)
	}
	return t, nil
}

func (s *server) auditPage(ctx context.Context, f job.AuditFilter, q url.Values) (page auditPage, err error) {
	page = auditPage{Actor: f.Actor, Target: f.Target, From: q.Get("from"), To: q.Get("to")}
	page.Filtered = page.Actor+page.Target+page.From+page.To != ""
	if page.frame, err = s.frame(ctx, "Audit", "audit"); err != nil {
		return page, err
	}
	all, err := s.Audit.Audit(ctx, f)
	if err != nil {
		return page, fmt.Errorf("list the audit: %w", err)
	}
	if f.Before > 0 {
		page.Newest = with("/audit", q, "before", "")
	}
	if len(all) > perPage {
		all = all[:perPage]
		page.Older = with("/audit", q, "before", strconv.FormatInt(all[perPage-1].Seq, 10))
	}
	for _, e := range all {
		page.Rows = append(page.Rows, auditRowOf(e))
	}
	return page, nil
}

func auditRowOf(e job.AuditEntry) auditRow {
	row := auditRow{AuditEntry: e, Chip: auditChip(e.Answered()), URL: targetPath(e.Target)}
	if e.Outcome != nil {
		row.Outcome = e.Outcome.Content
	}
	return row
}

// auditChip says what came of a request. A form that was carried out leads to
// another page.
func auditChip(status int) chip {
	switch {
	case status == 0:
		return chip{"Not known", "expired", "waiting"}
	case status < http.StatusBadRequest:
		return chip{"Done", "check", "succeeded"}
	case status < http.StatusInternalServerError:
		return chip{"Refused, " + strconv.Itoa(status), "aborted", "aborted"}
	}
	return chip{"Failed, " + strconv.Itoa(status), "failed", "failed"}
}

// targetPath returns the page of a target, if it has one.
func targetPath(target string) string {
	kind, name, named := strings.Cut(target, "/")
	switch {
	case !named:
		return ""
	case kind == "jobs":
		return jobPath(name)
	case kind == "schedules":
		return schedulePath(name)
	case kind == "calendars":
		return calendarPath(name)
	case kind == "recoveries":
		return "/recoveries/" + url.PathEscape(name)
	}
	return ""
}
