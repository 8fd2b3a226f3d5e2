package api

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/tally"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Refusals has logins written into the audit that were refused: who was tried,
// from where, and why, and never with what.
//
// Those with one name from one place in a minute are one entry, which tells of
// the first; its outcome, when the minute is over, counts the others. No more
// than [triedPerMinute] entries are begun in a minute, and one for all beyond
// them: nobody who is not let in may fill the ledger. The log has each.
//
// It is safe for concurrent use.
type Refusals struct {
	Log  AuditLog
	Now  func() time.Time
	Slog *slog.Logger

	mu    sync.Mutex
	tried map[trial]*tries
}

// triedPerMinute is how many names and places are told apart in a minute.
const triedPerMinute = 60

// A trial is what is counted together: the zero trial is all beyond the limit.
type trial struct{ way, name, place string }

// tries are the refusals of a trial in one minute.
type tries struct {
	seq    int64 // of the entry; 0: there is none, or not yet
	since  time.Time
	status int
	more   int
}

// entrances are where the ways of logging in are asked for.
var entrances = map[auth.Way]job.AuditEntry{
	auth.ByPassword: {Method: http.MethodPost, Route: "/login", Target: "login", Status: http.StatusForbidden},
	auth.ByToken:    {Method: http.MethodPost, Route: "/login", Target: "login", Status: http.StatusForbidden},
	auth.ByProvider: {Method: http.MethodGet, Route: "/login/oidc/callback", Target: "login", Status: http.StatusForbidden},
	auth.ByLink:     {Method: http.MethodGet, Route: "/setup/{secret}", Target: "setup", Status: http.StatusNotFound},
}

// LoginRefused writes a refusal down, or counts it.
func (l *Refusals) LoginRefused(ctx context.Context, r auth.Refusal) {
	status := entrances[r.Way].Status
	if r.Wait {
		status = http.StatusTooManyRequests
	}
	key := trial{string(r.Way), r.Name, tally.Place(r.Address)}
	key, t := l.count(key, status)
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	seq, err := l.Log.AppendAudit(ctx, l.entry(ctx, r, key, t))
	if err != nil {
		l.Slog.ErrorContext(ctx, "refused login not audited", "err", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t.seq = seq
}

// count counts one more, and returns the tries that it is the first of; nil: it
// is another one.
func (l *Refusals) count(key trial, status int) (trial, *tries) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tried == nil {
		l.tried = map[trial]*tries{}
	}
	if l.tried[key] == nil && len(l.tried) >= triedPerMinute {
		key = trial{}
	}
	if t := l.tried[key]; t != nil {
		t.more++
		return key, nil
	}
	t := &tries{since: l.Now(), status: status}
	l.tried[key] = t
	return key, t
}

func (l *Refusals) entry(ctx context.Context, r auth.Refusal, key trial, t *tries) job.AuditEntry {
	e := entrances[r.Way]
	e.At, e.Actor, e.Status, e.RequestID = t.since, auth.Nobody, t.status, requestOf(ctx)
	if key == (trial{}) {
		e.Target, e.Reason = "login", "Logins with more than "+strconv.Itoa(triedPerMinute)+" names or from as many addresses were refused in a minute; the log has each."
		return e
	}
	if r.Name != "" {
		e.Target += "/" + r.Name
	}
	e.Content = jsonText(map[string]string{"name": r.Name, "address": r.Address, "by": string(r.Way)})
	e.Reason = clip("Login refused: " + r.Why)
	return e
}

// Run writes the counts of minutes that are over, until ctx is done, and then
// those of the others.
func (l *Refusals) Run(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.settle(ctx, l.over(time.Minute))
		case <-ctx.Done():
			l.settle(context.WithoutCancel(ctx), l.over(0))
			return nil
		}
	}
}

// over takes out the tries that began so long ago.
func (l *Refusals) over(age time.Duration) (past []tries) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	for key, t := range l.tried {
		if now.Sub(t.since) >= age {
			past = append(past, *t)
			delete(l.tried, key)
		}
	}
	return past
}

// settle writes down how many there were besides the first.
func (l *Refusals) settle(ctx context.Context, past []tries) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, t := range past {
		if t.seq == 0 || t.more == 0 {
			continue
		}
		o := job.AuditOutcome{At: l.Now(), Status: t.status, Content: jsonText(map[string]int{"more": t.more})}
		if err := l.Log.AppendOutcome(ctx, t.seq, o); err != nil {
			l.Slog.ErrorContext(ctx, "refused logins not counted in the audit", "more", t.more, "err", err)
		}
	}
}

// requestOf returns the id of the request that is served in ctx, if it is known.
func requestOf(ctx context.Context) string {
	v, _ := ctx.Value(visitKey{}).(*visit)
	if v == nil {
		return ""
	}
	return v.request
}
