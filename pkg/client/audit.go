package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The vocabulary of the audit, as it stands in the API.
type (
	// An AuditEntry is one request to change something, with what came of it.
	AuditEntry = job.AuditEntry
	// An AuditOutcome is what came of a request.
	AuditOutcome = job.AuditOutcome
	// An AuditFilter chooses entries of the audit.
	AuditFilter = job.AuditFilter
	// An AuditCheck says whether the audit's chain is whole.
	AuditCheck = job.AuditCheck
)

// AuditList is a page of the audit. Next is the cursor of the next page; 0
// says that there is none.
type AuditList struct {
	Entries []AuditEntry `json:"entries"`
	Next    int64        `json:"next,omitempty"`
}

// Audit returns a page of the audit: newest first, or with Oldest the entries
// behind After.
func (c *Client) Audit(ctx context.Context, f AuditFilter) (AuditList, error) {
	q := url.Values{}
	set(q, "actor", f.Actor)
	set(q, "target", f.Target)
	setTime(q, "from", f.From)
	setTime(q, "to", f.To)
	setNumber(q, "before", f.Before)
	setNumber(q, "limit", int64(f.Limit))
	if f.Oldest {
		q.Set("after", strconv.FormatInt(f.After, 10))
	}
	return get[AuditList](ctx, c, path("audit"), q)
}

// VerifyAudit has the server read its whole audit and tell the first row that
// does not fit to the one before.
func (c *Client) VerifyAudit(ctx context.Context) (AuditCheck, error) {
	return get[AuditCheck](ctx, c, path("audit:verify"), nil)
}
