package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// AuditLog is where an [Auditor] writes.
type AuditLog interface {
	// AppendAudit returns the number of the request.
	AppendAudit(ctx context.Context, e job.AuditEntry) (int64, error)
	AppendOutcome(ctx context.Context, asked int64, o job.AuditOutcome) error
}

// An Auditor has every request written down that is to change something, or that
// asks for all that is kept about a person, whichever face it comes through:
// before it is carried out, and then what came of it. A request that cannot be
// written down is refused with 503 and changes and shows nothing. If it is the outcome that cannot be written, the change stands, the
// entry has no outcome, and the log says so.
//
// What people do to jobs goes on without the ledger: it is in the job's own
// record, which waits in Redis, and an abort is wanted most when something is
// wrong. It is not audited then, and the log says so.
//
// Left out are single new jobs: the job's own record says who made it, and they
// are too many. A batch of jobs is one entry with a count. Logging in changes
// nothing, nor do previews; that a device was let in is an entry of whoever let
// it in. Logins that are refused are those of [Refusals].
//
// What is refused at the door, for its host, origin or token, is written
// without its content, and so is whoever comes with a session or a token
// that was good once, also to read. That is done only so often in a minute:
// nobody who is not let in may fill the ledger. What is beyond it is in the log.
type Auditor struct {
	Log   AuditLog
	Route func(*http.Request) string // the pattern that serves a request, with its method; "" or "/…": none does
	Now   func() time.Time
	Slog  *slog.Logger

	// Secrets returns the names of arguments that are secret; not ok, if nobody
	// knows at the moment. Nil: none are.
	Secrets func(context.Context) (names map[string]bool, ok bool)

	// Moot reports whether a request that is open to everybody can change nothing,
	// because what it comes with is not known here: it is not written as a change.
	// Nil: none is.
	Moot func(*http.Request) bool

	strangers strangers
}

// notAudited are the routes of changing methods that change nothing, and that
// of single new jobs.
var notAudited = map[string]bool{
	"POST /api/v1/jobs":               true,
	"POST /api/v1/schedules:preview":  true,
	"POST /api/v1/schedules:clashes":  true,
	"POST /schedules/preview":         true,
	"POST /calendars/preview":         true,
	"POST /login":                     true,
	"POST /api/v1/login/device":       true,
	"POST /api/v1/login/device/token": true,
	"POST /api/v1/retention:preview":  true,
	"POST /retention/preview":         true,
}

// disclosing are the routes that change nothing and are written down still: who
// has seen all that is kept about a person is asked one day.
var disclosing = map[string]bool{
	"GET /api/v1/syncs/{name}/people/{person}": true,
}

// withoutLedger are the routes of what is carried out even if it cannot be
// written down.
var withoutLedger = map[string]bool{
	batchRoute:                     true,
	"POST /api/v1/jobs/{id}/abort": true,
	"POST /api/v1/jobs/{id}/retry": true,
	"POST /jobs/{id}/abort":        true,
	"POST /jobs/{id}/retry":        true,
}

// patience is how long those wait for the ledger.
const patience = 2 * time.Second

// batchRoute has bodies that are too long to be looked at here.
const batchRoute = "POST /api/v1/jobs:batch"

// routeToAudit returns the route of a request that is to be audited, or nothing.
func (a *Auditor) routeToAudit(r *http.Request) string {
	route := a.Route(r)
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		if disclosing[route] {
			return route
		}
		return ""
	}
	if !strings.HasPrefix(route, r.Method+" ") || notAudited[route] {
		return ""
	}
	return route
}

// entry is what is known of a request without looking into it.
func (a *Auditor) entry(w http.ResponseWriter, r *http.Request, route string) job.AuditEntry {
	_, pattern, _ := strings.Cut(route, " ")
	return job.AuditEntry{
		At: a.Now(), Method: r.Method, Route: pattern, Target: targetOf(pattern, r.URL.EscapedPath(), nil), RequestID: w.Header().Get(requestID),
	}
}

// inside stands behind the door: who comes here is let in.
func (a *Auditor) inside(next http.Handler) http.Handler {
	if a == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
			v.passed = true
		}
		route := a.routeToAudit(r)
		if route == "" || a.moot(r) {
			next.ServeHTTP(w, r)
			return
		}
		e := a.entry(w, r, route)
		e.Actor = cmp.Or(actor(r.Context()), auth.Nobody)
		if route != batchRoute {
			said := read(r)
			e.Content, e.Reason = said.content(a.mask(r.Context())), said.reason()
			e.Target = targetOf(e.Route, r.URL.EscapedPath(), said.fields)
		}
		a.carryOut(w, r, e, next)
	})
}

// moot reports whether r comes from nobody and changes nothing.
func (a *Auditor) moot(r *http.Request) bool {
	return a.Moot != nil && actor(r.Context()) == "" && a.Moot(r)
}

