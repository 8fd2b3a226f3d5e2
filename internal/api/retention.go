package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// Keeping is what is kept, as far as whoever acts may see and change it.
func (a *API) Keeping() Keeping {
	return Keeping{Ledger: a.Ledger, Base: a.Retention, Now: a.Now}
}

// retention serves GET /api/v1/retention: the settings, the rules over them, and
// what holds for a client and a task.
func (a *API) retention(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	of, task := q.text("client"), q.text("task")
	if q.err != nil {
		return q.err
	}
	p, err := a.Keeping().Policy(r.Context())
	if err != nil {
		return err
	}
	answer := client.RetentionList{Base: p.Base, Rules: orEmpty(p.Rules)}
	if of != "" || task != "" {
		answer.Effective = new(p.For(cmp.Or(of, job.DefaultClient), task))
	}
	return reply(w, http.StatusOK, answer)
}

// ruleOf reads the rule that a request asks for.
func ruleOf(n client.NewRetentionRule) (job.RetentionRule, error) {
	r := job.RetentionRule{Client: n.Client, Tasks: n.Tasks, Reason: n.Reason}
	for _, part := range []struct {
		name, text string
		keep       **job.Keep
	}{{"jobs", n.Jobs, &r.Jobs}, {"errors", n.Errors, &r.Errors}, {"logs", n.Logs, &r.Logs}} {
		if part.text == "" {
			continue
		}
		keep, err := job.ParseKeep(part.text)
		if err != nil {
			return r, fault.New(fault.Invalid, "Field %s %s.", part.name, err.Error()).In(part.name)
		}
		*part.keep = &keep
	}
	return r, nil
}

// putRetention serves PUT /api/v1/retention: a new rule, or another one for the
// same jobs.
func (a *API) putRetention(w http.ResponseWriter, r *http.Request) error {
	var n client.NewRetentionRule
	if err := decode(w, r, &n); err != nil {
		return err
	}
	rule, err := ruleOf(n)
	if err != nil {
		return err
	}
	_, after, err := a.Keeping().Put(r.Context(), rule)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, after)
}

// previewRetention serves POST /api/v1/retention:preview, which changes nothing.
func (a *API) previewRetention(w http.ResponseWriter, r *http.Request) error {
	var n client.NewRetentionRule
	if err := decode(w, r, &n); err != nil {
		return err
	}
	rule, err := ruleOf(n)
	if err != nil {
		return err
	}
	p, err := a.Keeping().Preview(r.Context(), rule)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// deleteRetention serves DELETE /api/v1/retention and answers with what was
// removed.
func (a *API) deleteRetention(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	rule := job.RetentionRule{Client: q.text("client"), Tasks: q.text("tasks"), Reason: q.text("reason")}
	if q.err != nil {
		return q.err
	}
	before, err := a.Keeping().Delete(r.Context(), rule)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, before)
}

// holds serves GET /api/v1/holds.
func (a *API) holds(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Keeping().Holds(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.HoldList{Holds: orEmpty(all)})
}

// putHold serves PUT /api/v1/holds.
func (a *API) putHold(w http.ResponseWriter, r *http.Request) error {
	var n client.NewHold
	if err := decode(w, r, &n); err != nil {
		return err
	}
	_, after, err := a.Keeping().PutHold(r.Context(), job.Hold{Name: n.Name, On: n.On, Of: n.Of, Reason: n.Reason})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, after)
}

// liftHold serves DELETE /api/v1/holds and answers with what was lifted.
func (a *API) liftHold(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	name, reason := q.text("name"), q.text("reason")
	if q.err != nil {
		return q.err
	}
	before, err := a.Keeping().LiftHold(r.Context(), name, reason)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, before)
}

// usualHistory is how far back a history goes that is not told from when.
const usualHistory = 30 * job.Day

// history serves GET /api/v1/history: of the jobs that whoever asks may see all
// of, those that were removed included.
func (a *API) history(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	f := job.HistoryFilter{From: q.time("from"), To: q.time("to"), Client: q.text("client"), Task: q.text("task"), Sight: auth.Of(r.Context()).Sight()}
	if f.From.IsZero() {
		end := f.To
		if end.IsZero() {
			end = a.Now()
		}
		f.From = end.Add(-usualHistory).Truncate(24 * time.Hour)
	}
	if q.err != nil {
		return q.err
	}
	days, err := a.Ledger.History(r.Context(), f)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.History{Days: orEmpty(slices.Clone(days))})
}
