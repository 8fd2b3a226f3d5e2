package api

import (
	"context"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// AuditLedger is the record of who changed what.
type AuditLedger interface {
	Audit(ctx context.Context, f job.AuditFilter) ([]job.AuditEntry, error)
	// VerifyAudit reads all of it, and stops at the first row that does not fit.
	VerifyAudit(ctx context.Context) (job.AuditCheck, error)
}

// audit serves GET /api/v1/audit: newest first, or from a number on.
func (a *API) audit(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	f := job.AuditFilter{
		Actor: q.text("actor"), Target: q.text("target"), From: q.time("from"), To: q.time("to"),
		Before: q.number("before", 0, 0, 1<<53), After: q.after(), Oldest: q.values.Has("after"), Limit: q.limit(),
	}
	if f.Oldest && f.Before > 0 {
		q.refuse("before", "cannot be given together with after")
	}
	if q.err != nil {
		return q.err
	}
	all, err := a.Ledger.Audit(r.Context(), f)
	if err != nil {
		return err
	}
	list := client.AuditList{Entries: orEmpty(all)}
	if len(all) == f.Limit {
		list.Next = all[len(all)-1].Seq
	}
	return reply(w, http.StatusOK, list)
}

// verifyAudit serves GET /api/v1/audit:verify.
func (a *API) verifyAudit(w http.ResponseWriter, r *http.Request) error {
	c, err := a.Ledger.VerifyAudit(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, c)
}
