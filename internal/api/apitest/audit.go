package apitest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Audited returns the audit, oldest first.
func (p *Platform) Audited() []job.AuditEntry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.audit)
}

// Tamper makes a row of the audit one that does not fit.
func (p *Platform) Tamper(seq int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.audit {
		if p.audit[i].Seq == seq {
			p.audit[i].Hash = "tampered"
		}
	}
}

// rows is how many rows the audit has; requests and outcomes are one each.
func (p *Platform) rows() (n int64) {
	for _, e := range p.audit {
		n++
		if e.Outcome != nil {
			n++
		}
	}
	return n
}

// AppendAudit implements api.AuditLog.
func (l Ledger) AppendAudit(ctx context.Context, e job.AuditEntry) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Seq = l.rows() + 1
	e.Hash = fmt.Sprintf("hash-%d", e.Seq)
	if err := l.Ping(ctx); err != nil {
		return 0, err
	}
	l.audit = append(l.audit, e)
	return e.Seq, nil
}

// AppendOutcome implements api.AuditLog.
func (l Ledger) AppendOutcome(ctx context.Context, asked int64, o job.AuditOutcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	o.Seq = l.rows() + 1
	o.Hash = fmt.Sprintf("hash-%d", o.Seq)
	for i := range l.audit {
		if l.audit[i].Seq == asked {
			l.audit[i].Outcome = &o
		}
	}
	return l.Ping(ctx)
}

// Audit implements api.Ledger.
func (l Ledger) Audit(ctx context.Context, f job.AuditFilter) ([]job.AuditEntry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(l.audit)
	if !f.Oldest {
		slices.Reverse(all)
	}
	return page(all, f.Limit, func(e job.AuditEntry) bool {
		return (f.Actor == "" || f.Actor == e.Actor) && (f.Target == "" || f.Target == e.Target || strings.HasPrefix(e.Target, f.Target+"/")) &&
			(f.From.IsZero() || !e.At.Before(f.From)) && (f.To.IsZero() || e.At.Before(f.To)) &&
			(f.Before == 0 || e.Seq < f.Before) && e.Seq > f.After
	}), l.Ping(ctx)
}

// VerifyAudit implements api.Ledger.
func (l Ledger) VerifyAudit(ctx context.Context) (c job.AuditCheck, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.audit {
		if e.Hash != fmt.Sprintf("hash-%d", e.Seq) {
			c.Broken = &job.AuditBreak{Seq: e.Seq, Why: "The hash is not that of the row and the one before."}
			return c, l.Ping(ctx)
		}
		c.Rows = e.Seq
		if e.Outcome != nil {
			c.Rows = max(c.Rows, e.Outcome.Seq)
		}
		c.Head = fmt.Sprintf("hash-%d", c.Rows)
	}
	return c, l.Ping(ctx)
}