// carryOut writes e down, lets next do it, and writes down what came of it.
func (a *Auditor) carryOut(w http.ResponseWriter, r *http.Request, e job.AuditEntry, next http.Handler) {
	seq, err := a.write(r.Context(), e)
	if err != nil && withoutLedger[e.Method+" "+e.Route] {
		a.Slog.ErrorContext(r.Context(), "change not audited, because the audit cannot be written", "route", e.Route, "target", e.Target, "request_id", e.RequestID, "err", err)
		next.ServeHTTP(w, r)
		return
	}
	if err != nil {
		a.Slog.ErrorContext(r.Context(), "change refused, because the audit cannot be written", "route", e.Route, "request_id", e.RequestID, "err", err)
		unaudited(w, e.Route)
		return
	}
	change := &change{}
	answer := &statusWriter{ResponseWriter: w}
	next.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), changeKey{}, change)))
	if answer.status == 0 {
		return // whoever asked has gone, so that nobody was told the outcome
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if err := a.Log.AppendOutcome(ctx, seq, job.AuditOutcome{At: a.Now(), Status: answer.status, Content: change.content(a.mask(ctx))}); err != nil {
		a.Slog.ErrorContext(ctx, "outcome not audited", "route", e.Route, "status", answer.status, "request_id", e.RequestID, "err", err)
	}
}

// mask returns what hides secrets from the audit.
func (a *Auditor) mask(ctx context.Context) mask {
	if a.Secrets == nil {
		return mask{names: map[string]bool{}}
	}
	names, ok := a.Secrets(ctx)
	if !ok {
		return mask{}
	}
	return mask{names: names}
}

// write writes e down.
func (a *Auditor) write(ctx context.Context, e job.AuditEntry) (seq int64, err error) {
	if withoutLedger[e.Method+" "+e.Route] {
		short, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = short
	}
	return a.Log.AppendAudit(ctx, e)
}

// unaudited refuses a change in words that suit the face.
func unaudited(w http.ResponseWriter, route string) {
	err := fault.New(fault.Unavailable, "The audit cannot be written at the moment, so nothing was changed or shown. Try again in a few seconds.")
	if strings.HasPrefix(route, "/api/") {
		refuse(w, http.StatusServiceUnavailable, err)
		return
	}
	comeBack(w, 0)
	http.Error(w, err.Msg, http.StatusServiceUnavailable)
}

type visitKey struct{}

// A visit is how it went for somebody at the door.
type visit struct {
	request string // its id
	passed  bool
	ended   *auth.Ended // what they came with was good once; nil: it was not
}

// noteVisitor tells the audit that somebody came with what is no longer good.
func noteVisitor(ctx context.Context, ended *auth.Ended) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.ended = ended
	}
}

// outside stands in front of the door, and writes down who is not let in: who
// wanted to change something, and who came with what may be stolen.
func (a *Auditor) outside(next http.Handler) http.Handler {
	if a == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{request: w.Header().Get(requestID)}
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
		route := a.routeToAudit(r)
		if v.passed || route == "" && v.ended == nil {
			return
		}
		if route == "" {
			route = a.Route(r)
		}
		e := a.entry(w, r, route)
		e.Actor, e.Status = auth.Nobody, answer.status
		if v.ended != nil {
			e.Reason = fmt.Sprintf("Came with what was %s's: %s.", v.ended.Whose, v.ended.Why)
		}
		a.refused(r.Context(), e)
	})
}

func (a *Auditor) refused(ctx context.Context, e job.AuditEntry) {
	if !a.strangers.another(e.At) {
		a.Slog.WarnContext(ctx, "refusal not audited, there are too many", "route", e.Route, "status", e.Status, "request_id", e.RequestID)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := a.Log.AppendAudit(ctx, e); err != nil {
		a.Slog.ErrorContext(ctx, "refusal not audited", "route", e.Route, "status", e.Status, "request_id", e.RequestID, "err", err)
	}
}

// strangersPerMinute is how many refusals at the door are written.
const strangersPerMinute = 60

// strangers counts refusals of one minute.
type strangers struct {
	mu    sync.Mutex
	since time.Time
	seen  int
}

// another reports whether one more is to be written.
func (s *strangers) another(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.since) >= time.Minute {
		s.since, s.seen = now, 0
	}
	s.seen++
	return s.seen <= strangersPerMinute
}

type changeKey struct{}

// A change is what a handler tells the audit of what it has done.
type change struct{ facts map[string]any }

// noteChange tells the audit how something was and what it has become; nil:
// there was, or is, nothing.
func noteChange(ctx context.Context, before, after any) {
	noteFacts(ctx, map[string]any{"before": before, "after": after})
}

// noteFacts tells the audit what a request came to.
func noteFacts(ctx context.Context, facts map[string]any) {
	if c, ok := ctx.Value(changeKey{}).(*change); ok {
		c.facts = facts
	}
}

func (c *change) content(m mask) string {
	if c.facts == nil {
		return ""
	}
	raw, err := json.Marshal(c.facts) // fields have their names of JSON only there
	if err != nil {
		return ""
	}
	facts, err := objectOf(raw)
	if err != nil {
		return ""
	}
	return jsonText(m.of(facts))
}
